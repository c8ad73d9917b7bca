"""Staff at work on tickets: the queues, one ticket with all that can be done to it, a new one."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import Response

from gateway.admin import forms
from gateway.admin.console import NO_RECORDS, console_page, counts, when
from gateway.admin.queues import (
    MOMENTS,
    QUEUES,
    SORTS,
    STATES,
    asked_of_service,
    filters_of,
    is_moment,
    place_of,
    queue_named,
)
from gateway.admin.rows import rows_of
from gateway.admin.thread import thread_of
from gateway.clients import Listing, Record
from gateway.forms import Form
from gateway.pages import Who, page
from gateway.uploads import upload_photos
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.errors import NotFound

_PAGE_SIZE = 50
_FORMS = ("reply", "note", "edit", "assign", "state", "delete", "merge")
# The parts of these pages that are fetched alone: by a row that opens, and when something changed.
_PARTS = frozenset({"queues", "rows", "pane", "ticket-head", "thread", "side"})


async def queue(visit: Visit) -> Response:
    """A queue with its counts, filters and search."""
    parts = _wanted(visit)
    work = await _work(visit, parts)
    template = _template("admin/tickets.html", parts)
    if work.filters.status != 200:
        status = 200 if parts else work.filters.status
        return visit.page(template, status, **_shown(visit, work, parts))
    sources = (work.counts, work.categories, work.found, parts)
    return visit.page_made_of(sources, template, lambda: _shown(visit, work, parts))


async def queues(visit: Visit) -> Response:
    """The rail's queues with their counts, for pages that stay open."""
    chosen = queue_named(visit.request.query_params.get("queue", ""))
    counted = await counts(visit)
    return visit.page("admin/parts.html", parts=["queues"], counts=counted, queue=chosen)


def _wanted(visit: Visit) -> frozenset[str]:
    """The parts that the browser asks for; none when it wants the whole page."""
    headers = visit.request.headers
    if headers.get("hx-target", "").endswith("#pane") and "hx-request" in headers:
        return frozenset({"pane"})
    return _PARTS.intersection(visit.fragments)


def _template(whole: str, parts: frozenset[str]) -> str:
    """The whole page, or the wanted parts of it alone."""
    return "admin/parts.html" if parts else whole


@dataclass(frozen=True, slots=True)
class _Work:
    """The list that a page shows, or shows beside its ticket, with what was asked for."""

    asked: Mapping[str, str]
    filters: Form
    counts: Record
    categories: list[Record]
    found: Listing


async def _work(visit: Visit, parts: frozenset[str]) -> _Work:
    asked = _asked(visit)
    filters = Form.filled(**filters_of(asked), deleted=asked.get("deleted"))
    has_counts, has_rows = not parts or "queues" in parts, not parts or "rows" in parts
    wanted = asked_of_service(queue_named(asked.get("queue", "")), asked, _PAGE_SIZE)
    if has_counts and has_rows:
        wanted["expand"] = "counts"
    categories, found = await asyncio.gather(
        visit.services.tickets.categories(visit.caller),
        _found(visit, filters, wanted, wanted=has_rows),
    )
    counted = found.counts or await counts(visit, wanted=has_counts)
    return _Work(asked, filters, counted, categories, found)


async def _found(visit: Visit, filters: Form, asked: dict[str, str], *, wanted: bool) -> Listing:
    if not wanted:
        return Listing([], None)
    try:
        return await visit.services.tickets.tickets(visit.caller, asked)
    except Refusal as refusal:
        filters.refused(refusal, visit.texts, names={"?q": "q"})
        return Listing([], None)


def _shown(
    visit: Visit, work: _Work, parts: frozenset[str], open_number: str = ""
) -> dict[str, Any]:
    """What the list's part of the page shows: rows, counts, filters."""
    asked = work.asked
    place = place_of(asked)
    return {
        "parts": sorted(parts),
        "counts": work.counts,
        "categories": work.categories,
        "found": work.found,
        "rows": rows_of(visit, work.found.items, place, open_number),
        "place": place,
        "without": {
            name: place_of(asked, without=name) for name in (*work.filters.values, "deleted")
        },
        "since": [name for name in MOMENTS if is_moment(asked.get(name, ""))],
        "queue": queue_named(asked.get("queue", "")),
        "queues": QUEUES,
        "states": STATES,
        "sorts": SORTS,
        "filters": work.filters,
        "is_narrowed": bool(filters_of(asked) or asked.get("deleted")),
    }


async def show_ticket(visit: Visit, number: str) -> Response:
    """One ticket with its conversation, its customer, and what may be done now."""
    return await _ticket(visit, number)


async def _ticket(visit: Visit, number: str, name: str = "", form: Form | None = None) -> Response:
    """The page; the form called `name` shows again what was typed and what was wrong."""
    parts = frozenset[str]() if form else _wanted(visit)
    ticket, work = await asyncio.gather(
        visit.services.tickets.ticket(visit.caller, number), _work(visit, parts)
    )
    context = _shown(visit, work, parts, number) | await _pane(visit, ticket, parts, name, form)
    status = max(form.status if form else 200, 200 if parts else work.filters.status)
    return visit.page(_template("admin/ticket.html", parts), status, **context)


async def _pane(
    visit: Visit, ticket: Record, parts: frozenset[str], name: str, form: Form | None
) -> dict[str, Any]:
    """What the ticket's own part of the page shows."""
    verbs, services = ticket["verbs"], visit.services
    has_side = not parts or not parts.isdisjoint({"pane", "side"})
    may_assign = has_side and "assign" in verbs
    assignees, teams, panel = await asyncio.gather(
        when(may_assign, lambda: services.tickets.assignees(visit.caller), NO_RECORDS),
        when(may_assign, lambda: services.identity.teams(visit.caller), NO_RECORDS),
        _customer_panel(visit, ticket["requester"]["id"], wanted=has_side),
    )
    shown = {each: Form() for each in _FORMS}
    shown["edit"] = forms.of_ticket(ticket)
    if form is not None:
        shown[name] = form
    return {
        "ticket": ticket,
        "thread": thread_of(ticket, lambda at: visit.texts.day(at, visit.zone)),
        "assignees": assignees,
        "teams": teams,
        "panel": panel,
        "forms": shown,
        "failed": name,
        "choice_verb": visit.request.url.path.rpartition("/")[2],
        "differences": forms.differences(form, ticket) if form else [],
        "priorities": forms.PRIORITIES,
        "state_verbs": [verb for verb in forms.STATE_VERBS if verb in verbs],
    }


async def _customer_panel(visit: Visit, user_id: str, *, wanted: bool) -> dict[str, Any]:
    """The customer's lines and latest tickets; the ticket is readable without them."""
    earlier = {"requester": user_id, "limit": "6"}
    services, nobody = visit.services, Listing([], None)
    lines, tickets = await asyncio.gather(
        when(
            wanted and visit.may("line.read"),
            lambda: services.identity.service_lines(visit.caller, user_id),
            NO_RECORDS,
        ),
        when(wanted, lambda: services.tickets.tickets(visit.caller, earlier), nobody),
    )
    return {"lines": lines, "tickets": tickets.items}


async def reply(visit: Visit, number: str) -> Response:
    """A message that the customer reads; may also set the ticket waiting or solved."""

    async def written() -> Record:
        await upload_photos(visit, visit.caller)
        command, key = forms.reply(visit.form), visit.form.submission_id
        return await visit.services.tickets.reply(visit.caller, number, command, key)

    return await _after(visit, number, "reply", written(), done="replied")


async def note(visit: Visit, number: str) -> Response:
    """A message that only staff read."""

    async def written() -> Record:
        await upload_photos(visit, visit.caller)
        command, key = forms.note(visit.form), visit.form.submission_id
        return await visit.services.tickets.note(visit.caller, number, command, key)

    return await _after(visit, number, "note", written(), done="noted")


async def edit(visit: Visit, number: str) -> Response:
    """Subject, category, priority, tags; a lost race shows both versions."""
    command, version = forms.edit(visit.form), visit.form.text("version")
    edited = visit.services.tickets.edit_ticket(visit.caller, number, command, version)
    return await _after(visit, number, "edit", edited)


async def assign(visit: Visit, number: str) -> Response:
    """Give it to a person, a team, or oneself."""
    my_id = str((visit.user or {})["id"])
    return await _changed(visit, number, "assign", "assign", forms.assignment(visit.form, my_id))


async def change_state(visit: Visit, number: str, verb: str) -> Response:
    """Pend, hold, solve, close, cancel or reopen."""
    if verb not in forms.STATE_VERBS:
        raise NotFound
    return await _changed(visit, number, "state", verb, forms.state_change(visit.form))


async def merge(visit: Visit, number: str) -> Response:
    """Let it go on in another ticket."""
    return await _changed(visit, number, "merge", "merge", {"into": visit.form.text("into")})


async def restore(visit: Visit, number: str) -> Response:
    """Bring a deleted ticket back."""
    return await _changed(visit, number, "delete", "restore", {})


async def delete(visit: Visit, number: str) -> Response:
    """Take it out of sight, with a reason; then the queue is shown."""
    try:
        await visit.services.tickets.delete_ticket(visit.caller, number, visit.form.text("reason"))
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts)
        return await _ticket(visit, number, "delete", form)
    return _see(visit, "/admin/tickets", "deleted")


async def _changed(
    visit: Visit, number: str, name: str, verb: str, command: dict[str, Any]
) -> Response:
    version = visit.form.text("version")
    changed = visit.services.tickets.change_ticket(visit.caller, number, verb, command, version)
    return await _after(visit, number, name, changed)


async def _after(
    visit: Visit, number: str, name: str, change: Awaitable[Record], *, done: str = "saved"
) -> Response:
    """Do it and show the ticket; when it was refused, the ticket with the typed form."""
    try:
        await change
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, also=(403,))
        return await _ticket(visit, number, name, form)
    return _see(visit, f"/admin/tickets/{number}", done)


def _see(visit: Visit, path: str, done: str) -> Response:
    """Go on in the queue that the person works in."""
    return visit.see(path, **dict(parse_qsl(visit.form.text("next"))), done=done)


def _asked(visit: Visit) -> Mapping[str, str]:
    """The list that the person works in: of the address, or carried by the form that was sent."""
    carried = visit.form.text("next")
    return dict(parse_qsl(carried)) if carried else visit.request.query_params


async def new_ticket_form(visit: Visit) -> Response:
    """First find the caller, then write down what they say."""
    query = visit.request.query_params
    if requester := query.get("requester"):
        return await _new_ticket(visit, requester, Form())
    words = query.get("q", "").strip()
    filters = {"q": words, "kind": "customer", "is_active": "true", "limit": "20"}
    form = Form.filled(q=words)
    counted, found = await asyncio.gather(counts(visit), _callers(visit, filters, form))
    context = {"words": words, "found": found, "form": form}
    return console_page(visit, "admin/caller.html", form.status, counted=counted, **context)


async def _callers(visit: Visit, filters: dict[str, str], form: Form) -> Listing | None:
    if not filters["q"]:
        return None
    try:
        return await visit.services.identity.people(visit.caller, filters)
    except Refusal as refusal:
        form.refused(refusal, visit.texts, names={"?q": "q"})
        return None


async def open_ticket(visit: Visit) -> Response:
    """Open it in the caller's name."""
    try:
        await upload_photos(visit, visit.caller)
        ticket = await visit.services.tickets.open_ticket_for_caller(
            visit.caller, forms.report_for_caller(visit.form), visit.form.submission_id
        )
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts)
        return await _new_ticket(visit, visit.form.text("requester_id"), form)
    return visit.see(f"/admin/tickets/{ticket['number']}", done="opened")


async def _new_ticket(visit: Visit, requester_id: str, form: Form) -> Response:
    person, lines, categories, counted = await asyncio.gather(
        visit.services.identity.person(visit.caller, requester_id),
        visit.services.identity.service_lines(visit.caller, requester_id),
        visit.services.tickets.categories(visit.caller),
        counts(visit),
    )
    return console_page(
        visit,
        "admin/new_ticket.html",
        form.status,
        counted=counted,
        form=form,
        person=person,
        lines=lines,
        categories=categories,
        priorities=forms.PRIORITIES,
    )


_TICKET = "/admin/tickets/{number}"
ROUTES = (
    page("/admin/tickets", get=queue, who=Who.STAFF),
    page("/admin/queues", get=queues, who=Who.STAFF),
    page("/admin/tickets/new", get=new_ticket_form, post=open_ticket, who=Who.STAFF, files=True),
    page(_TICKET, get=show_ticket, who=Who.STAFF),
    page(_TICKET + "/replies", post=reply, who=Who.STAFF, files=True),
    page(_TICKET + "/notes", post=note, who=Who.STAFF, files=True),
    page(_TICKET + "/edit", post=edit, who=Who.STAFF),
    page(_TICKET + "/assign", post=assign, who=Who.STAFF),
    page(_TICKET + "/merge", post=merge, who=Who.STAFF),
    page(_TICKET + "/delete", post=delete, who=Who.STAFF),
    page(_TICKET + "/restore", post=restore, who=Who.STAFF),
    page(_TICKET + "/{verb}", post=change_state, who=Who.STAFF),
)

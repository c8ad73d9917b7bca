"""Staff at work on tickets: the queues, one ticket with all that can be done to it, a new one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response

from gateway.admin import forms
from gateway.admin.queues import QUEUES, SORTS, STATES, asked_of_service, filters_of, queue_named
from gateway.clients import Listing, Record
from gateway.forms import Form
from gateway.pages import Who, page
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.errors import NotFound, Unavailable

_PAGE_SIZE = 50
_FORMS = ("reply", "note", "edit", "assign", "state", "delete", "merge")


async def queue(visit: Visit) -> Response:
    """A queue with its counts, filters and search."""
    asked = visit.request.query_params
    chosen = queue_named(asked.get("queue", ""))
    form = Form.filled(**filters_of(asked), deleted=asked.get("deleted"))
    counts, categories, (found, form) = await asyncio.gather(
        visit.services.tickets.counts(visit.caller),
        visit.services.tickets.categories(visit.caller),
        _found(visit, form, asked_of_service(chosen, asked, _PAGE_SIZE)),
    )
    return visit.page(
        "admin/tickets.html",
        form.status,
        found=found,
        counts=counts,
        categories=categories,
        queue=chosen,
        queues=QUEUES,
        states=STATES,
        sorts=SORTS,
        form=form,
    )


async def _found(visit: Visit, form: Form, filters: dict[str, str]) -> tuple[Listing, Form]:
    try:
        return await visit.services.tickets.tickets(visit.caller, filters), form
    except Refusal as refusal:
        return Listing([], None), form.refused(refusal, visit.texts, names={"?q": "q"})


async def show_ticket(visit: Visit, number: str) -> Response:
    """One ticket with its conversation, its customer, and what may be done now."""
    return await _ticket(visit, number)


async def _ticket(visit: Visit, number: str, name: str = "", form: Form | None = None) -> Response:
    """The page; the form called `name` shows again what was typed and what was wrong."""
    tickets = visit.services.tickets
    ticket = await tickets.ticket(visit.caller, number)
    verbs = ticket["verbs"]
    categories, assignees, teams, panel, counts = await asyncio.gather(
        tickets.categories(visit.caller),
        _where(("assign" in verbs), lambda: tickets.assignees(visit.caller)),
        _where(("assign" in verbs), lambda: visit.services.identity.teams(visit.caller)),
        _customer_panel(visit, ticket["requester"]["id"]),
        tickets.counts(visit.caller),
    )
    shown = {each: Form() for each in _FORMS}
    shown["edit"] = forms.of_ticket(ticket)
    if form is not None:
        shown[name] = form
    return visit.page(
        "admin/ticket.html",
        form.status if form else 200,
        ticket=ticket,
        categories=categories,
        assignees=assignees,
        teams=teams,
        panel=panel,
        counts=counts,
        forms=shown,
        failed=name,
        priorities=forms.PRIORITIES,
        state_verbs=[verb for verb in forms.STATE_VERBS if verb in verbs],
        queues=QUEUES,
    )


async def _where(wanted: bool, ask: Callable[[], Awaitable[list[Record]]]) -> list[Record]:
    """A list that the page can do without: not needed, not permitted or not available is empty."""
    if not wanted:
        return []
    try:
        return await ask()
    except (Refusal, Unavailable):
        return []


async def _customer_panel(visit: Visit, user_id: str) -> dict[str, Any]:
    """The customer's lines and latest tickets; the ticket is readable without them."""
    earlier = {"requester": user_id, "limit": "6"}

    async def tickets_of_customer() -> list[Record]:
        return (await visit.services.tickets.tickets(visit.caller, earlier)).items

    may_see_lines = visit.may("line.read")
    lines, tickets = await asyncio.gather(
        _where(may_see_lines, lambda: visit.services.identity.service_lines(visit.caller, user_id)),
        _where(True, tickets_of_customer),
    )
    return {"lines": lines, "tickets": tickets}


async def reply(visit: Visit, number: str) -> Response:
    """A message that the customer reads; may also set the ticket waiting or solved."""
    command, key = forms.reply(visit.form), visit.form.submission_id
    written = visit.services.tickets.reply(visit.caller, number, command, key)
    return await _after(visit, number, "reply", written, done="replied")


async def note(visit: Visit, number: str) -> Response:
    """A message that only staff read."""
    command, key = forms.note(visit.form), visit.form.submission_id
    written = visit.services.tickets.note(visit.caller, number, command, key)
    return await _after(visit, number, "note", written, done="noted")


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
    return visit.see("/admin/tickets", done="deleted")


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
    return visit.see(f"/admin/tickets/{number}", done=done)


async def new_ticket_form(visit: Visit) -> Response:
    """First find the caller, then write down what they say."""
    query = visit.request.query_params
    if requester := query.get("requester"):
        return await _new_ticket(visit, requester, Form())
    words = query.get("q", "").strip()
    found = None
    if words:
        filters = {"q": words, "kind": "customer", "is_active": "true", "limit": "20"}
        found = await visit.services.identity.people(visit.caller, filters)
    return visit.page("admin/caller.html", words=words, found=found)


async def open_ticket(visit: Visit) -> Response:
    """Open it in the caller's name."""
    try:
        ticket = await visit.services.tickets.open_ticket_for_caller(
            visit.caller, forms.report_for_caller(visit.form), visit.form.submission_id
        )
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts)
        return await _new_ticket(visit, visit.form.text("requester_id"), form)
    return visit.see(f"/admin/tickets/{ticket['number']}", done="opened")


async def _new_ticket(visit: Visit, requester_id: str, form: Form) -> Response:
    person, lines, categories = await asyncio.gather(
        visit.services.identity.person(visit.caller, requester_id),
        visit.services.identity.service_lines(visit.caller, requester_id),
        visit.services.tickets.categories(visit.caller),
    )
    return visit.page(
        "admin/new_ticket.html",
        form.status,
        form=form,
        person=person,
        lines=lines,
        categories=categories,
        priorities=forms.PRIORITIES,
    )


_TICKET = "/admin/tickets/{number}"
ROUTES = (
    page("/admin/tickets", get=queue, who=Who.STAFF),
    page("/admin/tickets/new", get=new_ticket_form, post=open_ticket, who=Who.STAFF),
    page(_TICKET, get=show_ticket, who=Who.STAFF),
    page(_TICKET + "/replies", post=reply, who=Who.STAFF),
    page(_TICKET + "/notes", post=note, who=Who.STAFF),
    page(_TICKET + "/edit", post=edit, who=Who.STAFF),
    page(_TICKET + "/assign", post=assign, who=Who.STAFF),
    page(_TICKET + "/merge", post=merge, who=Who.STAFF),
    page(_TICKET + "/delete", post=delete, who=Who.STAFF),
    page(_TICKET + "/restore", post=restore, who=Who.STAFF),
    page(_TICKET + "/{verb}", post=change_state, who=Who.STAFF),
)

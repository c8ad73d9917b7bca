"""What customers do with their tickets; the same pages serve a signed link to one ticket."""

import asyncio
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from gateway.clients import LinkedTicket, Listing
from gateway.customer import forms
from gateway.customer.progress import progress
from gateway.forms import Form
from gateway.pages import Who, page
from gateway.upstream import Caller, Refusal
from gateway.visit import Visit

_PAGE_SIZE = "20"
_STATES = ("active", "finished")


async def my_tickets(visit: Visit) -> Response:
    """Own tickets, newest first; filtered by state, searched by number or words."""
    asked = visit.request.query_params
    state = asked.get("state", "")
    filters = {
        "requester": _own_id(visit),
        "status": state if state in _STATES else "",
        "q": asked.get("q", "").strip(),
        "cursor": asked.get("cursor", ""),
        "limit": _PAGE_SIZE,
    }
    form = Form.filled(q=filters["q"])
    try:
        found = await visit.services.tickets.tickets(visit.caller, filters)
    except Refusal as refusal:
        found = Listing([], None)
        form.refused(refusal, visit.texts, names={"?q": "q"})
    return visit.page("customer/tickets.html", form.status, found=found, state=state, form=form)


async def report_form(visit: Visit) -> Response:
    """What is wrong, on which line."""
    return await _report(visit, Form())


async def send_report(visit: Visit) -> Response:
    """Open the ticket and go to it; the same form sent twice is one ticket."""
    try:
        ticket = await visit.services.tickets.open_ticket(
            visit.caller, forms.report(visit.form), visit.form.submission_id
        )
    except Refusal as refusal:
        # A tile that nobody chose is not among the fields that a browser sends.
        names = {"/category": "category"}
        return await _report(visit, visit.form.refused(refusal, visit.texts, names=names))
    return visit.see(f"/tickets/{ticket['number']}", done="received")


async def _report(visit: Visit, form: Form) -> Response:
    categories, lines = await asyncio.gather(
        visit.services.tickets.categories(visit.caller),
        visit.services.identity.service_lines(visit.caller, _own_id(visit)),
    )
    return visit.page(
        "customer/report.html", form.status, form=form, categories=categories, lines=lines
    )


@dataclass(frozen=True)
class _Place:
    """A ticket's page: as a logged-in person at `/tickets/…`, or through a link at `/t/…`."""

    caller: Caller
    number: str
    path: str
    is_link: bool = False


async def show_ticket(visit: Visit, number: str) -> Response:
    """The ticket as its owner follows it."""
    return await _ticket(visit, _own_place(visit, number))


async def reply(visit: Visit, number: str) -> Response:
    """Add a message."""
    return await _reply(visit, _own_place(visit, number))


async def cancel(visit: Visit, number: str) -> Response:
    """Withdraw the report."""
    return await _change(visit, _own_place(visit, number), "cancel", done="cancelled")


async def reopen(visit: Visit, number: str) -> Response:
    """It is not solved after all."""
    return await _change(visit, _own_place(visit, number), "reopen", done="reopened")


async def close(visit: Visit, number: str) -> Response:
    """It works again."""
    return await _change(visit, _own_place(visit, number), "close", done="closed")


async def show_linked_ticket(visit: Visit, token: str) -> Response:
    """The ticket of a signed link, without a login."""
    place = await _linked_place(visit, token)
    return await _ticket(visit, place) if place else _link_gone(visit)


async def reply_by_link(visit: Visit, token: str) -> Response:
    """Answer through a signed link."""
    place = await _linked_place(visit, token)
    return await _reply(visit, place) if place else _link_gone(visit)


async def _ticket(visit: Visit, place: _Place, form: Form | None = None) -> Response:
    ticket = await visit.services.tickets.ticket(place.caller, place.number)
    form = form or Form()
    return visit.page(
        "customer/ticket.html",
        form.status,
        ticket=ticket,
        # Staff may look at this page too; what is internal has no place on it.
        messages=[m for m in ticket["messages"] if m["visibility"] == "public"],
        timeline=[e for e in ticket["timeline"] if e["visibility"] == "public"],
        progress=progress(ticket),
        form=form,
        place=place,
    )


async def _reply(visit: Visit, place: _Place) -> Response:
    try:
        written = await visit.services.tickets.reply(
            place.caller, place.number, forms.reply(visit.form), visit.form.submission_id
        )
    except Refusal as refusal:
        return await _ticket(visit, place, visit.form.refused(refusal, visit.texts))
    if _plain(written["number"]) == _plain(place.number):
        return visit.see(place.path, done="replied")
    if place.is_link:
        return visit.see(place.path, done="followed")
    return visit.see(f"/tickets/{written['number']}", done="followed")


async def _change(visit: Visit, place: _Place, verb: str, *, done: str) -> Response:
    command = forms.state_change(visit.form)
    try:
        await visit.services.tickets.change_ticket(
            place.caller, place.number, verb, command, visit.form.text("version")
        )
    except Refusal as refusal:
        return await _ticket(visit, place, visit.form.refused(refusal, visit.texts))
    return visit.see(place.path, done=done)


def _own_place(visit: Visit, number: str) -> _Place:
    return _Place(visit.caller, number, f"/tickets/{number}")


async def _linked_place(visit: Visit, token: str) -> _Place | None:
    linked: LinkedTicket
    try:
        linked = await visit.services.tickets.open_link(token)
    except Refusal as refusal:
        if refusal.status == 404:
            return None
        raise
    caller = visit.acting_as(linked.actor)
    return _Place(caller, linked.number, f"/t/{token}", is_link=True)


def _link_gone(visit: Visit) -> Response:
    return visit.page("link_gone.html", 404)


def _own_id(visit: Visit) -> str:
    user: dict[str, Any] = visit.user or {}
    return str(user["id"])


def _plain(number: str) -> str:
    return number.replace("-", "")


ROUTES = (
    page("/tickets", get=my_tickets, who=Who.SOMEONE),
    page("/tickets/new", get=report_form, post=send_report, who=Who.SOMEONE),
    page("/tickets/{number}", get=show_ticket, who=Who.SOMEONE),
    page("/tickets/{number}/replies", post=reply, who=Who.SOMEONE),
    page("/tickets/{number}/cancel", post=cancel, who=Who.SOMEONE),
    page("/tickets/{number}/reopen", post=reopen, who=Who.SOMEONE),
    page("/tickets/{number}/close", post=close, who=Who.SOMEONE),
    page("/t/{token}", get=show_linked_ticket),
    page("/t/{token}/replies", post=reply_by_link),
)

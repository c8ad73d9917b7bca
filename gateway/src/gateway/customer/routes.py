"""What customers do with their tickets; the same pages serve a signed link to one ticket."""

import asyncio
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from gateway.clients import LinkedTicket, Listing, Record
from gateway.customer import forms, guide
from gateway.customer.progress import progress, situation, story
from gateway.days import days
from gateway.forms import Form
from gateway.pages import Who, page
from gateway.uploads import send_photo, upload_photos
from gateway.upstream import Caller, Refusal
from gateway.visit import Visit
from shared.errors import Unavailable

_PAGE_SIZE = "20"
_STATES = ("active", "finished")


async def my_tickets(visit: Visit) -> Response:
    """Own tickets, newest first; filtered by state and days, searched by number or words.

    Whoever sees those of their company, too, switches between the two.
    """
    asked = visit.request.query_params
    form = Form.filled(**{name: asked.get(name, "").strip() for name in ("q", "from", "to")})
    state = asked.get("state", "")
    is_companys = asked.get("of") == "company" and bool(_company(visit))
    filters = {
        "requester": "" if is_companys else _own_id(visit),
        "status": state if state in _STATES else "",
        "q": form.text("q"),
        **days(form, visit.zone, visit.texts, of="created"),
        "cursor": asked.get("cursor", ""),
        "limit": _PAGE_SIZE,
    }
    found, counts = await asyncio.gather(
        _found(visit, filters, form), _nothing() if is_companys else _counts(visit)
    )
    context = {"found": found, "state": state, "form": form, "counts": counts}
    context |= {"company": _company(visit), "is_companys": is_companys}
    return visit.page("customer/tickets.html", form.status, **context)


def _company(visit: Visit) -> str:
    """The name of the organisation whose tickets this customer sees; empty for everybody else."""
    session = visit.session
    if session is None or not session.actor.orgs or session.organisation is None:
        return ""
    return str(session.organisation["name"])


async def _nothing() -> None:
    return None


async def _found(visit: Visit, filters: dict[str, str], form: Form) -> Listing:
    """What is searched for; nothing, and why in the form, where the search itself is wrong."""
    if form.errors:
        return Listing([], None)
    try:
        return await visit.services.tickets.tickets(visit.caller, filters)
    except Refusal as refusal:
        form.refused(refusal, visit.texts, names={"?q": "q"})
        return Listing([], None)


async def _counts(visit: Visit) -> dict[str, Any] | None:
    """Own open and finished tickets; what staff would get are the queues of everybody."""
    if visit.is_staff:
        return None
    try:
        return await visit.services.tickets.counts(visit.caller)
    except (Refusal, Unavailable):
        return None


async def report_form(visit: Visit) -> Response:
    """What is wrong, on which line."""
    return await _report(visit, Form())


async def send_report(visit: Visit) -> Response:
    """Open the ticket and go to it; the same form sent twice is one ticket."""
    categories = await visit.services.tickets.categories(visit.caller)
    try:
        await upload_photos(visit, visit.caller)
        command = forms.report(visit.form, categories, visit.texts)
        ticket = await visit.services.tickets.open_ticket(
            visit.caller, command, visit.form.submission_id
        )
    except Refusal as refusal:
        # A tile that nobody chose is not among the fields that a browser sends; title and words
        # may come from the answers.
        names = {f"/{name}": name for name in ("category", "subject", "description")}
        return await _report(visit, visit.form.refused(refusal, visit.texts, names=names))
    return visit.see(f"/tickets/{ticket['number']}", done="received")


async def _report(visit: Visit, form: Form) -> Response:
    categories, lines = await asyncio.gather(
        visit.services.tickets.categories(visit.caller),
        visit.services.identity.service_lines(visit.caller, _own_id(visit)),
    )
    context = {"form": form, "categories": categories, "lines": lines, "guide": guide}
    return visit.page("customer/report.html", form.status, **context)


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
    template = "customer/ticket.html"
    if form is None:
        return visit.page_made_of((ticket,), template, lambda: _shown(ticket, place, Form()))
    return visit.page(template, form.status, **_shown(ticket, place, form))


def _shown(ticket: Record, place: _Place, form: Form) -> dict[str, Any]:
    return {
        "ticket": ticket,
        "progress": progress(ticket),
        "situation": situation(ticket),
        # Staff may look at this page too; what is internal has no place on it.
        "story": story(_public(ticket["messages"]), _public(ticket["timeline"])),
        "form": form,
        "place": place,
    }


def _public(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in entries if entry["visibility"] == "public"]


async def _reply(visit: Visit, place: _Place) -> Response:
    try:
        await upload_photos(visit, place.caller)
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


async def rate(visit: Visit, number: str) -> Response:
    """Say how it went."""
    return await _rate(visit, _own_place(visit, number))


async def rate_by_link(visit: Visit, token: str) -> Response:
    """Say how it went, through a signed link."""
    place = await _linked_place(visit, token)
    return await _rate(visit, place) if place else _link_gone(visit)


async def _rate(visit: Visit, place: _Place) -> Response:
    """The version stays out of it: what somebody else did meanwhile does not change how it went."""
    command = forms.rating(visit.form)
    try:
        await visit.services.tickets.rate_ticket(place.caller, place.number, command, "")
    except Refusal as refusal:
        names = {"/score": "score"}
        return await _ticket(visit, place, visit.form.refused(refusal, visit.texts, names=names))
    return visit.see(place.path, done="rated")


async def linked_photo(visit: Visit, token: str, id: str) -> Response:
    """A photo of the ticket of a signed link."""
    place = await _linked_place(visit, token)
    return await send_photo(visit, place.caller, id) if place else _link_gone(visit)


async def linked_thumbnail(visit: Visit, token: str, id: str) -> Response:
    """The small picture of such a photo."""
    place = await _linked_place(visit, token)
    return await send_photo(visit, place.caller, id, small=True) if place else _link_gone(visit)


async def _link_holder(visit: Visit, token: str) -> Caller:
    """Who answers through a signed link; raises a 404 refusal when it is not valid."""
    return visit.acting_as((await visit.services.tickets.open_link(token)).actor)


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
    page("/tickets/new", get=report_form, post=send_report, who=Who.SOMEONE, files=True),
    page("/tickets/{number}", get=show_ticket, who=Who.SOMEONE),
    page("/tickets/{number}/replies", post=reply, who=Who.SOMEONE, files=True),
    page("/tickets/{number}/cancel", post=cancel, who=Who.SOMEONE),
    page("/tickets/{number}/reopen", post=reopen, who=Who.SOMEONE),
    page("/tickets/{number}/close", post=close, who=Who.SOMEONE),
    page("/tickets/{number}/feedback", post=rate, who=Who.SOMEONE),
    page("/t/{token}", get=show_linked_ticket),
    page("/t/{token}/replies", post=reply_by_link, files=True, sender=_link_holder),
    page("/t/{token}/feedback", post=rate_by_link),
    page("/t/{token}/attachments/{id}", get=linked_photo),
    page("/t/{token}/attachments/{id}/thumbnail", get=linked_thumbnail),
)

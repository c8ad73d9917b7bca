"""Service lines: found by number, address, area and state; added and changed."""

import asyncio
from typing import Any, Final

from starlette.responses import Response

from gateway.admin.console import NO_RECORDS, console_page, counts, when
from gateway.admin.network import area_keyed
from gateway.clients import Listing, Record
from gateway.forms import Form
from gateway.pages import Who, page
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.errors import NotFound

_NOBODY: Final[Record] = {}
STATES: Final = ("active", "suspended", "ended")
_PAGE_SIZE: Final = "50"
_NAMES: Final = {
    "/user_id": "email",
    "/area_id": "area",
    "?area_id": "area",
    "?q": "q",
}


def _(message: str) -> str:
    """Marks a message for the catalogue."""
    return message


_NO_CUSTOMER: Final = _("There is no customer with this address.")
_NO_AREA: Final = _("There is no such node in the network.")
_NO_DEGREES: Final = _("Give degrees like -7.257472.")


async def lines(visit: Visit) -> Response:
    """The lines that were looked for, by number."""
    _admit(visit)
    query = visit.request.query_params
    state = query.get("state", "")
    filters = {
        "q": query.get("q", "").strip(),
        "state": state if state in STATES else "",
        "area_id": query.get("area", ""),
        "cursor": query.get("cursor", ""),
        "limit": _PAGE_SIZE,
    }
    form = Form.filled(q=filters["q"], state=filters["state"])
    found, counted = await asyncio.gather(_found(visit, filters, form), counts(visit))
    area = await _area(visit, filters["area_id"])
    context = {"found": found, "form": form, "area": area, "state": filters["state"]}
    return console_page(visit, "admin/lines.html", form.status, counted=counted, **context)


async def new_line(visit: Visit) -> Response:
    """An empty form; `?email=` names the customer beforehand."""
    return await _new(visit, Form.filled(email=visit.request.query_params.get("email")))


async def add_line(visit: Visit) -> Response:
    """Give a customer a line."""
    form = visit.form
    command = await _command(visit, form)
    if form.errors:
        return await _new(visit, form)
    try:
        made = await visit.services.network.create_line(
            visit.caller, {"number": form.text("number"), **command}, form.submission_id
        )
    except Refusal as refusal:
        refused = form.refused(refusal, visit.texts, names=_NAMES, also=(403,))
        return await _new(visit, refused)
    return visit.see(f"/admin/lines/{made['id']}", done="saved")


async def show_line(visit: Visit, line_id: str) -> Response:
    """One line, what may be changed, and whose it is."""
    return await _line(visit, line_id, None)


async def edit_line(visit: Visit, line_id: str) -> Response:
    """Customer, plan, address, place, area, state."""
    form = visit.form
    command = await _command(visit, form)
    if form.errors:
        return await _line(visit, line_id, form)
    version = form.text("version")
    try:
        await visit.services.network.edit_line(visit.caller, line_id, command, version)
    except Refusal as refusal:
        refused = form.refused(refusal, visit.texts, names=_NAMES, also=(403,))
        return await _line(visit, line_id, refused)
    return visit.see(f"/admin/lines/{line_id}", done="saved")


async def _line(visit: Visit, line_id: str, form: Form | None) -> Response:
    _admit(visit)
    line, counted = await asyncio.gather(
        visit.services.network.line(visit.caller, line_id), counts(visit)
    )
    customer = await when(
        visit.may("user.read"),
        lambda: visit.services.identity.person(visit.caller, line["user_id"]),
        _NOBODY,
    )
    form = form or _form_of(line, customer)
    return console_page(
        visit,
        "admin/line.html",
        form.status,
        counted=counted,
        line=line,
        customer=customer,
        form=form,
        states=STATES,
    )


async def _new(visit: Visit, form: Form) -> Response:
    if not visit.may("line.edit"):
        raise NotFound
    counted = await counts(visit)
    return console_page(
        visit, "admin/line.html", form.status, counted=counted, line=None, form=form, states=STATES
    )


async def _found(visit: Visit, filters: dict[str, str], form: Form) -> Listing:
    try:
        return await visit.services.network.lines(visit.caller, filters)
    except Refusal as refusal:
        form.refused(refusal, visit.texts, names=_NAMES)
        return Listing([], None)


async def _area(visit: Visit, area_id: str) -> Record:
    nothing: Record = {}
    return await when(
        bool(area_id), lambda: visit.services.network.area(visit.caller, area_id), nothing
    )


async def _command(visit: Visit, form: Form) -> dict[str, Any]:
    """What the form says, with ids for the customer and the area; notes what cannot be found."""
    command: dict[str, Any] = {
        "plan": form.text("plan"),
        "address": form.text("address"),
        "state": form.text("state") or "active",
        "area_id": None,
        **_place(visit, form),
    }
    if email := form.text("email").lower():
        found = await when(True, lambda: _customers(visit, email), NO_RECORDS)
        owner = next((person for person in found if person["email"] == email), None)
        if owner:
            command["user_id"] = owner["id"]
        else:
            _fault(visit, form, "email", _NO_CUSTOMER)
    if key := form.text("area"):
        area = await area_keyed(visit, key)
        if area:
            command["area_id"] = area["id"]
        else:
            _fault(visit, form, "area", _NO_AREA)
    return command


async def _customers(visit: Visit, email: str) -> list[Record]:
    filters = {"kind": "customer", "q": email[:100], "limit": "100"}
    return (await visit.services.identity.people(visit.caller, filters)).items


def _place(visit: Visit, form: Form) -> dict[str, float | None]:
    place: dict[str, float | None] = {}
    for name in ("latitude", "longitude"):
        text = form.text(name).replace(",", ".")
        try:
            place[name] = float(text) if text else None
        except ValueError:
            _fault(visit, form, name, _NO_DEGREES)
    return place


def _fault(visit: Visit, form: Form, name: str, sentence: str) -> None:
    form.errors[name] = visit.texts(sentence)
    form.status = 422


def _form_of(line: Record, customer: Record) -> Form:
    return Form.filled(
        **{name: line[name] for name in ("number", "plan", "address", "state")},
        latitude=line["latitude"],
        longitude=line["longitude"],
        area=line["area"]["key"] if line["area"] else None,
        email=customer.get("email"),
        version=line["version"],
    )


def _admit(visit: Visit) -> None:
    if not visit.may("line.read"):
        raise NotFound


ROUTES = (
    page("/admin/lines", get=lines, who=Who.STAFF),
    page("/admin/lines/new", get=new_line, post=add_line, who=Who.STAFF),
    page("/admin/lines/{line_id}", get=show_line, post=edit_line, who=Who.STAFF),
)

"""Organisations: companies of customers, their people, and what each of these sees."""

import asyncio

from starlette.responses import Response

from gateway.admin.console import console_page, counts
from gateway.clients import Listing, Record
from gateway.forms import Form
from gateway.pages import Who, page
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.errors import NotFound

_PAGE_SIZE = "50"
_FOUND = "8"
MEMBERSHIPS = ("own", "company_read", "company_manage")


async def organisations(visit: Visit) -> Response:
    """All of them by name, found by a part of it."""
    return await _organisations(visit)


async def create_organisation(visit: Visit) -> Response:
    """A new one; its people are chosen on its own page."""
    try:
        made = await visit.services.rights.create_organisation(
            visit.caller, visit.form.some("name"), visit.form.submission_id
        )
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, also=(403,))
        return await _organisations(visit, form)
    return visit.see(f"/admin/organisations/{made['id']}", done="saved")


async def show_organisation(visit: Visit, organisation_id: str) -> Response:
    """One organisation and its people."""
    return await _organisation(visit, organisation_id)


async def edit_organisation(visit: Visit, organisation_id: str) -> Response:
    """Another name."""
    return await _changed(visit, organisation_id, visit.form.some("name"))


async def switch_organisation(visit: Visit, organisation_id: str) -> Response:
    """Let its people see the company's tickets, or each only their own."""
    return await _changed(
        visit, organisation_id, {"is_active": visit.form.text("is_active") == "true"}
    )


async def set_membership(visit: Visit, organisation_id: str) -> Response:
    """Add a customer, say what a member sees, or let one go."""
    rights, user_id = visit.services.rights, visit.form.text("user_id")
    membership = visit.form.text("membership")
    try:
        if membership in MEMBERSHIPS:
            await rights.set_membership(visit.caller, organisation_id, user_id, membership)
        else:
            await rights.end_membership(visit.caller, organisation_id, user_id)
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, also=(403, 404))
        return await _organisation(visit, organisation_id, form)
    return visit.see(f"/admin/organisations/{organisation_id}", done="saved")


async def _changed(visit: Visit, organisation_id: str, command: Record) -> Response:
    version = visit.form.text("version")
    try:
        await visit.services.rights.edit_organisation(
            visit.caller, organisation_id, command, version
        )
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, also=(403,))
        return await _organisation(visit, organisation_id, form)
    return visit.see(f"/admin/organisations/{organisation_id}", done="saved")


async def _organisations(visit: Visit, form: Form | None = None) -> Response:
    _must_see(visit)
    query = visit.request.query_params
    filters = {
        "q": query.get("q", "").strip()[:100],
        "cursor": query.get("cursor", ""),
        "limit": _PAGE_SIZE,
    }
    found, counted = await asyncio.gather(
        visit.services.rights.organisations(visit.caller, filters), counts(visit)
    )
    return console_page(
        visit,
        "admin/organisations.html",
        form.status if form else 200,
        counted=counted,
        found=found,
        q=filters["q"],
        form=form or Form(),
    )


async def _organisation(visit: Visit, organisation_id: str, form: Form | None = None) -> Response:
    _must_see(visit)
    rights, query = visit.services.rights, visit.request.query_params
    organisation, members, people, counted = await asyncio.gather(
        rights.organisation(visit.caller, organisation_id),
        rights.members(
            visit.caller,
            organisation_id,
            {"limit": _PAGE_SIZE, "cursor": query.get("cursor", "")},
        ),
        _candidates(visit, query.get("q", "").strip()[:100]),
        counts(visit),
    )
    shown = Form.filled(name=organisation["name"])
    if form:
        shown.notice, shown.status = form.notice, form.status
        if "name" in form.values:
            shown = form
    return console_page(
        visit,
        "admin/organisation.html",
        shown.status,
        counted=counted,
        organisation=organisation,
        found=members,
        people=people.items,
        q=query.get("q", "").strip(),
        form=shown,
        memberships=MEMBERSHIPS,
    )


async def _candidates(visit: Visit, q: str) -> Listing:
    """Customers that could be added; nobody before something was looked for."""
    if not q or not visit.may("user.read"):
        return Listing([], None)
    filters = {"kind": "customer", "is_active": "true", "q": q, "limit": _FOUND}
    return await visit.services.identity.people(visit.caller, filters)


def _must_see(visit: Visit) -> None:
    if not visit.may("organisation.read"):
        raise NotFound


_ORGANISATION = "/admin/organisations/{organisation_id}"
ROUTES = (
    page("/admin/organisations", get=organisations, post=create_organisation, who=Who.STAFF),
    page(_ORGANISATION, get=show_organisation, post=edit_organisation, who=Who.STAFF),
    page(_ORGANISATION + "/switch", post=switch_organisation, who=Who.STAFF),
    page(_ORGANISATION + "/members", post=set_membership, who=Who.STAFF),
)

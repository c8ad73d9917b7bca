"""Customers and staff: find, invite, edit, let in and shut out."""

import asyncio
from typing import Any

from starlette.responses import Response

from gateway.admin import forms
from gateway.admin.console import NO_RECORDS, console_page, counts, when
from gateway.clients import Listing, Record
from gateway.forms import Form
from gateway.pages import Who, page
from gateway.upstream import Refusal
from gateway.visit import Visit

_PAGE_SIZE = "50"
_KINDS = ("customer", "staff")


async def people(visit: Visit) -> Response:
    """Everybody by name; by kind and words."""
    query = visit.request.query_params
    kind = query.get("kind", "")
    filters = {
        "kind": kind if kind in _KINDS else "",
        "role": query.get("role", ""),
        "is_active": query.get("is_active", ""),
        "q": query.get("q", "").strip(),
        "cursor": query.get("cursor", ""),
        "limit": _PAGE_SIZE,
    }
    form = Form.filled(q=filters["q"])
    found, labels, counted = await asyncio.gather(
        _found(visit, filters, form), _labels(visit), counts(visit)
    )
    context = {"found": found, "kind": kind, "form": form, "labels": labels}
    return console_page(visit, "admin/people.html", form.status, counted=counted, **context)


async def _found(visit: Visit, filters: dict[str, str], form: Form) -> Listing:
    try:
        return await visit.services.identity.people(visit.caller, filters)
    except Refusal as refusal:
        form.refused(refusal, visit.texts, names={"?q": "q"})
        return Listing([], None)


async def invitation_form(visit: Visit) -> Response:
    """An empty invitation; `?role=` chooses beforehand."""
    return await _invitation(visit, Form.filled(role=visit.request.query_params.get("role")))


async def invite(visit: Visit) -> Response:
    """Make the account and send the link."""
    try:
        invited = await visit.services.identity.invite(
            visit.caller, forms.invitation(visit.form), visit.form.submission_id
        )
    except Refusal as refusal:
        return await _invitation(visit, visit.form.refused(refusal, visit.texts, also=(403,)))
    return visit.see(f"/admin/people/{invited['id']}", done="invited_person")


async def _invitation(visit: Visit, form: Form) -> Response:
    context, counted = await asyncio.gather(_choices(visit), counts(visit))
    return console_page(
        visit, "admin/invite.html", form.status, counted=counted, form=form, **context
    )


async def show_person(visit: Visit, user_id: str) -> Response:
    """One person, their lines and tickets, and what may be changed."""
    return await _person(visit, user_id, None)


async def edit_person(visit: Visit, user_id: str) -> Response:
    """Name, phone, language, role, teams."""
    try:
        command = forms.edit_person(visit.form, visit.form.text("kind"))
        await visit.services.identity.edit_person(
            visit.caller, user_id, command, visit.form.text("version")
        )
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, also=(403,))
        return await _person(visit, user_id, form)
    return visit.see(f"/admin/people/{user_id}", done="saved")


async def deactivate(visit: Visit, user_id: str) -> Response:
    """End their sessions and let them in no longer."""
    return await _set_active(visit, user_id, False)


async def reactivate(visit: Visit, user_id: str) -> Response:
    """Let them in again."""
    return await _set_active(visit, user_id, True)


async def invite_again(visit: Visit, user_id: str) -> Response:
    """Send the invitation's link once more."""
    try:
        await visit.services.identity.invite_again(visit.caller, user_id)
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, also=(403,))
        return await _person(visit, user_id, None, notice=form.notice, status=form.status)
    return visit.see(f"/admin/people/{user_id}", done="invited_again")


async def remove_second_factor(visit: Visit, user_id: str) -> Response:
    """Help a colleague who lost phone and recovery codes."""
    try:
        await visit.services.security.remove_second_factor(visit.caller, user_id)
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, also=(403, 404))
        return await _person(visit, user_id, None, notice=form.notice, status=form.status)
    return visit.see(f"/admin/people/{user_id}", done="second_factor_removed")


async def _set_active(visit: Visit, user_id: str, active: bool) -> Response:
    version = visit.form.text("version")
    try:
        await visit.services.identity.set_active(visit.caller, user_id, active, version)
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, also=(403,))
        return await _person(visit, user_id, None, notice=form.notice, status=form.status)
    return visit.see(f"/admin/people/{user_id}", done="saved")


async def person_page(visit: Visit, user_id: str, *, reason: Form) -> Response:
    """The page again, with the reason to act in this customer's place and what is wrong with it."""
    return await _person(
        visit, user_id, None, notice=reason.notice, status=reason.status, reason=reason
    )


async def _person(
    visit: Visit,
    user_id: str,
    form: Form | None,
    *,
    notice: str = "",
    status: int = 200,
    reason: Form | None = None,
) -> Response:
    identity = visit.services.identity
    person, choices, counted = await asyncio.gather(
        identity.person(visit.caller, user_id), _choices(visit), counts(visit)
    )
    is_customer = person["kind"] == "customer"
    lines, tickets, organisation = await asyncio.gather(
        identity.service_lines(visit.caller, user_id) if is_customer else _nothing(),
        _tickets_of(visit, user_id) if is_customer else _nothing(),
        _organisation_of(visit, person),
    )
    form = form or forms.of_person(person)
    form.notice = form.notice or notice
    return console_page(
        visit,
        "admin/person.html",
        max(form.status, status),
        counted=counted,
        person=person,
        lines=lines,
        tickets=tickets,
        form=form,
        organisation=organisation,
        reason=reason or Form(),
        **choices,
    )


async def _organisation_of(visit: Visit, person: Record) -> Record:
    """The organisation that a customer belongs to, where there is one and it may be shown."""
    organisation_id = person["organisation_id"]
    wanted = bool(organisation_id) and visit.may("organisation.read")
    none: Record = {}
    rights = visit.services.rights
    return await when(wanted, lambda: rights.organisation(visit.caller, organisation_id), none)


async def _tickets_of(visit: Visit, user_id: str) -> list[dict[str, Any]]:
    filters = {"requester": user_id, "limit": "10"}
    return (await visit.services.tickets.tickets(visit.caller, filters)).items


async def _nothing() -> list[dict[str, Any]]:
    return []


async def _choices(visit: Visit) -> dict[str, Any]:
    identity, may_read = visit.services.identity, visit.may("role.read")
    roles, teams = await asyncio.gather(
        when(may_read, lambda: identity.roles(visit.caller), NO_RECORDS),
        identity.teams(visit.caller),
    )
    return {"roles": roles, "teams": teams, "labels": {r["name"]: r["label"] for r in roles}}


async def _labels(visit: Visit) -> dict[str, str]:
    """What roles that were made here are called."""
    may_ask = visit.may("role.read")
    roles = await when(may_ask, lambda: visit.services.identity.roles(visit.caller), NO_RECORDS)
    return {role["name"]: role["label"] for role in roles}


_PERSON = "/admin/people/{user_id}"
ROUTES = (
    page("/admin/people", get=people, who=Who.STAFF),
    page("/admin/people/new", get=invitation_form, post=invite, who=Who.STAFF),
    page(_PERSON, get=show_person, post=edit_person, who=Who.STAFF),
    page(_PERSON + "/deactivate", post=deactivate, who=Who.STAFF),
    page(_PERSON + "/reactivate", post=reactivate, who=Who.STAFF),
    page(_PERSON + "/invitation", post=invite_again, who=Who.STAFF),
    page(_PERSON + "/second-factor", post=remove_second_factor, who=Who.STAFF),
)

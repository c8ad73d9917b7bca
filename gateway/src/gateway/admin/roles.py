"""Roles as a table: every right in a sentence, a column for each role, and roles of one's own."""

import asyncio
import re
from typing import Any, Final

from starlette.responses import Response

from gateway.admin.console import console_page, counts
from gateway.clients import Record
from gateway.forms import Form
from gateway.pages import Who, page
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.errors import NotFound


def _(sentence: str) -> str:
    """Marks a sentence for the catalogue; the page translates it."""
    return sentence


# Every permission, by subject, as a sentence that ends “… may”. A test misses the one that is not here.
RIGHTS: Final[tuple[tuple[str, tuple[tuple[str, str], ...]], ...]] = (
    (
        _("Tickets"),
        (
            ("ticket.read_all", _("See every ticket")),
            ("ticket.read_team", _("See the tickets of one's teams and those given to oneself")),
            ("ticket.create_for_others", _("Write down a report for a customer")),
            ("ticket.reply", _("Answer customers")),
            ("ticket.note", _("Write internal notes")),
            ("ticket.edit", _("Change title, category, priority and tags")),
            ("ticket.assign", _("Give tickets to people and teams")),
            ("ticket.change_state", _("Let tickets wait, solve, close, cancel and reopen them")),
            ("ticket.merge", _("Join tickets")),
            ("ticket.delete", _("Delete tickets, see deleted ones and restore them")),
            ("category.edit", _("Change the categories")),
        ),
    ),
    (
        _("People and rights"),
        (
            ("user.read", _("See people and their data")),
            ("user.edit", _("Change people's data, role and teams; shut them out")),
            ("user.invite_customer", _("Add customers")),
            ("user.invite_staff", _("Invite staff")),
            ("user.erase", _("Erase people for good")),
            ("user.impersonate", _("Act in a customer's place, for half an hour and in the open")),
            ("role.read", _("See roles and rights")),
            ("role.edit", _("Change what roles may do, within one's own rights")),
            ("team.edit", _("Make and change teams")),
            ("organisation.read", _("See organisations and their people")),
            ("organisation.edit", _("Make organisations, and say who sees what in them")),
            ("api_key.edit", _("Make and revoke keys for programs")),
        ),
    ),
    (
        _("Network and connections"),
        (
            ("area.read", _("See the network tree")),
            ("area.edit", _("Change the network tree")),
            ("line.read", _("See customers' connections")),
            ("line.edit", _("Change customers' connections")),
            ("import.run", _("Import files with many rows")),
            ("export.run", _("Export all rows as a file")),
        ),
    ),
    (
        _("Figures and messages"),
        (
            ("audit.read", _("See and export who did what, to whom and from where")),
            ("report.read", _("See figures and reports")),
            ("delivery.read", _("See which messages went out")),
            ("delivery.edit", _("Send messages again")),
        ),
    ),
)


async def roles(visit: Visit) -> Response:
    """The table."""
    return await _roles(visit)


async def edit_role(visit: Visit, name: str) -> Response:
    """What a role may do from now on: the boxes of its column."""
    command = {"permissions": visit.form.many("permissions")}
    try:
        await visit.services.rights.edit_role(
            visit.caller, name, command, visit.form.text("version")
        )
    except Refusal as refusal:
        return await _roles(visit, name, visit.form.refused(refusal, visit.texts, also=(403,)))
    return visit.see("/admin/roles", done="saved")


async def rename_role(visit: Visit, name: str) -> Response:
    """Another name for people; the key stays."""
    try:
        await visit.services.rights.rename_role(
            visit.caller, name, visit.form.some("label"), visit.form.text("version")
        )
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, also=(403,))
        return await _roles(visit, name, form, is_rename=True)
    return visit.see("/admin/roles", done="saved")


async def delete_role(visit: Visit, name: str) -> Response:
    """Away with a role that nobody has."""
    try:
        await visit.services.rights.delete_role(visit.caller, name, visit.form.text("version"))
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, also=(403,))
        return await _roles(visit, name, form, is_rename=True)
    return visit.see("/admin/roles", done="role_deleted")


async def create_role(visit: Visit) -> Response:
    """A new role, which begins with the rights of another one."""
    label, base = visit.form.text("label"), visit.form.text("base")
    found = await visit.services.rights.roles(visit.caller)
    held: list[str] = next((role["permissions"] for role in found if role["name"] == base), [])
    key = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:60] or "role"
    command = {"name": key, "label": label, "permissions": held}
    try:
        await visit.services.rights.create_role(visit.caller, command, visit.form.submission_id)
    except Refusal as refusal:
        names = {"/name": "label"}
        form = visit.form.refused(refusal, visit.texts, names=names, also=(403,))
        return await _roles(visit, "", form)
    return visit.see("/admin/roles", done="role_made")


async def _roles(
    visit: Visit, failed: str | None = None, form: Form | None = None, *, is_rename: bool = False
) -> Response:
    """The page; `failed` names the role whose form came back, an empty one the new role's."""
    if not visit.may("role.read"):
        raise NotFound
    found, counted = await asyncio.gather(visit.services.rights.roles(visit.caller), counts(visit))
    shown = [role for role in found if role["kind"] != "api_client"]
    return console_page(
        visit,
        "admin/roles.html",
        form.status if form else 200,
        counted=counted,
        rights=RIGHTS,
        roles=[_column(visit, role) for role in shown],
        forms={role["name"]: _boxes(role) for role in shown}
        | ({failed: form} if failed and form and not is_rename else {}),
        labels={role["name"]: Form.filled(label=role["label"]) for role in shown}
        | ({failed: form} if failed and form and is_rename else {}),
        new=form if failed == "" and form else Form.filled(base="technician"),
        failed=failed,
        problem=form,
        is_rename=is_rename,
    )


def _column(visit: Visit, role: Record) -> dict[str, Any]:
    """A role with what this person may do about it: nothing that reaches beyond their own rights."""
    actor = visit.session.actor.perms if visit.session else frozenset()
    is_open = visit.may("role.edit") and not role["is_fixed"] and set(role["permissions"]) <= actor
    return role | {"is_open": is_open, "may": set(role["permissions"]), "within": actor}


def _boxes(role: Record) -> Form:
    form = Form()
    form.values["permissions"] = list(role["permissions"])
    return form


_ROLE = "/admin/roles/{name}"
ROUTES = (
    page("/admin/roles", get=roles, post=create_role, who=Who.STAFF),
    page(_ROLE, post=edit_role, who=Who.STAFF),
    page(_ROLE + "/name", post=rename_role, who=Who.STAFF),
    page(_ROLE + "/delete", post=delete_role, who=Who.STAFF),
)

"""Teams: who works together, and which of them get tickets."""

import asyncio
import re

from starlette.responses import Response

from gateway.admin.console import console_page, counts
from gateway.clients import Record
from gateway.forms import Form
from gateway.pages import Who, page
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.errors import NotFound

_MOST = "100"


async def teams(visit: Visit) -> Response:
    """All teams with their people; those out of use stand last."""
    return await _teams(visit)


async def create_team(visit: Visit) -> Response:
    """A new team; its key is made from the name."""
    name = visit.form.text("name")
    key = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "team"
    try:
        await visit.services.rights.create_team(
            visit.caller, {"key": key, "name": name}, visit.form.submission_id
        )
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, names={"/key": "name"}, also=(403,))
        return await _teams(visit, "", form)
    return visit.see("/admin/teams", done="saved")


async def edit_team(visit: Visit, team_id: str) -> Response:
    """Another name."""
    return await _changed(visit, team_id, visit.form.some("name"))


async def switch_team(visit: Visit, team_id: str) -> Response:
    """Let it get tickets, or no longer; what it has it keeps."""
    return await _changed(visit, team_id, {"is_active": visit.form.text("is_active") == "true"})


async def _changed(visit: Visit, team_id: str, command: Record) -> Response:
    version = visit.form.text("version")
    try:
        await visit.services.rights.edit_team(visit.caller, team_id, command, version)
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, also=(403,))
        return await _teams(visit, team_id, form)
    return visit.see("/admin/teams", done="saved")


async def _teams(visit: Visit, failed: str | None = None, form: Form | None = None) -> Response:
    """The page; `failed` names the team whose form came back, an empty one the new team's."""
    if not visit.may("team.edit"):
        raise NotFound
    found, counted = await asyncio.gather(visit.services.rights.teams(visit.caller), counts(visit))
    people = await asyncio.gather(*(_members(visit, team["id"]) for team in found))
    forms = {team["id"]: Form.filled(name=team["name"]) for team in found} | {"": Form()}
    if failed is not None and form and failed in forms:
        forms[failed] = form
    return console_page(
        visit,
        "admin/teams.html",
        form.status if form else 200,
        counted=counted,
        teams=list(zip(found, people, strict=True)),
        forms=forms,
        failed=failed,
        problem=form,
    )


async def _members(visit: Visit, team_id: str) -> list[Record]:
    """The people of a team; nobody for those who may not see people."""
    if not visit.may("user.read"):
        return []
    filters = {"team": team_id, "kind": "staff", "is_active": "true", "limit": _MOST}
    return (await visit.services.identity.people(visit.caller, filters)).items


_TEAM = "/admin/teams/{team_id}"
ROUTES = (
    page("/admin/teams", get=teams, post=create_team, who=Who.STAFF),
    page(_TEAM, post=edit_team, who=Who.STAFF),
    page(_TEAM + "/switch", post=switch_team, who=Who.STAFF),
)

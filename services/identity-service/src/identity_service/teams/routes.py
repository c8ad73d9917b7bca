"""Teams over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from identity_service.dependencies import AuditBy, Staff
from identity_service.teams import handlers, queries
from identity_service.teams.domain import Team
from identity_service.teams.schemas import CreateTeam, EditTeam, TeamFilter, TeamOut, TeamPage
from shared.auth import Actor
from shared.dependencies import ExpectedVersion, Once, Permitted, Reader, Tx, etag
from shared.idempotency import Answer
from shared.permissions import Permission

router = APIRouter(tags=["teams"])

TeamEditor = Annotated[Actor, Depends(Permitted(Permission.TEAM_EDIT))]


@router.get("/teams")
async def list_teams(_: Staff, connection: Reader, wanted: TeamFilter) -> TeamPage:
    teams, following = await queries.teams_page(connection, wanted)
    return TeamPage(items=[team_out(team) for team in teams], next=following)


@router.post("/teams", status_code=201, response_model=TeamOut)
async def create_team(
    _: TeamEditor, by: AuditBy, tx: Tx, command: CreateTeam, once: Once
) -> Response:
    async def create() -> Answer:
        team = await handlers.create_team(tx, by, command)
        return Answer(
            team_out(team),
            headers={"Location": f"/teams/{team.id}", "ETag": etag(team.version)},
        )

    return await once.run(create)


@router.patch("/teams/{team_id}")
async def edit_team(
    _: TeamEditor,
    by: AuditBy,
    tx: Tx,
    team_id: UUID,
    command: EditTeam,
    expected: ExpectedVersion,
    response: Response,
) -> TeamOut:
    team = await handlers.edit_team(tx, by, team_id, command, expected)
    response.headers["ETag"] = etag(team.version)
    return team_out(team)


def team_out(team: Team) -> TeamOut:
    """A team as an answer."""
    return TeamOut.model_validate(team, from_attributes=True)

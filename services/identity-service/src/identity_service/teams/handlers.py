"""Making and changing teams."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.teams import queries
from identity_service.teams.domain import Team, TeamChangedMeanwhile, TeamExists, TeamNotFound
from identity_service.teams.schemas import CreateTeam, EditTeam
from shared import outbox
from shared.db import Tx
from shared.events.base import Event
from shared.events.identity import TeamCreated, TeamSnapshot, TeamUpdated
from shared.ids import derived_id


async def create_team(tx: Tx, by: By, command: CreateTeam) -> Team:
    """Add a team."""
    team = Team(derived_id("team", command.key), 1, command.key, command.name, is_active=True)
    if not await queries.insert_team(tx, team):
        raise TeamExists(key=command.key)
    await outbox.add(tx, team.id, team.version, TeamCreated(team=team.facts()))
    target = Target("team", team.id, team.key)
    await audit.record(tx, by, Action.TEAM_CREATED, target=target, after={"label": team.name})
    return team


async def edit_team(tx: Tx, by: By, team_id: UUID, command: EditTeam, expected: int | None) -> Team:
    """Rename a team, or take it out of use or back."""
    team = await queries.lock_team(tx, team_id)
    if team is None:
        raise TeamNotFound
    if expected not in (None, team.version):
        raise TeamChangedMeanwhile(version=team.version)
    wanted = replace(team, **{k: v for k, v in command.given().items() if v is not None})
    if wanted == team:
        return team
    saved = await queries.save_team(tx, wanted)
    await outbox.add(tx, saved.id, saved.version, TeamUpdated(team=saved.facts()))
    await audit.record(
        tx,
        by,
        Action.TEAM_CHANGED,
        target=Target("team", team.id, team.key),
        before={"label": team.name, "is_active": team.is_active},
        after={"label": saved.name, "is_active": saved.is_active},
    )
    return saved


async def team_snapshots(tx: Tx) -> AsyncIterator[tuple[UUID, int, Event]]:
    """The full state of every team."""
    async for team in queries.teams_for_snapshot(tx):
        yield team.id, team.version, TeamSnapshot(team=team.facts())

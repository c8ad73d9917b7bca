"""All SQL of teams."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from uuid import UUID

from identity_service.teams.domain import Team
from identity_service.teams.schemas import ListTeams
from shared.db import Row, Tx
from shared.paging import cut, decode_cursor


async def teams_page(connection: Tx, wanted: ListTeams) -> tuple[list[Team], str | None]:
    """A page of teams by key, and the cursor of the next."""
    (after,) = decode_cursor(wanted.cursor, str) or ("",)
    rows = await connection.fetch(
        "SELECT * FROM team WHERE key > $1 ORDER BY key LIMIT $2", after, wanted.limit + 1
    )
    page, following = cut(rows, wanted.limit, lambda row: (row["key"],))
    return [_team(row) for row in page], following


async def teams_by_id(connection: Tx, team_ids: Sequence[UUID]) -> list[Team]:
    """These teams, in use or not, by key."""
    rows = await connection.fetch(
        "SELECT * FROM team WHERE id = ANY($1) ORDER BY key", list(team_ids)
    )
    return [_team(row) for row in rows]


async def active_teams(connection: Tx, team_ids: Sequence[UUID]) -> list[Team]:
    """Those of these teams that are in use."""
    return [team for team in await teams_by_id(connection, team_ids) if team.is_active]


async def lock_team(tx: Tx, team_id: UUID) -> Team | None:
    """One team, locked until the transaction ends."""
    row = await tx.fetchrow("SELECT * FROM team WHERE id = $1 FOR NO KEY UPDATE", team_id)
    return _team(row) if row else None


async def insert_team(tx: Tx, team: Team) -> bool:
    """Store a new team; False when the key is taken."""
    inserted = await tx.fetchval(
        """
        INSERT INTO team (id, version, key, name, is_active) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING RETURNING true
        """,
        team.id,
        team.version,
        team.key,
        team.name,
        team.is_active,
    )
    return bool(inserted)


async def save_team(tx: Tx, team: Team) -> Team:
    """Store what can change of a locked team as its next version."""
    version: int = await tx.fetchval(
        """
        UPDATE team SET version = version + 1, name = $2, is_active = $3 WHERE id = $1
        RETURNING version
        """,
        team.id,
        team.name,
        team.is_active,
    )
    return replace(team, version=version)


async def teams_for_snapshot(tx: Tx) -> AsyncIterator[Team]:
    """Every team."""
    async for row in tx.cursor("SELECT * FROM team ORDER BY id"):
        yield _team(row)


def _team(row: Row) -> Team:
    return Team(**row)

"""All SQL of the copies of people and teams; figures need names, never addresses."""

from uuid import UUID

from shared.db import Tx
from shared.events.identity import TeamFacts, UserFacts


async def upsert_person(tx: Tx, user: UserFacts) -> None:
    """Keep what is now true of a person."""
    await tx.execute(
        """
        INSERT INTO person (id, kind, role, name, team_ids, is_active)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (id) DO UPDATE SET kind = $2, role = $3, name = $4, team_ids = $5,
            is_active = $6
        """,
        user.id,
        user.kind,
        user.role,
        user.name,
        list(user.team_ids),
        user.is_active,
    )


async def erase_person(tx: Tx, user_id: UUID) -> None:
    """Forget who a person was."""
    await tx.execute(
        "UPDATE person SET name = '', team_ids = '{}', is_active = false WHERE id = $1", user_id
    )


async def upsert_team(tx: Tx, team: TeamFacts) -> None:
    """Keep what is now true of a team."""
    await tx.execute(
        """
        INSERT INTO team (id, key, name, is_active) VALUES ($1, $2, $3, $4)
        ON CONFLICT (id) DO UPDATE SET key = $2, name = $3, is_active = $4
        """,
        team.id,
        team.key,
        team.name,
        team.is_active,
    )

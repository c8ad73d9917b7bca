"""All SQL of the copies of people and teams."""

from collections.abc import Sequence
from uuid import UUID

from shared.db import Tx
from shared.events.identity import TeamFacts, UserFacts


async def upsert_contact(tx: Tx, user: UserFacts) -> None:
    """Keep what is now true of a person."""
    await tx.execute(
        """
        INSERT INTO contact (id, kind, name, email, language, time_zone, is_active,
                             is_email_verified, team_ids, muted, quiet_from, quiet_to)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (id) DO UPDATE SET kind = $2, name = $3, email = $4, language = $5,
            time_zone = $6, is_active = $7, is_email_verified = $8, team_ids = $9, muted = $10,
            quiet_from = $11, quiet_to = $12
        """,
        user.id,
        user.kind,
        user.name,
        user.email,
        user.language,
        user.time_zone,
        user.is_active,
        user.is_email_verified,
        list(user.team_ids),
        list(user.muted),
        user.quiet_from,
        user.quiet_to,
    )


async def erase_contact(tx: Tx, user_id: UUID) -> None:
    """Forget who a person was; what was sent keeps the id."""
    await tx.execute(
        """
        UPDATE contact SET name = '', email = '', is_active = false, is_email_verified = false,
            team_ids = '{}'
        WHERE id = $1
        """,
        user_id,
    )


async def erased_among(connection: Tx, user_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the people who were erased: everybody else has a name."""
    rows = await connection.fetch(
        "SELECT id FROM contact WHERE id = ANY($1::uuid[]) AND name = ''", list(user_ids)
    )
    return [row["id"] for row in rows]


async def upsert_team(tx: Tx, team: TeamFacts) -> None:
    """Keep what is now true of a team."""
    await tx.execute(
        """
        INSERT INTO team (id, name, is_active) VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET name = $2, is_active = $3
        """,
        team.id,
        team.name,
        team.is_active,
    )


async def language_of(connection: Tx, user_id: UUID) -> str:
    """The language a person reads; Indonesian while we have not heard of them."""
    return await connection.fetchval("SELECT language FROM contact WHERE id = $1", user_id) or "id"

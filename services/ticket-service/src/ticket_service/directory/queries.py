"""All SQL of the copies of people, teams, areas and lines."""

from collections.abc import Sequence
from uuid import UUID

from shared.db import Row, Tx
from shared.events.identity import (
    AreaFacts,
    LineFacts,
    OrganisationFacts,
    TeamFacts,
    UserFacts,
)


async def upsert_person(tx: Tx, user: UserFacts) -> None:
    """Keep what is now true of a person."""
    await tx.execute(
        """
        INSERT INTO person (id, kind, role, name, email, phone, team_ids, is_active, avatar_id,
                            organisation_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (id) DO UPDATE SET kind = $2, role = $3, name = $4, email = $5, phone = $6,
            team_ids = $7, is_active = $8, avatar_id = $9, organisation_id = $10
        """,
        user.id,
        user.kind,
        user.role,
        user.name,
        user.email,
        user.phone,
        list(user.team_ids),
        user.is_active,
        user.avatar_id,
        user.organisation_id,
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


async def upsert_organisation(tx: Tx, organisation: OrganisationFacts) -> None:
    """Keep what is now true of an organisation."""
    await tx.execute(
        """
        INSERT INTO organisation (id, name, is_active) VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET name = $2, is_active = $3
        """,
        organisation.id,
        organisation.name,
        organisation.is_active,
    )


async def upsert_area(tx: Tx, area: AreaFacts) -> None:
    """Keep what is now true of a node of the network tree."""
    await tx.execute(
        """
        INSERT INTO area (id, key, kind, name, path, is_active) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (id) DO UPDATE SET key = $2, kind = $3, name = $4, path = $5, is_active = $6
        """,
        area.id,
        area.key,
        area.kind,
        area.name,
        list(area.path),
        area.is_active,
    )


async def upsert_line(tx: Tx, line: LineFacts) -> None:
    """Keep what is now true of a service line."""
    await tx.execute(
        """
        INSERT INTO service_line (id, number, user_id, plan, address, area_id, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (id) DO UPDATE SET number = $2, user_id = $3, plan = $4, address = $5,
            area_id = $6, state = $7
        """,
        line.id,
        line.number,
        line.user_id,
        line.plan,
        line.address,
        line.area_id,
        line.state,
    )


async def name_of(connection: Tx, user_id: UUID) -> str:
    """A person's name, or an empty text when we have not heard of them yet."""
    return await connection.fetchval("SELECT name FROM person WHERE id = $1", user_id) or ""


async def organisation_of(connection: Tx, user_id: UUID) -> UUID | None:
    """The organisation that a person belongs to now."""
    found: UUID | None = await connection.fetchval(
        "SELECT organisation_id FROM person WHERE id = $1", user_id
    )
    return found


async def is_customer(connection: Tx, user_id: UUID) -> bool:
    """Whether this is an active customer."""
    found = await connection.fetchval(
        "SELECT true FROM person WHERE id = $1 AND kind = 'customer' AND is_active",
        user_id,
    )
    return bool(found)


async def active_staff_name(connection: Tx, user_id: UUID) -> str | None:
    """The name of an active employee, or None."""
    name: str | None = await connection.fetchval(
        "SELECT name FROM person WHERE id = $1 AND kind = 'staff' AND is_active",
        user_id,
    )
    return name


async def active_staff_among(connection: Tx, user_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the ids that are active employees."""
    rows = await connection.fetch(
        "SELECT id FROM person WHERE id = ANY($1) AND kind = 'staff' AND is_active ORDER BY id",
        list(user_ids),
    )
    return [row["id"] for row in rows]


async def active_team_name(connection: Tx, team_id: UUID) -> str | None:
    """The name of an active team, or None."""
    name: str | None = await connection.fetchval(
        "SELECT name FROM team WHERE id = $1 AND is_active", team_id
    )
    return name


async def active_staff(connection: Tx, limit: int) -> list[Row]:
    """Active employees by name: `id, name, role, team_ids`."""
    return await connection.fetch(
        """
        SELECT id, name, role, team_ids FROM person
        WHERE kind = 'staff' AND is_active ORDER BY name, id LIMIT $1
        """,
        limit,
    )

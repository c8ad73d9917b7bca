"""All SQL of one's own data."""

from typing import Any
from uuid import UUID

from shared.db import Tx

Record = dict[str, Any]
_MOST = 5_000


async def account(connection: Tx, user_id: UUID) -> Record:
    """The person's own row, with the name of their organisation."""
    row = await connection.fetchrow(
        """
        SELECT u.id, u.kind, u.role, u.name, u.email, u.is_email_verified, u.phone,
               u.is_phone_verified, u.language, u.time_zone, u.team_ids, u.muted, u.quiet_from,
               u.quiet_to, u.is_active, u.created_at, o.name AS organisation, u.membership,
               (SELECT changed_at FROM credential c WHERE c.user_id = u.id) AS password_changed_at
        FROM app_user u LEFT JOIN organisation o ON o.id = u.organisation_id WHERE u.id = $1
        """,
        user_id,
    )
    return dict(row) if row else {}


async def service_lines(connection: Tx, user_id: UUID) -> list[Record]:
    """The person's connections."""
    rows = await connection.fetch(
        """
        SELECT l.number, l.plan, l.address, l.latitude, l.longitude, l.state, a.name AS area
        FROM service_line l LEFT JOIN area a ON a.id = l.area_id
        WHERE l.user_id = $1 ORDER BY l.number
        """,
        user_id,
    )
    return [dict(row) for row in rows]


async def sessions(connection: Tx, user_id: UUID) -> list[Record]:
    """Where the person is logged in."""
    rows = await connection.fetch(
        """
        SELECT created_at, last_seen_at, expires_at, client_address, client_agent FROM session
        WHERE user_id = $1 ORDER BY created_at
        """,
        user_id,
    )
    return [dict(row) for row in rows]


async def devices(connection: Tx, user_id: UUID) -> list[Record]:
    """The passkeys of the person, and since when a second step is on."""
    rows = await connection.fetch(
        """
        SELECT 'passkey' AS kind, name, created_at FROM passkey WHERE user_id = $1
        UNION ALL
        SELECT 'second_factor', '', confirmed_at FROM second_factor
        WHERE user_id = $1 AND confirmed_at IS NOT NULL
        ORDER BY created_at
        """,
        user_id,
    )
    return [dict(row) for row in rows]


async def api_keys(connection: Tx, user_id: UUID) -> list[Record]:
    """The keys that act for the person."""
    rows = await connection.fetch(
        """
        SELECT name, prefix, scopes, is_read_only, networks::text[] AS networks, created_at,
               expires_at, last_used_at, revoked_at
        FROM api_key WHERE user_id = $1 ORDER BY created_at
        """,
        user_id,
    )
    return [dict(row) for row in rows]


async def links(connection: Tx, user_id: UUID) -> list[Record]:
    """Which links the person was sent, as far back as they are kept."""
    rows = await connection.fetch(
        """
        SELECT purpose, created_at, expires_at, used_at, revoked_at FROM link
        WHERE user_id = $1 ORDER BY created_at LIMIT $2
        """,
        user_id,
        _MOST,
    )
    return [dict(row) for row in rows]


async def activity(connection: Tx, user_id: UUID) -> list[Record]:
    """What the audit log says that the person did or had done to their account, the newest first.

    Where others asked from is their data and not in it.
    """
    rows = await connection.fetch(
        """
        SELECT occurred_at, action, actor_id = $1 AS is_own,
               CASE WHEN actor_id = $1 THEN client_address END AS client_address,
               CASE WHEN actor_id = $1 THEN client_agent END AS client_agent
        FROM (SELECT * FROM audit_entry WHERE actor_id = $1
              UNION SELECT * FROM audit_entry WHERE target_id = $1) e
        ORDER BY occurred_at DESC, id DESC LIMIT $2
        """,
        user_id,
        _MOST,
    )
    return [dict(row) for row in rows]

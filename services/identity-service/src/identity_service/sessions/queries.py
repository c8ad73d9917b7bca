"""All SQL of sessions."""

from datetime import datetime, timedelta
from uuid import UUID

from identity_service.limits.domain import Visitor
from identity_service.sessions.domain import LogInTry, SessionTimes
from identity_service.users.schemas import Named
from shared.db import Row, Tx


async def log_in_try(connection: Tx, named: Named) -> LogInTry:
    """What the password of whoever has this address, or has proven this number, is checked against."""
    row = await connection.fetchrow(
        """
        SELECT u.id AS user_id, u.email, coalesce(
            c.password_hash,
            (SELECT r.password_hash FROM registration r
             WHERE r.user_id = u.id AND r.expires_at > now() AND NOT u.is_email_verified
             ORDER BY r.created_at DESC LIMIT 1)) AS password_hash
        FROM app_user u LEFT JOIN credential c ON c.user_id = u.id
        WHERE u.email = $1 OR (u.phone = $2 AND u.is_phone_verified)
        """,
        named.email,
        named.phone,
    )
    return LogInTry(**dict(row)) if row else LogInTry()


async def insert_session(
    tx: Tx, session_id: UUID, user_id: UUID, token_hash: bytes, lifetime: timedelta, by: Visitor
) -> datetime:
    """Begin a session; returns when it ends at the latest."""
    expires_at: datetime = await tx.fetchval(
        """
        INSERT INTO session (id, user_id, token_hash, expires_at, client_address, client_agent)
        VALUES ($1, $2, $3, now() + $4::interval, $5, $6) RETURNING expires_at
        """,
        session_id,
        user_id,
        token_hash,
        lifetime,
        by.address,
        by.agent,
    )
    return expires_at


async def resolve_session(connection: Tx, token_hash: bytes, times: SessionTimes) -> Row | None:
    """Whose session this is and what they may do. Notes that it was seen, once a minute at most."""
    return await connection.fetchrow(
        """
        WITH found AS (
            SELECT s.id AS session_id, s.expires_at, s.last_seen_at, u.id, u.kind, u.role, u.name,
                   u.email, u.language, u.time_zone, u.avatar_id, r.permissions, u.team_ids,
                   r.label AS role_label, o.id AS organisation_id, o.name AS organisation_name,
                   u.membership, i.id AS impersonator_id, i.name AS impersonator_name,
                   EXISTS (SELECT FROM second_factor f
                           WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL) AS has_second_factor
            FROM session s
            JOIN app_user u ON u.id = s.user_id
            JOIN role r ON r.name = u.role
            LEFT JOIN organisation o ON o.id = u.organisation_id AND o.is_active
            LEFT JOIN app_user i ON i.id = s.impersonator_id AND i.is_active
            LEFT JOIN role ir ON ir.name = i.role
            LEFT JOIN session p ON p.id = s.parent_id
            WHERE s.token_hash = $1 AND s.expires_at > now() AND u.is_active
              AND (s.impersonator_id IS NULL
                   OR 'user.impersonate' = ANY(ir.permissions) AND p.expires_at > now())
              AND s.last_seen_at > now() -
                  CASE u.kind WHEN 'customer' THEN $2::interval ELSE $3::interval END
        ), seen AS (
            UPDATE session SET last_seen_at = now() FROM found
            WHERE session.id = found.session_id
              AND found.last_seen_at < now() - interval '1 minute'
        )
        SELECT * FROM found
        """,
        token_hash,
        times.customer_idle,
        times.staff_idle,
    )


async def sessions_of(connection: Tx, user_id: UUID, idle: timedelta) -> list[Row]:
    """A person's sessions that still hold, the one that was seen last first."""
    return await connection.fetch(
        """
        SELECT id, created_at, last_seen_at, expires_at, client_address, client_agent,
               impersonator_id IS NOT NULL AS is_impersonation
        FROM session
        WHERE user_id = $1 AND expires_at > now() AND last_seen_at > now() - $2::interval
        ORDER BY last_seen_at DESC, id LIMIT 100
        """,
        user_id,
        idle,
    )


async def delete_own_session(tx: Tx, user_id: UUID, session_id: UUID) -> bool:
    """End one session of a person; False when they have none of this id."""
    deleted = await tx.fetchval(
        "DELETE FROM session WHERE user_id = $1 AND id = $2 RETURNING true", user_id, session_id
    )
    return bool(deleted)


async def delete_other_sessions(tx: Tx, user_id: UUID, kept: UUID | None) -> None:
    """End every session of a person but this one."""
    await tx.execute(
        "DELETE FROM session WHERE user_id = $1 AND id IS DISTINCT FROM $2", user_id, kept
    )


async def delete_session(tx: Tx, token_hash: bytes) -> Row | None:
    """End one session; gives its id and whose it was."""
    return await tx.fetchrow(
        """
        DELETE FROM session s USING app_user u WHERE s.token_hash = $1 AND u.id = s.user_id
        RETURNING s.id, s.user_id, s.impersonator_id, u.kind
        """,
        token_hash,
    )


async def delete_sessions_of(tx: Tx, user_id: UUID) -> None:
    """End every session of a person."""
    await tx.execute("DELETE FROM session WHERE user_id = $1", user_id)


async def delete_expired_sessions(tx: Tx, times: SessionTimes) -> None:
    """Delete what nobody can use any more, a bounded number at a time."""
    longest_idle = max(times.customer_idle, times.staff_idle)
    await tx.execute(
        """
        DELETE FROM session WHERE id = ANY(ARRAY(
            SELECT id FROM session
            WHERE expires_at < now() OR last_seen_at < now() - $1::interval LIMIT 5000))
        """,
        longest_idle,
    )

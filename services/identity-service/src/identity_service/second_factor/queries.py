"""All SQL of second factors, recovery codes and log-ins that wait for one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from identity_service.second_factor.domain import SecondFactor
from shared.db import Row, Tx


async def second_factor_of(connection: Tx, user_id: UUID) -> SecondFactor | None:
    """A person's app, set up or about to be."""
    row = await connection.fetchrow(
        """
        SELECT sealed_secret, created_at, confirmed_at, last_step, begun_by FROM second_factor
        WHERE user_id = $1
        """,
        user_id,
    )
    return SecondFactor(**row) if row else None


async def lock_second_factor(tx: Tx, user_id: UUID) -> SecondFactor | None:
    """A person's app, locked, so that of two equal codes at once one is right."""
    row = await tx.fetchrow(
        """
        SELECT sealed_secret, created_at, confirmed_at, last_step, begun_by FROM second_factor
        WHERE user_id = $1 FOR UPDATE
        """,
        user_id,
    )
    return SecondFactor(**row) if row else None


async def is_on(connection: Tx, user_id: UUID) -> bool:
    """Whether a person's log-in needs a second step."""
    found = await connection.fetchval(
        "SELECT true FROM second_factor WHERE user_id = $1 AND confirmed_at IS NOT NULL", user_id
    )
    return bool(found)


async def save_unproven_secret(
    tx: Tx, user_id: UUID, sealed_secret: bytes, begun_by: UUID | None, kept: timedelta
) -> None:
    """Store a secret to be proven by this session, unless it has a young one.

    Never over one that is in use.
    """
    await tx.execute(
        """
        INSERT INTO second_factor AS f (user_id, sealed_secret, begun_by) VALUES ($1, $2, $3)
        ON CONFLICT (user_id) DO UPDATE SET sealed_secret = $2, begun_by = $3, created_at = now()
        WHERE f.confirmed_at IS NULL
          AND (f.begun_by IS DISTINCT FROM $3 OR f.created_at < now() - $4::interval)
        """,
        user_id,
        sealed_secret,
        begun_by,
        kept,
    )


async def confirm(tx: Tx, user_id: UUID, step: int) -> None:
    """From now on codes are asked for."""
    await tx.execute(
        "UPDATE second_factor SET confirmed_at = now(), last_step = $2 WHERE user_id = $1",
        user_id,
        step,
    )


async def use_step(tx: Tx, user_id: UUID, step: int) -> None:
    """Use up this code and those before it."""
    await tx.execute("UPDATE second_factor SET last_step = $2 WHERE user_id = $1", user_id, step)


async def delete_second_factor(tx: Tx, user_id: UUID) -> bool:
    """Remove app and recovery codes; False where there was no app in use."""
    confirmed = await tx.fetchval(
        """
        DELETE FROM second_factor WHERE user_id = $1 RETURNING confirmed_at IS NOT NULL
        """,
        user_id,
    )
    return bool(confirmed)


async def delete_second_factor_since(tx: Tx, user_id: UUID, since: datetime) -> None:
    """Remove an app that was set up since a moment, or is about to be."""
    await tx.execute(
        "DELETE FROM second_factor WHERE user_id = $1 AND coalesce(confirmed_at, now()) >= $2",
        user_id,
        since,
    )


async def delete_pending_of(tx: Tx, user_id: UUID) -> None:
    """Let nobody wait for a code of this person any more."""
    await tx.execute("DELETE FROM pending_log_in WHERE user_id = $1", user_id)


async def replace_recovery_codes(tx: Tx, user_id: UUID, hashes: Mapping[str, str]) -> None:
    """New codes, by place; the old ones are good for nothing."""
    await tx.execute("DELETE FROM recovery_code WHERE user_id = $1", user_id)
    await tx.execute(
        """
        INSERT INTO recovery_code (user_id, place, code_hash)
        SELECT $1, place, code_hash FROM unnest($2::text[], $3::text[]) AS n (place, code_hash)
        """,
        user_id,
        list(hashes),
        list(hashes.values()),
    )


async def recovery_hash(connection: Tx, user_id: UUID, place: str) -> str | None:
    """What a recovery code is compared with; None where it was used."""
    found: str | None = await connection.fetchval(
        """
        SELECT code_hash FROM recovery_code WHERE user_id = $1 AND place = $2 AND used_at IS NULL
        """,
        user_id,
        place,
    )
    return found


async def use_recovery_code(tx: Tx, user_id: UUID, place: str, code_hash: str) -> bool:
    """Use a recovery code up; False when that happened meanwhile."""
    used = await tx.fetchval(
        """
        UPDATE recovery_code SET used_at = now()
        WHERE user_id = $1 AND place = $2 AND code_hash = $3 AND used_at IS NULL RETURNING true
        """,
        user_id,
        place,
        code_hash,
    )
    return bool(used)


async def recovery_codes_left(connection: Tx, user_id: UUID) -> int:
    """How many recovery codes a person can still use."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM recovery_code WHERE user_id = $1 AND used_at IS NULL", user_id
    )
    return count


async def insert_pending(tx: Tx, token_hash: bytes, user_id: UUID, lifetime: timedelta) -> datetime:
    """Note that somebody knew the password; returns until when the code may come."""
    expires_at: datetime = await tx.fetchval(
        """
        INSERT INTO pending_log_in (token_hash, user_id, expires_at)
        VALUES ($1, $2, now() + $3::interval) RETURNING expires_at
        """,
        token_hash,
        user_id,
        lifetime,
    )
    return expires_at


async def owner_of_pending(connection: Tx, token_hash: bytes) -> UUID | None:
    """Whose log-in waits; one from before the password was changed waits in vain."""
    row: Row | None = await connection.fetchrow(
        """
        SELECT p.user_id FROM pending_log_in p JOIN credential c ON c.user_id = p.user_id
        WHERE p.token_hash = $1 AND p.expires_at > now() AND c.changed_at <= p.created_at
        """,
        token_hash,
    )
    return row["user_id"] if row else None


async def delete_pending(tx: Tx, token_hash: bytes) -> bool:
    """End the waiting, once; False where it ended meanwhile, by time or by another password."""
    deleted = await tx.fetchval(
        """
        DELETE FROM pending_log_in p USING credential c
        WHERE p.token_hash = $1 AND p.expires_at > now()
          AND c.user_id = p.user_id AND c.changed_at <= p.created_at
        RETURNING true
        """,
        token_hash,
    )
    return bool(deleted)


async def delete_expired_pending(tx: Tx) -> None:
    """Delete what nobody waits for any more, a bounded number at a time."""
    await tx.execute(
        """
        DELETE FROM pending_log_in WHERE token_hash = ANY(ARRAY(
            SELECT token_hash FROM pending_log_in WHERE expires_at < now() LIMIT 5000))
        """
    )

"""All SQL of registrations."""

from dataclasses import fields
from datetime import timedelta
from uuid import UUID

from identity_service.registrations.domain import Registration
from identity_service.registrations.schemas import Register
from shared.db import Tx


async def insert_registration(
    tx: Tx, registration_id: UUID, user_id: UUID, command: Register, hashed: str, life: timedelta
) -> None:
    """Keep what one person typed."""
    await tx.execute(
        """
        INSERT INTO registration (id, user_id, name, phone, language, password_hash, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, now() + $7::interval)
        """,
        registration_id,
        user_id,
        command.name,
        command.phone,
        command.language,
        hashed,
        life,
    )


async def keep_registrations_waiting(tx: Tx, user_id: UUID, life: timedelta) -> None:
    """Let all of an address wait as long as the newest: one that outlived the others would be alone."""
    await tx.execute(
        """
        UPDATE registration SET expires_at = now() + $2::interval
        WHERE user_id = $1 AND expires_at > now()
        """,
        user_id,
        life,
    )


async def open_registrations(connection: Tx, user_id: UUID) -> list[Registration]:
    """What waits for the proof of an address, newest first."""
    rows = await connection.fetch(
        """
        SELECT id, user_id, name, phone, language, password_hash, created_at FROM registration
        WHERE user_id = $1 AND expires_at > now() ORDER BY created_at DESC, id DESC
        """,
        user_id,
    )
    return [Registration(**{f.name: row[f.name] for f in fields(Registration)}) for row in rows]


async def keep_newest_registrations(tx: Tx, user_id: UUID, kept: int) -> None:
    """Forget all but the newest ones of an address."""
    await tx.execute(
        """
        DELETE FROM registration WHERE user_id = $1 AND id NOT IN (
            SELECT id FROM registration WHERE user_id = $1
            ORDER BY created_at DESC, id DESC LIMIT $2)
        """,
        user_id,
        kept,
    )


async def delete_registrations_of(tx: Tx, user_id: UUID) -> None:
    """Forget everything that was typed for an address."""
    await tx.execute("DELETE FROM registration WHERE user_id = $1", user_id)


async def delete_expired_registrations(tx: Tx) -> None:
    """Delete what can no longer count, a bounded number at a time."""
    await tx.execute(
        """
        DELETE FROM registration WHERE id = ANY(ARRAY(
            SELECT id FROM registration WHERE expires_at < now() LIMIT 5000))
        """
    )

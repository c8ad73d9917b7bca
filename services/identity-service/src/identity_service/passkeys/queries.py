"""All SQL of passkeys and of what is to be signed with them."""

from datetime import datetime, timedelta
from uuid import UUID

from identity_service.passkeys.domain import KnownKey, NewKey, Passkey
from shared.db import Tx


async def passkeys_of(connection: Tx, user_id: UUID) -> list[Passkey]:
    """A person's passkeys, the oldest first."""
    rows = await connection.fetch(
        """
        SELECT id, name, is_synced, created_at, last_used_at FROM passkey
        WHERE user_id = $1 ORDER BY created_at, id
        """,
        user_id,
    )
    return [Passkey(**row) for row in rows]


async def credential_ids_of(connection: Tx, user_id: UUID) -> list[bytes]:
    """How authenticators call a person's passkeys."""
    rows = await connection.fetch("SELECT credential_id FROM passkey WHERE user_id = $1", user_id)
    return [row["credential_id"] for row in rows]


async def key_by_credential(connection: Tx, credential_id: bytes) -> KnownKey | None:
    """The passkey that an authenticator calls so."""
    row = await connection.fetchrow(
        "SELECT id, user_id, public_key, sign_count FROM passkey WHERE credential_id = $1",
        credential_id,
    )
    return KnownKey(**row) if row else None


async def insert_passkey(tx: Tx, passkey_id: UUID, user_id: UUID, name: str, key: NewKey) -> bool:
    """Store a new passkey; False where somebody has it."""
    inserted = await tx.fetchval(
        """
        INSERT INTO passkey (id, user_id, credential_id, public_key, sign_count, name, is_synced)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING true
        """,
        passkey_id,
        user_id,
        key.credential_id,
        key.public_key,
        key.sign_count,
        name,
        key.is_synced,
    )
    return bool(inserted)


async def note_use(tx: Tx, passkey_id: UUID, sign_count: int) -> None:
    """Note that somebody logged in with it."""
    await tx.execute(
        "UPDATE passkey SET sign_count = $2, last_used_at = now() WHERE id = $1",
        passkey_id,
        sign_count,
    )


async def rename_passkey(tx: Tx, user_id: UUID, passkey_id: UUID, name: str) -> Passkey | None:
    """Give one of a person's passkeys another name; None where they have no such."""
    row = await tx.fetchrow(
        """
        UPDATE passkey SET name = $3 WHERE user_id = $1 AND id = $2
        RETURNING id, name, is_synced, created_at, last_used_at
        """,
        user_id,
        passkey_id,
        name,
    )
    return Passkey(**row) if row else None


async def delete_passkey(tx: Tx, user_id: UUID, passkey_id: UUID) -> bool:
    """Remove one of a person's passkeys; False where they have no such."""
    deleted = await tx.fetchval(
        "DELETE FROM passkey WHERE user_id = $1 AND id = $2 RETURNING true", user_id, passkey_id
    )
    return bool(deleted)


async def delete_passkeys_since(tx: Tx, user_id: UUID, since: datetime) -> None:
    """Remove what was added since a moment, and what was about to be."""
    await tx.execute("DELETE FROM passkey WHERE user_id = $1 AND created_at >= $2", user_id, since)
    await tx.execute("DELETE FROM passkey_challenge WHERE user_id = $1", user_id)


async def insert_challenge(
    tx: Tx, challenge_hash: bytes, user_id: UUID | None, lifetime: timedelta
) -> None:
    """Note what is to be signed, and by whom if that is known."""
    await tx.execute(
        """
        INSERT INTO passkey_challenge (challenge_hash, user_id, expires_at)
        VALUES ($1, $2, now() + $3::interval)
        """,
        challenge_hash,
        user_id,
        lifetime,
    )


async def use_challenge(tx: Tx, challenge_hash: bytes, user_id: UUID | None) -> bool:
    """Use a challenge up, once; False where there is none, or it is for somebody else."""
    used = await tx.fetchval(
        """
        DELETE FROM passkey_challenge
        WHERE challenge_hash = $1 AND user_id IS NOT DISTINCT FROM $2 AND expires_at > now()
        RETURNING true
        """,
        challenge_hash,
        user_id,
    )
    return bool(used)


async def delete_expired_challenges(tx: Tx) -> None:
    """Delete what nobody signed, a bounded number at a time."""
    await tx.execute(
        """
        DELETE FROM passkey_challenge WHERE challenge_hash = ANY(ARRAY(
            SELECT challenge_hash FROM passkey_challenge WHERE expires_at < now() LIMIT 5000))
        """
    )

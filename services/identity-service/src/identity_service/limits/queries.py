"""All SQL of counted tries."""

from datetime import timedelta

from shared.db import Tx


async def count_try(tx: Tx, key: bytes, window: timedelta) -> tuple[int, timedelta]:
    """Count one more; returns how many there are now and when they are forgotten.

    The row stays locked until the transaction ends, so parallel tries count one after another.
    """
    rows = await tx.fetch(
        """
        INSERT INTO try_count AS t (key, count, expires_at) VALUES ($1, 1, now() + $2::interval)
        ON CONFLICT (key) DO UPDATE SET
            count = CASE WHEN t.expires_at > now() THEN t.count + 1 ELSE 1 END,
            expires_at = CASE WHEN t.expires_at > now() THEN t.expires_at ELSE now() + $2::interval END
        RETURNING count, expires_at - now() AS forgotten_in
        """,
        key,
        window,
    )
    return rows[0]["count"], rows[0]["forgotten_in"]


async def forget_tries(tx: Tx, key: bytes) -> None:
    """Start from zero."""
    await tx.execute("DELETE FROM try_count WHERE key = $1", key)


async def give_back_try(tx: Tx, key: bytes) -> None:
    """Count one less."""
    await tx.execute("UPDATE try_count SET count = count - 1 WHERE key = $1 AND count > 0", key)


async def delete_expired_tries(tx: Tx) -> None:
    """Delete what no longer counts, a bounded number at a time."""
    await tx.execute(
        """
        DELETE FROM try_count WHERE key = ANY(ARRAY(
            SELECT key FROM try_count WHERE expires_at < now() LIMIT 5000))
        """
    )

"""All SQL of known devices."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from shared.db import Tx


async def known_marks(connection: Tx, user_id: UUID, kept: timedelta) -> set[bytes]:
    """What a person was seen with lately."""
    rows = await connection.fetch(
        """
        SELECT mark FROM known_device
        WHERE user_id = $1 AND last_seen_at > now() - $2::interval
        """,
        user_id,
        kept,
    )
    return {row["mark"] for row in rows}


async def remember_marks(tx: Tx, user_id: UUID, marks: Sequence[bytes]) -> None:
    """Note that a person was seen with these."""
    await tx.execute(
        """
        INSERT INTO known_device (user_id, mark) SELECT $1, unnest($2::bytea[])
        ON CONFLICT (user_id, mark) DO UPDATE SET last_seen_at = now()
        """,
        user_id,
        sorted(marks),
    )


async def forget_old_marks(tx: Tx, kept: timedelta) -> None:
    """Delete what nobody was seen with for long, a bounded number at a time."""
    await tx.execute(
        """
        DELETE FROM known_device WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM known_device WHERE last_seen_at < now() - $1::interval LIMIT 5000))
        """,
        kept,
    )

"""All SQL of the in-app inbox; everything is the asking person's own."""

from collections.abc import Sequence
from uuid import UUID

from shared.db import Row, Tx


async def notifications(
    connection: Tx, user_id: UUID, *, only_unread: bool, before: UUID | None, limit: int
) -> list[Row]:
    """A person's notifications, newest first, one more than `limit` where there are more."""
    return await connection.fetch(
        """
        SELECT i.id, i.rule, i.created_at, i.read_at, n.data
        FROM intent i JOIN notice n USING (event_id)
        WHERE i.channel = 'in_app' AND i.recipient_id = $1
          AND (NOT $2 OR i.state = 'delivered')
          AND i.id < coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
        ORDER BY i.id DESC LIMIT $4 + 1
        """,
        user_id,
        only_unread,
        before,
        limit,
    )


async def unread_count(connection: Tx, user_id: UUID) -> int:
    """How many of a person's notifications are unread, counted up to 1,000."""
    count: int = await connection.fetchval(
        """
        SELECT count(*) FROM (
            SELECT FROM intent
            WHERE channel = 'in_app' AND state = 'delivered' AND recipient_id = $1 LIMIT 1000) u
        """,
        user_id,
    )
    return count


async def mark_read(tx: Tx, user_id: UUID, ids: Sequence[UUID] | None) -> None:
    """Note that a person has read these notifications, or all of theirs."""
    await tx.execute(
        """
        UPDATE intent SET state = 'read', read_at = now()
        WHERE channel = 'in_app' AND state = 'delivered' AND recipient_id = $1
          AND ($2::uuid[] IS NULL OR id = ANY($2))
        """,
        user_id,
        list(ids) if ids is not None else None,
    )

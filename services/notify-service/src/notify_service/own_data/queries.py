"""All SQL of one's own messages."""

from uuid import UUID

from notify_service.own_data.schemas import OwnMessageOut
from shared.db import Tx


async def own_messages(
    connection: Tx, user_id: UUID, after: UUID | None, limit: int
) -> list[tuple[UUID, OwnMessageOut]]:
    """What a person was told after one of the messages, each with its id."""
    rows = await connection.fetch(
        """
        SELECT i.id, i.rule AS about, i.channel, n.data ->> 'number' AS ticket, i.state,
               i.created_at, i.sent_at, i.read_at
        FROM intent i JOIN notice n USING (event_id)
        WHERE i.recipient_id = $1 AND ($2::uuid IS NULL OR i.id > $2) ORDER BY i.id LIMIT $3
        """,
        user_id,
        after,
        limit,
    )
    fields = OwnMessageOut.model_fields
    return [(row["id"], OwnMessageOut(**{name: row[name] for name in fields})) for row in rows]

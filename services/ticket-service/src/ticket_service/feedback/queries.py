"""All SQL of feedback."""

from datetime import datetime
from uuid import UUID

from shared.db import Tx


async def save_feedback(
    tx: Tx, ticket_id: UUID, score: int, comment: str | None, at: datetime
) -> None:
    """Keep what was said last."""
    await tx.execute(
        """
        INSERT INTO feedback (ticket_id, score, comment, at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (ticket_id) DO UPDATE SET score = $2, comment = $3, at = $4
        """,
        ticket_id,
        score,
        comment,
        at,
    )

"""All SQL of feedback."""

from datetime import datetime
from uuid import UUID

from shared.db import Tx
from ticket_service.tickets.domain import Rated, Said


async def rated(tx: Tx, ticket_id: UUID) -> Rated:
    """What was said last about a ticket, and how many times something was."""
    row = await tx.fetchrow(
        """
        SELECT score, comment, (SELECT count(*) FROM timeline_entry
                                WHERE ticket_id = $1 AND type = 'ticket.rated') AS times
        FROM feedback WHERE ticket_id = $1
        """,
        ticket_id,
    )
    return Rated(Said(row["score"], row["comment"]), row["times"]) if row else Rated(None, 0)


async def save_feedback(tx: Tx, ticket_id: UUID, said: Said, at: datetime) -> None:
    """Keep what was said last."""
    await tx.execute(
        """
        INSERT INTO feedback (ticket_id, score, comment, at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (ticket_id) DO UPDATE SET score = $2, comment = $3, at = $4
        """,
        ticket_id,
        said.score,
        said.comment,
        at,
    )

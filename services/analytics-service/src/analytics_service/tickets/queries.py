"""All SQL of the ticket facts and of the totals beside them."""

from uuid import UUID

from shared.db import Tx
from shared.events.ticket import TicketFacts

# Writers of different tickets meet in one of so many rows per state, and seldom wait.
SLOTS = 16


async def save_fact(tx: Tx, ticket: TicketFacts, version: int) -> None:
    """Keep what is now true of a ticket; totals change in the same statement, so they cannot drift.

    The caller holds the lock of this ticket's events, so nobody else writes the row meanwhile.
    """
    await tx.execute(
        """
        WITH before AS (
            SELECT status FROM ticket_fact WHERE id = $1 AND is_counted
        ), saved AS (
            INSERT INTO ticket_fact (id, version, number, status, priority, category, channel,
                requester_id, assignee_id, team_id, area_id, created_at, first_replied_at,
                solved_at, closed_at, reopen_count, merged_into_id, is_deleted)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
            ON CONFLICT (id) DO UPDATE SET version = $2, number = $3, status = $4, priority = $5,
                category = $6, channel = $7, requester_id = $8, assignee_id = $9, team_id = $10,
                area_id = $11, created_at = $12, first_replied_at = $13, solved_at = $14,
                closed_at = $15, reopen_count = $16, merged_into_id = $17, is_deleted = $18
            RETURNING status, is_counted
        )
        INSERT INTO ticket_total AS t (status, slot, tickets)
        SELECT status, $19, sum(change) FROM (
            SELECT status, -1 AS change FROM before
            UNION ALL
            SELECT status, 1 FROM saved WHERE is_counted) c
        GROUP BY status HAVING sum(change) <> 0
        ORDER BY status -- two writers take the rows in the same order
        ON CONFLICT (status, slot) DO UPDATE SET tickets = t.tickets + excluded.tickets
        """,
        ticket.id,
        version,
        ticket.number,
        ticket.status,
        ticket.priority,
        ticket.category,
        ticket.channel,
        ticket.requester_id,
        ticket.assignee_id,
        ticket.team_id,
        ticket.area_id,
        ticket.created_at,
        ticket.first_replied_at,
        ticket.solved_at,
        ticket.closed_at,
        ticket.reopen_count,
        ticket.merged_into_id,
        ticket.is_deleted,
        ticket.id.int % SLOTS,
    )


async def save_score(tx: Tx, ticket_id: UUID, score: int | None) -> None:
    """Keep what the requester said last, of a ticket whose other facts are there."""
    await tx.execute("UPDATE ticket_fact SET score = $2 WHERE id = $1", ticket_id, score)

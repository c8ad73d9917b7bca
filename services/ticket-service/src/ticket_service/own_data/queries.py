"""All SQL of one's own data."""

from uuid import UUID

from shared.db import Row, Tx
from ticket_service.own_data.schemas import OwnPhotoOut, OwnTicketOut
from ticket_service.tickets.numbers import show_number

_MESSAGES = """
    SELECT m.ticket_id, m.created_at, m.author_kind, coalesce(p.name, '') AS author, m.body
    FROM message m LEFT JOIN person p ON p.id = m.author_id
    WHERE m.ticket_id = ANY($1::uuid[]) AND m.visibility = 'public' ORDER BY m.id
"""
_HISTORY = """
    SELECT e.ticket_id, e.at, e.type, e.actor_kind FROM timeline_entry e
    WHERE e.ticket_id = ANY($1::uuid[]) AND e.visibility = 'public' ORDER BY e.version
"""
_PHOTOS = """
    SELECT a.ticket_id, a.id, a.name, a.created_at
    FROM attachment a LEFT JOIN message m ON m.id = a.message_id
    WHERE a.ticket_id = ANY($1::uuid[]) AND coalesce(m.visibility, 'public') = 'public'
      AND a.stored_at IS NOT NULL ORDER BY a.id
"""


async def own_tickets(
    connection: Tx, user_id: UUID, after: UUID | None, limit: int
) -> list[tuple[UUID, OwnTicketOut]]:
    """A person's tickets after one of them, each with its id; those that were deleted are not shown."""
    rows = await connection.fetch(
        """
        SELECT t.*, c.name_id AS category, l.number AS service_line, f.score, f.comment
        FROM ticket t JOIN category c ON c.id = t.category_id
        LEFT JOIN service_line l ON l.id = t.service_line_id
        LEFT JOIN feedback f ON f.ticket_id = t.id
        WHERE t.requester_id = $1 AND t.deleted_at IS NULL AND ($2::uuid IS NULL OR t.id > $2)
        ORDER BY t.id LIMIT $3
        """,
        user_id,
        after,
        limit,
    )
    ids = [row["id"] for row in rows]
    parts = [await connection.fetch(sql, ids) for sql in (_MESSAGES, _HISTORY, _PHOTOS)]
    return [(row["id"], _own_ticket(row, *(_of(row, part) for part in parts))) for row in rows]


def _of(ticket: Row, rows: list[Row]) -> list[dict[str, object]]:
    return [
        {name: value for name, value in row.items() if name != "ticket_id"}
        for row in rows
        if row["ticket_id"] == ticket["id"]
    ]


def _own_ticket(
    row: Row,
    messages: list[dict[str, object]],
    history: list[dict[str, object]],
    photos: list[dict[str, object]],
) -> OwnTicketOut:
    plain = {
        name: row[name]
        for name in OwnTicketOut.model_fields
        if name not in ("number", "messages", "history", "photos")
    }
    return OwnTicketOut(
        **plain,
        number=show_number(row["number"]),
        messages=messages,
        history=history,
        photos=[OwnPhotoOut.model_validate(photo) for photo in photos],
    )

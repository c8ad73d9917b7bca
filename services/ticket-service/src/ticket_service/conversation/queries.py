"""All SQL of messages and timeline entries."""

from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Row, Tx
from shared.events.ticket import PersonRef, Visibility
from ticket_service.conversation.schemas import AuthorOut, MessageOut, TimelineEntryOut
from ticket_service.tickets.domain import PUBLIC_FIELDS, Message


async def insert_message(tx: Tx, message: Message) -> None:
    """Store a message."""
    await tx.execute(
        """
        INSERT INTO message (id, ticket_id, author_id, author_kind, visibility, body,
                             mentioned_ids, created_at, via_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        message.id,
        message.ticket_id,
        message.author.id,
        message.author.kind,
        message.visibility,
        message.body,
        list(message.mentioned_ids),
        message.created_at,
        message.author.via_id,
    )


async def insert_timeline_entry(
    tx: Tx,
    ticket_id: UUID,
    version: int,
    event_type: str,
    actor: PersonRef,
    visibility: Visibility,
    data: dict[str, Any],
    at: datetime,
) -> None:
    """Store what happened, beside the event that says so."""
    await tx.execute(
        """
        INSERT INTO timeline_entry (ticket_id, version, type, actor_id, actor_kind, visibility,
                                    data, at, via_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        ticket_id,
        version,
        event_type,
        actor.id,
        actor.kind,
        visibility,
        data,
        at,
        actor.via_id,
    )


async def messages_of(
    connection: Tx,
    ticket_id: UUID,
    *,
    with_internal: bool,
    after: UUID | None,
    limit: int,
) -> list[MessageOut]:
    """Messages of a ticket, oldest first, after one of them."""
    rows = await connection.fetch(
        """
        SELECT m.id, m.author_id, m.author_kind, coalesce(p.name, '') AS author_name,
               p.avatar_id, m.visibility, m.body, m.created_at, m.via_id, v.name AS via_name
        FROM message m
        LEFT JOIN person p ON p.id = m.author_id
        LEFT JOIN person v ON v.id = m.via_id
        WHERE m.ticket_id = $1 AND ($2 OR m.visibility = 'public')
          AND ($3::uuid IS NULL OR m.id > $3)
        ORDER BY m.id LIMIT $4
        """,
        ticket_id,
        with_internal,
        after,
        limit,
    )
    return [_message_out(row) for row in rows]


async def last_messages_of(
    connection: Tx, ticket_id: UUID, *, with_internal: bool, limit: int
) -> list[MessageOut]:
    """The newest messages of a ticket, oldest first."""
    rows = await connection.fetch(
        """
        SELECT m.id, m.author_id, m.author_kind, coalesce(p.name, '') AS author_name,
               p.avatar_id, m.visibility, m.body, m.created_at, m.via_id, v.name AS via_name
        FROM message m
        LEFT JOIN person p ON p.id = m.author_id
        LEFT JOIN person v ON v.id = m.via_id
        WHERE m.ticket_id = $1 AND ($2 OR m.visibility = 'public')
        ORDER BY m.id DESC LIMIT $3
        """,
        ticket_id,
        with_internal,
        limit,
    )
    return [_message_out(row) for row in reversed(rows)]


async def timeline_of(
    connection: Tx, ticket_id: UUID, *, with_internal: bool, after: int, limit: int
) -> list[TimelineEntryOut]:
    """What happened to a ticket after a version, oldest first, as far as the reader may know."""
    rows = await connection.fetch(
        """
        SELECT e.version, e.type, e.actor_id, e.actor_kind, coalesce(p.name, '') AS actor_name,
               e.visibility, e.data, e.at, e.via_id, v.name AS via_name
        FROM timeline_entry e
        LEFT JOIN person p ON p.id = e.actor_id
        LEFT JOIN person v ON v.id = e.via_id
        WHERE e.ticket_id = $1 AND ($2 OR e.visibility = 'public') AND e.version > $3
        ORDER BY e.version LIMIT $4
        """,
        ticket_id,
        with_internal,
        after,
        limit,
    )
    return [_entry_out(row, with_internal) for row in rows]


async def last_entries_of(
    connection: Tx, ticket_id: UUID, *, with_internal: bool, limit: int
) -> list[TimelineEntryOut]:
    """What happened to a ticket lately, oldest first, as far as the reader may know."""
    rows = await connection.fetch(
        """
        SELECT e.version, e.type, e.actor_id, e.actor_kind, coalesce(p.name, '') AS actor_name,
               e.visibility, e.data, e.at, e.via_id, v.name AS via_name
        FROM timeline_entry e
        LEFT JOIN person p ON p.id = e.actor_id
        LEFT JOIN person v ON v.id = e.via_id
        WHERE e.ticket_id = $1 AND ($2 OR e.visibility = 'public')
        ORDER BY e.version DESC LIMIT $3
        """,
        ticket_id,
        with_internal,
        limit,
    )
    return [_entry_out(row, with_internal) for row in reversed(rows)]


def _message_out(row: Row) -> MessageOut:
    author = AuthorOut(
        id=row["author_id"],
        name=row["author_name"],
        kind=row["author_kind"],
        avatar_id=row["avatar_id"],
        via=_via(row),
    )
    return MessageOut(
        id=row["id"],
        author=author,
        visibility=row["visibility"],
        body=row["body"],
        created_at=row["created_at"],
    )


def _entry_out(row: Row, with_internal: bool) -> TimelineEntryOut:
    data = dict(row["data"])
    if not with_internal and "changes" in data:
        data["changes"] = {k: v for k, v in data["changes"].items() if k in PUBLIC_FIELDS}
    return TimelineEntryOut(
        version=row["version"],
        type=row["type"],
        at=row["at"],
        actor=AuthorOut(
            id=row["actor_id"], name=row["actor_name"], kind=row["actor_kind"], via=_via(row)
        ),
        visibility=row["visibility"],
        data=data,
    )


def _via(row: Row) -> str | None:
    """Who did it in somebody's place; without a name where that is not known any more."""
    return None if row["via_id"] is None else row["via_name"] or ""

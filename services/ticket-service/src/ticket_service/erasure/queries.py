"""All SQL of forgetting a person."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Tx
from ticket_service.erasure.domain import GONE, Known

Mask = Callable[[str], str]


async def known_of(tx: Tx, user_id: UUID) -> Known:
    """What this service knows of a person so far."""
    row = await tx.fetchrow("SELECT name, email, phone, kind FROM person WHERE id = $1", user_id)
    return Known(**dict(row)) if row else Known("", "", None)


async def erase_person(tx: Tx, user_id: UUID) -> None:
    """Forget who a person was, and where they lived; tickets and lines keep the id."""
    await tx.execute(
        """
        UPDATE person SET name = '', email = '', phone = NULL, avatar_id = NULL, team_ids = '{}',
            organisation_id = NULL, is_active = false
        WHERE id = $1
        """,
        user_id,
    )
    await tx.execute("UPDATE service_line SET address = '' WHERE user_id = $1", user_id)


async def erase_words(tx: Tx, user_id: UUID, tickets: Sequence[UUID]) -> None:
    """Take away what a person wrote as a customer; what they wrote as an employee is work and stays."""
    own = list(tickets)
    await tx.execute("UPDATE ticket SET description = $2 WHERE id = ANY($1::uuid[])", own, GONE)
    await tx.execute(
        """
        UPDATE message SET body = $3
        WHERE author_id = $2 AND (ticket_id = ANY($1::uuid[]) OR author_kind <> 'staff')
        """,
        own,
        user_id,
        GONE,
    )
    await tx.execute("UPDATE feedback SET comment = NULL WHERE ticket_id = ANY($1::uuid[])", own)
    await tx.execute(
        """
        UPDATE timeline_entry SET data = jsonb_set(data, '{note}', to_jsonb($3::text))
        WHERE actor_id = $2 AND (ticket_id = ANY($1::uuid[]) OR actor_kind <> 'staff')
          AND data ->> 'note' <> ''
        """,
        own,
        user_id,
        GONE,
    )
    await tx.execute(
        """
        UPDATE timeline_entry SET data = data #- '{changes,subject}'
        WHERE ticket_id = ANY($1::uuid[]) AND data -> 'changes' ? 'subject'
        """,
        own,
    )


async def mask_messages(tx: Tx, tickets: Sequence[UUID], mask: Mask) -> None:
    """Take a person out of what others wrote on these tickets."""
    rows = await tx.fetch(
        "SELECT id, body FROM message WHERE ticket_id = ANY($1::uuid[])", list(tickets)
    )
    await _replace(tx, "UPDATE message SET body = $2 WHERE id = $1", _masked(rows, "body", mask))


async def mask_notes(tx: Tx, tickets: Sequence[UUID], mask: Mask) -> None:
    """The same in the notes of state changes, and in reasons for deleting."""
    rows = await tx.fetch(
        """
        SELECT (ticket_id, version) AS id, data ->> 'note' AS note FROM timeline_entry
        WHERE ticket_id = ANY($1::uuid[]) AND data ->> 'note' <> ''
        """,
        list(tickets),
    )
    await tx.executemany(
        """
        UPDATE timeline_entry SET data = jsonb_set(data, '{note}', to_jsonb($3::text))
        WHERE ticket_id = $1 AND version = $2
        """,
        [(*key, text) for key, text in _masked(rows, "note", mask)],
    )
    reasons = await tx.fetch(
        "SELECT id, deleted_reason FROM ticket WHERE id = ANY($1::uuid[]) AND deleted_reason <> ''",
        list(tickets),
    )
    await _replace(
        tx,
        "UPDATE ticket SET deleted_reason = $2 WHERE id = $1",
        _masked(reasons, "deleted_reason", mask),
    )


async def erase_from_assignments(tx: Tx, name: str) -> None:
    """Timelines name the colleagues whom a ticket was given to; the other one's name stays."""
    await tx.execute(
        """
        UPDATE timeline_entry SET data = jsonb_set(data, '{changes,assignee}', (
            SELECT jsonb_agg(CASE WHEN one = to_jsonb($1::text) THEN to_jsonb(''::text) ELSE one END
                             ORDER BY place)
            FROM jsonb_array_elements(data -> 'changes' -> 'assignee')
                 WITH ORDINALITY AS a (one, place)))
        WHERE data -> 'changes' -> 'assignee' ? $1
        """,
        name,
    )


async def tickets_of_others(tx: Tx, user_id: UUID) -> list[UUID]:
    """Where somebody wrote as a customer although somebody else of their company reported it."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT t.id FROM message m JOIN ticket t ON t.id = m.ticket_id
        WHERE m.author_id = $1 AND m.author_kind <> 'staff' AND t.requester_id <> $1 ORDER BY t.id
        """,
        user_id,
    )
    return [row["id"] for row in rows]


async def give_up_photos(
    tx: Tx, user_id: UUID, tickets: Sequence[UUID], is_customer: bool, at: datetime
) -> None:
    """From now on nobody sees a person's photos; the clock removes them from the store."""
    await tx.execute(
        """
        UPDATE attachment SET ticket_id = NULL, message_id = NULL, name = '',
            given_up_at = coalesce(given_up_at, $3)
        WHERE uploader_id = $1 AND ($4 OR ticket_id IS NULL OR ticket_id = ANY($2::uuid[]))
        """,
        user_id,
        list(tickets),
        at,
        is_customer,
    )


def _masked(rows: Sequence[Any], column: str, mask: Mask) -> list[tuple[Any, str]]:
    return [(r["id"], text) for r in rows if (text := mask(r[column])) != r[column]]


async def _replace(tx: Tx, statement: str, rows: Sequence[tuple[Any, str]]) -> None:
    if rows:
        await tx.executemany(statement, rows)

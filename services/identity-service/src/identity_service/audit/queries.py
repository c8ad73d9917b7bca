"""All SQL of the audit log. The service's role may insert and read here, and nothing else."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from identity_service.audit.chain import COVERED, Head
from identity_service.audit.domain import Action, By, Target, label_spellings
from identity_service.audit.schemas import AuditOut, AuditPerson, AuditTarget, ListAudit
from identity_service.fields import like_pattern
from shared.db import Row, Tx
from shared.paging import cut, decode_cursor
from shared.tracing import request_id

_PEOPLE_MEANT = 200


async def insert_entries(
    tx: Tx,
    by: By,
    action: Action,
    targets: Sequence[Target],
    befores: Sequence[dict[str, Any] | None],
    afters: Sequence[dict[str, Any] | None],
) -> None:
    """As `insert_entry`, the same done to many things at once."""
    await tx.execute(
        """
        WITH entry AS (
            INSERT INTO audit_entry (occurred_at, action, actor_kind, actor_id, as_id, session_id,
                client_address, client_agent, request_id, target_kind, target_id, target_label,
                before, after)
            SELECT now(), $1, $2, $3, $4, $5, $6, $7, $8, n.*
            FROM unnest($9::text[], $10::uuid[], $11::text[], $12::jsonb[], $13::jsonb[])
                AS n (kind, id, label, before, after)
            RETURNING id)
        INSERT INTO audit_waiting (entry_id) SELECT id FROM entry
        """,
        action,
        by.kind,
        by.id,
        by.as_id,
        by.session_id,
        by.address,
        by.agent,
        request_id.get(),
        [target.kind for target in targets],
        [target.id for target in targets],
        [target.label for target in targets],
        befores,
        afters,
    )


async def insert_entry(
    tx: Tx,
    by: By,
    action: Action,
    target: Target | None,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    occurred_at: datetime | None,
) -> None:
    """Write an entry, and a note that it has no place in the chain yet."""
    await tx.execute(
        """
        WITH entry AS (
            INSERT INTO audit_entry (occurred_at, action, actor_kind, actor_id, as_id, session_id,
                client_address, client_agent, request_id, target_kind, target_id, target_label,
                before, after)
            VALUES (coalesce($1, now()), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            RETURNING id)
        INSERT INTO audit_waiting (entry_id) SELECT id FROM entry
        """,
        occurred_at,
        action,
        by.kind,
        by.id,
        by.as_id,
        by.session_id,
        by.address,
        by.agent,
        request_id.get(),
        target.kind if target else None,
        target.id if target else None,
        target.label if target else None,
        before,
        after,
    )


_COVERED = ", ".join(f"e.{name}" for name in COVERED)


async def may_seal(tx: Tx) -> bool:
    """Whether nobody else is sealing; then nobody will until this transaction ends."""
    alone: bool = await tx.fetchval(
        "SELECT pg_try_advisory_xact_lock(hashtextextended('audit_seal', 0))"
    )
    return alone


async def head(connection: Tx) -> Head:
    """The last seal."""
    row = await connection.fetchrow(
        "SELECT position, hash FROM audit_seal ORDER BY position DESC LIMIT 1"
    )
    return Head(row["position"], row["hash"]) if row else Head()


async def waiting_entries(tx: Tx, at_most: int) -> list[Row]:
    """Entries without a place in the chain, the oldest first."""
    return await tx.fetch(
        f"""
        SELECT {_COVERED} FROM audit_waiting w JOIN audit_entry e ON e.id = w.entry_id
        ORDER BY w.entry_id LIMIT $1
        """,
        at_most,
    )


async def insert_seals(tx: Tx, entry_ids: Sequence[int], heads: Sequence[Head]) -> None:
    """Give entries their places in the chain."""
    await tx.execute(
        """
        WITH sealed AS (
            INSERT INTO audit_seal (entry_id, position, hash)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[])
            RETURNING entry_id)
        DELETE FROM audit_waiting USING sealed WHERE audit_waiting.entry_id = sealed.entry_id
        """,
        entry_ids,
        [place.position for place in heads],
        [place.hash for place in heads],
    )


async def seals_after(connection: Tx, position: int, at_most: int) -> list[Row]:
    """The next seals of the chain with what they are to cover."""
    return await connection.fetch(
        f"""
        SELECT s.position, s.entry_id, s.hash, {_COVERED}
        FROM audit_seal s LEFT JOIN audit_entry e ON e.id = s.entry_id
        WHERE s.position > $1 ORDER BY s.position LIMIT $2
        """,
        position,
        at_most,
    )


async def unsealed_entry(connection: Tx) -> int | None:
    """An entry that neither has a seal nor waits for one, as only tampering leaves it."""
    entry_id: int | None = await connection.fetchval(
        """
        SELECT e.id FROM audit_entry e
        WHERE NOT EXISTS (SELECT FROM audit_seal s WHERE s.entry_id = e.id)
          AND NOT EXISTS (SELECT FROM audit_waiting w WHERE w.entry_id = e.id)
        ORDER BY e.id LIMIT 1
        """
    )
    return entry_id


async def entries_page(connection: Tx, wanted: ListAudit) -> tuple[list[AuditOut], str | None]:
    """A page of entries, the latest first, and the cursor of the next."""
    people = await _people(connection, wanted.person)
    target_id, called = _named(wanted.target)
    labels = label_spellings(called) if called else None
    after_time, after_id = decode_cursor(wanted.cursor, datetime.fromisoformat, int) or (None, None)
    rows = await connection.fetch(
        """
        SELECT e.*, s.position, a.name AS actor_name, o.name AS as_name, o.kind AS as_kind,
               t.name AS target_name
        FROM audit_entry e
        LEFT JOIN audit_seal s ON s.entry_id = e.id
        LEFT JOIN app_user a ON a.id = e.actor_id
        LEFT JOIN app_user o ON o.id = e.as_id
        LEFT JOIN app_user t ON t.id = e.target_id AND e.target_kind = 'user'
        WHERE ($1::uuid[] IS NULL OR e.actor_id = ANY($1) OR e.target_id = ANY($1)
               OR e.as_id = ANY($1))
          AND ($2::text IS NULL OR e.action = $2)
          AND ($3::text IS NULL OR e.target_kind = $3)
          AND ($4::uuid IS NULL OR e.target_id = $4)
          AND ($5::text[] IS NULL OR e.target_label = ANY($5))
          AND ($6::timestamptz IS NULL OR e.occurred_at >= $6)
          AND ($7::timestamptz IS NULL OR e.occurred_at < $7)
          AND ($8::timestamptz IS NULL OR (e.occurred_at, e.id) < ($8, $9))
        ORDER BY e.occurred_at DESC, e.id DESC LIMIT $10
        """,
        people,
        wanted.action,
        wanted.target_kind,
        target_id,
        labels,
        wanted.occurred_from,
        wanted.occurred_to,
        after_time,
        after_id,
        wanted.limit + 1,
    )
    page, following = cut(
        rows, wanted.limit, lambda row: (row["occurred_at"].isoformat(), row["id"])
    )
    return [_entry(row) for row in page], following


async def _people(connection: Tx, words: str) -> list[UUID] | None:
    """Whom the words mean; None when they mean everybody, nobody when they fit too many or none."""
    if not words.strip():
        return None
    somebody, text = _named(words)
    if somebody:
        return [somebody]
    rows = await connection.fetch(
        "SELECT id FROM app_user WHERE search LIKE lower($1) ORDER BY id LIMIT $2",
        like_pattern(text or ""),
        _PEOPLE_MEANT,
    )
    return [row["id"] for row in rows]


def _named(text: str) -> tuple[UUID | None, str | None]:
    """An id, or a name, or neither."""
    text = text.strip()
    try:
        return UUID(text), None
    except ValueError:
        return None, text or None


def _entry(row: Row) -> AuditOut:
    someone = (
        AuditPerson(id=row["as_id"], kind=row["as_kind"] or "customer", name=row["as_name"])
        if row["as_id"]
        else None
    )
    target = (
        AuditTarget(
            kind=row["target_kind"],
            id=row["target_id"],
            label=row["target_label"],
            name=row["target_name"],
        )
        if row["target_kind"]
        else None
    )
    actor = AuditPerson(id=row["actor_id"], kind=row["actor_kind"], name=row["actor_name"])
    given = {name: row[name] for name in AuditOut.model_fields if name in row}
    return AuditOut(**given, actor=actor, in_place_of=someone, target=target)

"""Applying events of other services: each once, in version order of its aggregate, none lost.

One row per (consumer, aggregate) holds the last version applied. It is locked first, so it is the
order, the duplicate check and the fence between two processes in one.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import structlog
from pydantic import ValidationError

from shared.db import Database, Row, Tx
from shared.errors import Unavailable
from shared.events import CONTRACTS
from shared.events.base import Envelope, Event
from shared.ids import uuid7
from shared.kill_points import kill_point
from shared.metrics import EVENTS_CONSUMED, EVENTS_OUT_OF_SEQUENCE
from shared.tracing import continue_from

log = structlog.get_logger()

Handler = Callable[[Tx, Envelope, Any], Awaitable[None]]
Outcome = Literal["applied", "skipped", "parked", "ignored", "dead"]


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka record, reduced to what is kept when it has to wait or fails."""

    topic: str
    partition: int
    offset: int
    headers: tuple[tuple[str, bytes], ...]
    value: bytes

    def stored_headers(self) -> list[list[str]]:
        """The headers as JSON in the database can hold them; other bytes are escaped."""
        return [[_storable(name.encode()), _storable(value)] for name, value in self.headers]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an aggregate has been applied, and whether a dead letter blocks it."""

    last_version: int
    is_blocked: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    """What one consumer does with the events of the families it reads, by event type.

    Types without a handler only advance the version.
    """

    db: Database
    consumer: str
    handlers: Mapping[type[Event], Handler]

    async def receive(self, record: Record) -> Outcome:
        """Apply, skip, park or bury one record; raises only when a dependency is away.

        Errors of dependencies (`Unavailable`) leave nothing behind: call again with the same record.
        """
        try:
            envelope = Envelope.from_headers(record.headers, record.value)
        except ValueError as error:
            await self._bury_unreadable(record, error)
            return _counted(record.topic, "dead")
        continue_from(envelope.cause)
        kill_point("before_apply")
        outcome, has_next = await self._receive(record, envelope)
        kill_point("after_apply")
        if has_next:
            await self.drain(envelope.subject)
        return _counted(envelope.type, outcome)

    async def _receive(self, record: Record, envelope: Envelope) -> tuple[Outcome, bool]:
        """What became of the record, and whether the next event of its aggregate waits here."""
        try:
            async with self.db.transaction() as tx:
                progress = await lock_progress(tx, self.consumer, envelope.subject)
                if envelope.is_snapshot:
                    return await self._take_snapshot(tx, progress, envelope)
                if envelope.sequence <= progress.last_version:
                    return "skipped", False
                if progress.is_blocked or envelope.sequence > progress.last_version + 1:
                    await _park(tx, self.consumer, record, envelope)
                    return "parked", False
                return await self._apply(tx, envelope)
        except Exception as error:
            raise_if_dependency(error)
            await self._bury(record, envelope, error)
            return "dead", False

    async def _apply(self, tx: Tx, envelope: Envelope) -> tuple[Outcome, bool]:
        handled = await self._handle(tx, envelope)
        has_next = await _set_version(tx, self.consumer, envelope.subject, envelope.sequence)
        return "applied" if handled else "ignored", has_next

    async def _handle(self, tx: Tx, envelope: Envelope) -> bool:
        contract = CONTRACTS.get(envelope.type)
        handler = self._handler_of(envelope)
        if contract is None or handler is None:
            return False
        # A newer version only adds fields: while services are exchanged, readers may be the older ones.
        await handler(tx, envelope, contract.model_validate_json(envelope.data))
        return True

    def _handler_of(self, envelope: Envelope) -> Handler | None:
        contract = CONTRACTS.get(envelope.type)
        return self.handlers.get(contract) if contract else None

    async def _take_snapshot(
        self, tx: Tx, progress: Progress, envelope: Envelope
    ) -> tuple[Outcome, bool]:
        """Full state at a version that is not behind ours replaces everything up to it.

        A consumer without a handler for it must not even note the version: a snapshot may overtake
        the events that it covers, and they would be skipped.
        """
        if self._handler_of(envelope) is None:
            return "ignored", False
        if envelope.sequence < progress.last_version:
            return "skipped", False
        await self._handle(tx, envelope)
        await tx.execute(
            "DELETE FROM parked WHERE consumer = $1 AND aggregate_id = $2 AND version <= $3",
            self.consumer,
            envelope.subject,
            envelope.sequence,
        )
        await tx.execute(
            """
            UPDATE dead_letter SET resolved_at = now(), resolution = 'superseded'
            WHERE consumer = $1 AND aggregate_id = $2 AND version <= $3 AND resolved_at IS NULL
            """,
            self.consumer,
            envelope.subject,
            envelope.sequence,
        )
        has_next = await _set_version(tx, self.consumer, envelope.subject, envelope.sequence)
        return "applied", has_next

    async def drain(self, aggregate_id: UUID) -> None:
        """Apply what was parked and has its turn now, one transaction each."""
        while await self._drain_one(aggregate_id):
            pass

    async def _drain_one(self, aggregate_id: UUID) -> bool:
        row: Row | None = None
        try:
            async with self.db.transaction() as tx:
                progress = await lock_progress(tx, self.consumer, aggregate_id)
                row = (
                    None
                    if progress.is_blocked
                    else await _take_next_parked(
                        tx, self.consumer, aggregate_id, progress.last_version
                    )
                )
                if row is None:
                    return False
                if row["version"] <= progress.last_version:
                    return True
                _, has_next = await self._apply(tx, envelope_of(row))
                return has_next
        except Exception as error:
            raise_if_dependency(error)
            assert row is not None
            await self._bury(_record_of(row), envelope_of(row), error)
            return False

    async def give_up_gap(self, aggregate_id: UUID) -> None:
        """Go on without the missing versions, because nothing that could bring them is unread."""
        async with self.db.transaction() as tx:
            progress = await lock_progress(tx, self.consumer, aggregate_id)
            first = await tx.fetchval(
                "SELECT min(version) FROM parked WHERE consumer = $1 AND aggregate_id = $2",
                self.consumer,
                aggregate_id,
            )
            if first is None or progress.is_blocked or first <= progress.last_version + 1:
                return
            await _set_version(tx, self.consumer, aggregate_id, first - 1)
        EVENTS_OUT_OF_SEQUENCE.inc()
        log.error(
            "gap_given_up",
            consumer=self.consumer,
            aggregate_id=str(aggregate_id),
            missing_from=progress.last_version + 1,
            missing_to=first - 1,
        )
        await self.drain(aggregate_id)

    async def _bury(self, record: Record, envelope: Envelope, error: Exception) -> None:
        """Keep what cannot be applied, and hold later events of its aggregate behind it."""
        async with self.db.transaction() as tx:
            progress = await lock_progress(tx, self.consumer, envelope.subject)
            if envelope.sequence <= progress.last_version and not envelope.is_snapshot:
                return
            await insert_dead_letter(tx, self.consumer, record, error, envelope)
            if not envelope.is_snapshot:
                await tx.execute(
                    "DELETE FROM parked WHERE consumer = $1 AND aggregate_id = $2 AND version = $3",
                    self.consumer,
                    envelope.subject,
                    envelope.sequence,
                )
                await set_blocked(tx, self.consumer, envelope.subject, True)
        log.error(
            "event_buried",
            type=envelope.type,
            aggregate_id=str(envelope.subject),
            version=envelope.sequence,
            error=repr(error),
        )

    async def _bury_unreadable(self, record: Record, error: Exception) -> None:
        async with self.db.transaction() as tx:
            if await _is_buried(tx, self.consumer, record):
                return
            await insert_dead_letter(tx, self.consumer, record, error)
        log.error("event_buried", type=record.topic, offset=record.offset, error=repr(error))

    async def replay(self, dead_letter_id: UUID) -> bool:
        """Try a dead letter again; on success its aggregate goes on. False if it fails again.

        What was overtaken meanwhile, by a snapshot for instance, is put aside and not applied.
        """
        try:
            async with self.db.transaction() as tx:
                row = await tx.fetchrow(
                    "SELECT * FROM dead_letter WHERE id = $1 AND resolved_at IS NULL FOR UPDATE",
                    dead_letter_id,
                )
                if row is None:
                    return False
                envelope = envelope_of(row)
                progress = await lock_progress(tx, self.consumer, envelope.subject)
                last = progress.last_version
                if envelope.sequence < last + (not envelope.is_snapshot):
                    await _resolve(tx, dead_letter_id, "superseded")
                    await _set_version(tx, self.consumer, envelope.subject, last)
                else:
                    await _resolve(tx, dead_letter_id, "replayed")
                    await self._apply_again(tx, progress, envelope)
        except Exception as error:
            raise_if_dependency(error)
            async with self.db.transaction() as tx:
                await tx.execute(
                    "UPDATE dead_letter SET attempts = attempts + 1, error = $2 WHERE id = $1",
                    dead_letter_id,
                    repr(error),
                )
            return False
        await self.drain(envelope.subject)
        return True

    async def _apply_again(self, tx: Tx, progress: Progress, envelope: Envelope) -> None:
        if envelope.is_snapshot:
            await self._take_snapshot(tx, progress, envelope)
        else:
            await self._apply(tx, envelope)


def raise_if_dependency(error: Exception) -> None:
    """Re-raise what may pass by itself; what is wrong with the message itself is left to the caller."""
    if isinstance(error, Unavailable):
        raise error


async def lock_progress(tx: Tx, consumer: str, aggregate_id: UUID) -> Progress:
    """Lock the row of an aggregate, making it on first sight."""
    row = await tx.fetchrow(
        """
        INSERT INTO consumed AS c (consumer, aggregate_id, last_version) VALUES ($1, $2, 0)
        ON CONFLICT (consumer, aggregate_id) DO UPDATE SET last_version = c.last_version
        RETURNING last_version, is_blocked
        """,
        consumer,
        aggregate_id,
    )
    assert row is not None
    return Progress(row["last_version"], row["is_blocked"])


async def set_blocked(tx: Tx, consumer: str, aggregate_id: UUID, is_blocked: bool) -> None:
    """Hold or free the later events of an aggregate."""
    await tx.execute(
        "UPDATE consumed SET is_blocked = $3 WHERE consumer = $1 AND aggregate_id = $2",
        consumer,
        aggregate_id,
        is_blocked,
    )


async def insert_dead_letter(
    tx: Tx,
    consumer: str,
    record: Record,
    error: Exception,
    envelope: Envelope | None = None,
) -> None:
    """Keep a record's original bytes and headers with what went wrong."""
    await tx.execute(
        """
        INSERT INTO dead_letter (id, consumer, aggregate_id, version, type, partition,
                                 record_offset, headers, value, error)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        uuid7(),
        consumer,
        envelope.subject if envelope else None,
        envelope.sequence if envelope else None,
        record.topic,
        record.partition,
        record.offset,
        record.stored_headers(),
        record.value,
        _described(error),
    )


async def _is_buried(tx: Tx, consumer: str, record: Record) -> bool:
    """Whether this very record is a dead letter already, from an earlier reading of the log."""
    found = await tx.fetchval(
        """
        SELECT true FROM dead_letter
        WHERE consumer = $1 AND aggregate_id IS NULL AND type = $2 AND partition = $3
          AND record_offset = $4 AND value = $5 AND resolved_at IS NULL
        """,
        consumer,
        record.topic,
        record.partition,
        record.offset,
        record.value,
    )
    return bool(found)


def envelope_of(row: Row) -> Envelope:
    """The envelope of a parked or dead record."""
    headers = [(name, value.encode()) for name, value in row["headers"]]
    return Envelope.from_headers(headers, row["value"])


def _record_of(row: Row) -> Record:
    envelope = envelope_of(row)
    headers = tuple((name, value.encode()) for name, value in row["headers"])
    return Record(envelope.type, row["partition"], -1, headers, row["value"])


def _storable(raw: bytes) -> str:
    """Text without the one character that jsonb refuses."""
    return raw.decode(errors="backslashreplace").replace("\x00", "\\x00")


def _described(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return str(error.errors(include_input=False, include_url=False))
    return repr(error)


async def _set_version(tx: Tx, consumer: str, aggregate_id: UUID, version: int) -> bool:
    """Note what has been applied; tells whether the next event is parked and has its turn now."""
    has_next: bool = await tx.fetchval(
        """
        UPDATE consumed SET last_version = $3,
            is_blocked = is_blocked AND EXISTS (
                SELECT FROM dead_letter d
                WHERE d.consumer = $1 AND d.aggregate_id = $2 AND d.resolved_at IS NULL)
        WHERE consumer = $1 AND aggregate_id = $2
        RETURNING NOT is_blocked AND EXISTS (
            SELECT FROM parked p
            WHERE p.consumer = $1 AND p.aggregate_id = $2 AND p.version <= $3 + 1)
        """,
        consumer,
        aggregate_id,
        version,
    )
    return has_next


async def _park(tx: Tx, consumer: str, record: Record, envelope: Envelope) -> None:
    await tx.execute(
        """
        INSERT INTO parked (consumer, aggregate_id, version, family, partition, headers, value)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT DO NOTHING
        """,
        consumer,
        envelope.subject,
        envelope.sequence,
        envelope.type.partition(".")[0],
        record.partition,
        record.stored_headers(),
        record.value,
    )


async def _take_next_parked(
    tx: Tx, consumer: str, aggregate_id: UUID, last_version: int
) -> Row | None:
    return await tx.fetchrow(
        """
        DELETE FROM parked WHERE (consumer, aggregate_id, version) = (
            SELECT consumer, aggregate_id, version FROM parked
            WHERE consumer = $1 AND aggregate_id = $2 AND version <= $3 + 1
            ORDER BY version LIMIT 1)
        RETURNING *
        """,
        consumer,
        aggregate_id,
        last_version,
    )


async def _resolve(tx: Tx, dead_letter_id: UUID, resolution: str) -> None:
    await tx.execute(
        "UPDATE dead_letter SET resolved_at = now(), resolution = $2 WHERE id = $1",
        dead_letter_id,
        resolution,
    )


def _counted(event_type: str, outcome: Outcome) -> Outcome:
    known = event_type if event_type in CONTRACTS else "unknown"
    EVENTS_CONSUMED.labels(known, outcome).inc()
    return outcome

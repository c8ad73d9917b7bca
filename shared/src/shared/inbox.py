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
from shared.tracing import continue_trace, traceparent

log = structlog.get_logger()

Handler = Callable[[Tx, Envelope, Any], Awaitable[None]]
Outcome = Literal["applied", "skipped", "parked", "ignored", "dead"]


class UnknownSchemaVersion(ValueError):
    """The event has a schema that this reader does not know."""


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka record, reduced to what is kept when it has to wait or fails."""

    topic: str
    partition: int
    offset: int
    headers: tuple[tuple[str, bytes], ...]
    value: bytes

    def stored_headers(self) -> list[list[str]]:
        """The headers as JSON can hold them; bytes that are no UTF-8 are escaped."""
        return [[name, value.decode(errors="backslashreplace")] for name, value in self.headers]


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
        traceparent.set(continue_trace(envelope.traceparent))
        kill_point("before_apply")
        outcome = await self._receive(record, envelope)
        kill_point("after_apply")
        if outcome == "applied":
            await self.drain(envelope.subject)
        return _counted(envelope.type, outcome)

    async def _receive(self, record: Record, envelope: Envelope) -> Outcome:
        try:
            async with self.db.transaction() as tx:
                progress = await lock_progress(tx, self.consumer, envelope.subject)
                if envelope.is_snapshot:
                    return await self._take_snapshot(tx, progress, envelope)
                if envelope.sequence <= progress.last_version:
                    return "skipped"
                if progress.is_blocked or envelope.sequence > progress.last_version + 1:
                    await _park(tx, self.consumer, record, envelope)
                    return "parked"
                return await self._apply(tx, envelope)
        except Exception as error:
            raise_if_dependency(error)
            await self._bury(record, envelope, error)
            return "dead"

    async def _apply(self, tx: Tx, envelope: Envelope) -> Outcome:
        handled = await self._handle(tx, envelope)
        await _set_version(tx, self.consumer, envelope.subject, envelope.sequence)
        return "applied" if handled else "ignored"

    async def _handle(self, tx: Tx, envelope: Envelope) -> bool:
        contract = CONTRACTS.get(envelope.type)
        handler = self.handlers.get(contract) if contract else None
        if contract is None or handler is None:
            return False
        if envelope.schema_version > contract.SCHEMA_VERSION:
            raise UnknownSchemaVersion(f"{envelope.type} version {envelope.schema_version}")
        await handler(tx, envelope, contract.model_validate_json(envelope.data))
        return True

    async def _take_snapshot(self, tx: Tx, progress: Progress, envelope: Envelope) -> Outcome:
        """Full state at a version that is not behind ours replaces everything up to it."""
        if envelope.sequence < progress.last_version:
            return "skipped"
        handled = await self._handle(tx, envelope)
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
        await _set_version(tx, self.consumer, envelope.subject, envelope.sequence)
        return "applied" if handled else "ignored"

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
                if row["version"] > progress.last_version:
                    await self._apply(tx, envelope_of(row))
                return True
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
            await insert_dead_letter(tx, self.consumer, record, error)
        log.error("event_buried", type=record.topic, offset=record.offset, error=repr(error))

    async def replay(self, dead_letter_id: UUID) -> bool:
        """Try a dead letter again; on success its aggregate goes on. False if it fails again."""
        try:
            async with self.db.transaction() as tx:
                row = await tx.fetchrow(
                    "SELECT * FROM dead_letter WHERE id = $1 AND resolved_at IS NULL FOR UPDATE",
                    dead_letter_id,
                )
                if row is None:
                    return False
                envelope = envelope_of(row)
                await lock_progress(tx, self.consumer, envelope.subject)
                await self._apply(tx, envelope)
                await _resolve(tx, dead_letter_id, "replayed")
                await set_blocked(tx, self.consumer, envelope.subject, False)
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


def envelope_of(row: Row) -> Envelope:
    """The envelope of a parked or dead record."""
    headers = [(name, value.encode()) for name, value in row["headers"]]
    return Envelope.from_headers(headers, row["value"])


def _record_of(row: Row) -> Record:
    envelope = envelope_of(row)
    headers = tuple((name, value.encode()) for name, value in row["headers"])
    return Record(envelope.type, row["partition"], -1, headers, row["value"])


def _described(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return str(error.errors(include_input=False, include_url=False))
    return repr(error)


async def _set_version(tx: Tx, consumer: str, aggregate_id: UUID, version: int) -> None:
    await tx.execute(
        """
        UPDATE consumed SET last_version = $3,
            is_blocked = is_blocked AND EXISTS (
                SELECT FROM dead_letter d
                WHERE d.consumer = $1 AND d.aggregate_id = $2 AND d.resolved_at IS NULL)
        WHERE consumer = $1 AND aggregate_id = $2
        """,
        consumer,
        aggregate_id,
        version,
    )


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

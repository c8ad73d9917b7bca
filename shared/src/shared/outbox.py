"""Events written in the business transaction and published afterwards, in order, none lost.

The rules and the measurements behind them: a plain table read without a cursor, one leased relay per
slice of aggregates, at most one unacknowledged event per aggregate, marks set after the broker's word.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import structlog

from shared.broker import BROKER_ERRORS, Broker, Producer
from shared.db import Database, Row, Tx
from shared.errors import Unavailable
from shared.events.base import Envelope, Event
from shared.ids import uuid7
from shared.kill_points import kill_point
from shared.metrics import (
    OUTBOX_ERRORS,
    OUTBOX_OLDEST_SECONDS,
    OUTBOX_PUBLISHED,
    OUTBOX_WAITING,
)
from shared.tracing import Cause, present_cause

log = structlog.get_logger()

SLICES = 8
MAX_EVENT_BYTES = 512 * 1024
KEPT_DAYS = 14
_BATCH_PER_SLICE = 200
_MARKED_AT_ONCE = 20_000
_BROKER_CHECK_SECONDS = 5.0
_ACK_SECONDS = 10.0


_KNOWN_CLUSTER = "SELECT cluster_id FROM broker_seen WHERE role = 'relay'"


class EventTooLarge(ValueError):
    """An event is over 512 KB; large lists travel as pages."""


async def add(tx: Tx, aggregate_id: UUID, version: int, event: Event) -> UUID:
    """Write an event that takes `version` of its aggregate; returns the event's id.

    The caller has locked the aggregate's row and raised its version in this transaction.
    """
    event_id = uuid7()
    await tx.execute(
        """
        INSERT INTO outbox (event_id, type, schema_version, aggregate_id, aggregate_version,
                            slice, request_id, traceparent, payload)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        *_columns(event_id, aggregate_id, version, event, present_cause()),
    )
    return event_id


async def add_snapshot(tx: Tx, aggregate_id: UUID, version: int, event: Event) -> None:
    """Write the full state of an aggregate at its present version, again if it was written before."""
    await tx.execute(
        """
        INSERT INTO outbox (event_id, type, schema_version, aggregate_id, aggregate_version,
                            slice, request_id, traceparent, payload)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (aggregate_id, aggregate_version, type)
        DO UPDATE SET payload = excluded.payload, published_at = NULL
        """,
        *_columns(uuid7(), aggregate_id, version, event, present_cause()),
    )


async def add_all(tx: Tx, events: Sequence[tuple[UUID, int, Event, Cause]]) -> None:
    """Write events of several aggregates in one statement: `aggregate_id, version, event, cause`."""
    if not events:
        return
    rows = [
        _columns(uuid7(), aggregate_id, version, event, cause)
        for aggregate_id, version, event, cause in events
    ]
    await tx.execute(
        """
        INSERT INTO outbox (event_id, type, schema_version, aggregate_id, aggregate_version,
                            slice, request_id, traceparent, payload)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[], $4::uuid[], $5::bigint[],
                             $6::smallint[], $7::text[], $8::text[], $9::text[])
        """,
        *(list(column) for column in zip(*rows, strict=True)),
    )


def _columns(
    event_id: UUID, aggregate_id: UUID, version: int, event: Event, cause: Cause
) -> tuple[Any, ...]:
    payload = event.model_dump_json()
    if len(payload.encode()) > MAX_EVENT_BYTES:
        raise EventTooLarge(event.TYPE)
    slice_ = aggregate_id.int % SLICES
    return (
        event_id,
        event.TYPE,
        event.SCHEMA_VERSION,
        aggregate_id,
        version,
        slice_,
        *cause,
        payload,
    )


async def publish_again(tx: Tx) -> int:
    """Mark every kept event as waiting, for a broker that lost its data; returns how many.

    In batches, because a statement has only so many seconds.
    """
    marked, last = 0, 0
    while True:
        row = await tx.fetchrow(
            """
            WITH batch AS (SELECT id FROM outbox WHERE id > $1 ORDER BY id LIMIT $2),
            waiting AS (UPDATE outbox SET published_at = NULL
                        WHERE id IN (SELECT id FROM batch) AND published_at IS NOT NULL
                        RETURNING id)
            SELECT (SELECT max(id) FROM batch) AS last, (SELECT count(*) FROM waiting) AS marked
            """,
            last,
            _MARKED_AT_ONCE,
        )
        if row is None or row["last"] is None:
            return marked
        marked, last = marked + row["marked"], row["last"]


async def delete_published(db: Database) -> int:
    """Delete events published over 14 days ago, in small batches; returns how many."""
    deleted = 0
    while True:
        async with db.transaction() as tx:
            result: str = await tx.execute(
                """
                DELETE FROM outbox WHERE id IN (
                    SELECT id FROM outbox
                    WHERE published_at < now() - make_interval(days => $1)
                    ORDER BY published_at LIMIT 1000)
                """,
                KEPT_DAYS,
            )
        batch = int(result.split()[-1])
        deleted += batch
        if batch < 1000:
            return deleted


class Relay:
    """Publishes this service's outbox; several processes may run one, a slice is held by one of them."""

    def __init__(
        self,
        db: Database,
        broker: Broker,
        *,
        source: str,
        topics: Sequence[str],
        lease_seconds: float = 10.0,
        poll_seconds: float = 0.1,
        on_published: Callable[[Sequence[Envelope]], Awaitable[None]] | None = None,
    ) -> None:
        self._db = db
        self._broker = broker
        self._source = source
        self._topics = topics
        self._lease_seconds = lease_seconds
        self._poll_seconds = poll_seconds
        self._on_published = on_published
        self._owner = uuid7()
        self._held: dict[int, int] = {}
        self._held_until = 0.0
        self._renew_at = 0.0
        self._measured_at = 0.0
        self._cluster_id = ""
        self._broker_checked_at = 0.0
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()

    def wake(self) -> None:
        """Say that a transaction has just committed; saves the wait for the next poll."""
        self._wake.set()

    def stop(self) -> None:
        """Ask `run` to finish the wave that is under way and to give the lease back."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Publish until stopped, through every fault of the database and the broker."""
        backoff = 0.1
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                await self._publish_until_stopped()
            except (*BROKER_ERRORS, Unavailable, TimeoutError) as error:
                OUTBOX_ERRORS.inc()
                if time.monotonic() > started + 30:
                    backoff = 0.1
                log.warning("relay_interrupted", error=repr(error), retry_in=backoff)
                await _wait(self._stopping, backoff)
                backoff = min(backoff * 2, 5.0)
        with suppress(Unavailable):
            await self._release()

    async def _publish_until_stopped(self) -> None:
        """Work with one producer; any error ends it, for its sequence numbers can no longer be trusted."""
        await self._notice_new_broker()
        async with self._broker.producer() as producer:
            while not self._stopping.is_set():
                self._wake.clear()
                await self._renew()
                published = await self._publish_batch(producer) if self._held else 0
                await self._measure()
                if await self._is_new_broker():
                    return
                if not published:
                    await _wait(self._wake, self._poll_seconds)

    async def _publish_batch(self, producer: Producer) -> int:
        async with self._db.read() as connection:
            rows = await _waiting(connection, list(self._held))
        epochs = dict(self._held)
        for wave in _waves(rows):
            await self._renew()
            if time.monotonic() >= self._held_until:
                break
            # A slice that was lost on the way stays out, also when it came back: its first wave is
            # missing here.
            await self._publish_wave(
                producer, [r for r in wave if self._held.get(r["slice"]) == epochs[r["slice"]]]
            )
        return len(rows)

    async def _publish_wave(self, producer: Producer, wave: Sequence[Row]) -> None:
        """Send a wave and mark what was acknowledged; the first fault ends this producer."""
        envelopes = [_envelope(row, self._source) for row in wave]
        kill_point("before_produce")
        timeout = min(_ACK_SECONDS, self._lease_seconds)
        faults = await producer.send_all(envelopes, timeout=timeout)
        kill_point("after_produce")
        sent = [n for n, fault in enumerate(faults) if fault is None]
        async with self._db.read() as connection:
            await self._mark(connection, [wave[n]["id"] for n in sent])
        kill_point("after_mark")
        for n in sent:
            OUTBOX_PUBLISHED.labels(envelopes[n].type).inc()
        if self._on_published and sent:
            await self._on_published([envelopes[n] for n in sent])
        for envelope, fault in zip(envelopes, faults, strict=True):
            if fault is not None:
                log.warning("event_not_published", type=envelope.type, id=str(envelope.id))
                raise fault

    async def _mark(self, connection: Tx, ids: list[int]) -> None:
        """Note what the broker acknowledged, unless another relay took the slice over meanwhile."""
        await connection.execute(
            """
            UPDATE outbox SET published_at = now()
            WHERE id = ANY($1) AND EXISTS (
                SELECT FROM outbox_lease l
                WHERE l.slice = outbox.slice AND l.owner = $2 AND l.expires_at > now())
            """,
            ids,
            self._owner,
        )

    async def _renew(self) -> None:
        """Take free slices and extend held ones, a few times within each lease."""
        now = time.monotonic()
        if now < self._renew_at:
            return
        async with self._db.read() as connection:
            rows = await connection.fetch(
                """
                INSERT INTO outbox_lease AS l (slice, owner, epoch, expires_at)
                SELECT s, $1, 1, now() + make_interval(secs => $2)
                FROM generate_series(0, $3 - 1) s
                ON CONFLICT (slice) DO UPDATE
                SET owner = $1,
                    epoch = l.epoch + (l.owner <> $1)::int,
                    expires_at = excluded.expires_at
                WHERE l.owner = $1 OR l.expires_at < now()
                RETURNING slice, epoch
                """,
                self._owner,
                self._lease_seconds,
                SLICES,
            )
        self._held = {row["slice"]: row["epoch"] for row in rows}
        self._held_until = now + self._lease_seconds
        self._renew_at = now + self._lease_seconds / 5

    async def _release(self) -> None:
        """Give the slices back; their epochs go on counting."""
        async with self._db.read() as connection:
            await connection.execute(
                "UPDATE outbox_lease SET expires_at = '-infinity' WHERE owner = $1", self._owner
            )

    async def _is_new_broker(self) -> bool:
        """Whether the broker was replaced under us; without this an idle relay would not notice."""
        now = time.monotonic()
        if now < self._broker_checked_at + _BROKER_CHECK_SECONDS:
            return False
        self._broker_checked_at = now
        return await self._broker.cluster_id() != self._cluster_id

    async def _notice_new_broker(self) -> None:
        """Fill a broker that is not the one we published to: create the topics, publish again."""
        self._cluster_id = cluster_id = await self._broker.cluster_id()
        self._broker_checked_at = time.monotonic()
        async with self._db.read() as connection:
            known = await connection.fetchval(_KNOWN_CLUSTER)
        if known == cluster_id:
            return
        await self._broker.ensure_topics(self._topics)
        async with self._db.transaction() as tx:
            await tx.execute("SELECT pg_advisory_xact_lock(hashtext('broker_seen'))")
            known = await tx.fetchval(_KNOWN_CLUSTER)
            if known == cluster_id:
                return
            again = await publish_again(tx) if known else 0
            await tx.execute(
                """
                INSERT INTO broker_seen (role, cluster_id) VALUES ('relay', $1)
                ON CONFLICT (role) DO UPDATE SET cluster_id = $1, seen_at = now()
                """,
                cluster_id,
            )
        log.warning("new_broker_seen", cluster_id=cluster_id, published_again=again)

    async def _measure(self) -> None:
        now = time.monotonic()
        if now < self._measured_at + 2:
            return
        self._measured_at = now
        async with self._db.read() as connection:
            row = await connection.fetchrow(
                """
                SELECT count(*) AS waiting,
                       coalesce(extract(epoch FROM now() - min(occurred_at)), 0) AS oldest
                FROM (SELECT occurred_at FROM outbox WHERE published_at IS NULL
                      ORDER BY slice, id LIMIT 100000) w
                """
            )
        assert row is not None
        OUTBOX_WAITING.set(row["waiting"])
        OUTBOX_OLDEST_SECONDS.set(float(row["oldest"]))
        if row["oldest"] > 30:
            log.error(
                "outbox_is_late",
                waiting=row["waiting"],
                oldest_seconds=float(row["oldest"]),
            )


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


async def _waiting(connection: Tx, slices: list[int]) -> list[Row]:
    return await connection.fetch(
        """
        SELECT o.* FROM unnest($1::smallint[]) s
        CROSS JOIN LATERAL (
            SELECT id, event_id, type, schema_version, aggregate_id, aggregate_version, slice,
                   occurred_at, request_id, traceparent, payload
            FROM outbox WHERE published_at IS NULL AND slice = s
            ORDER BY id LIMIT $2) o
        ORDER BY o.id
        """,
        slices,
        _BATCH_PER_SLICE,
    )


def _waves(rows: Iterable[Row]) -> Iterable[list[Row]]:
    """Cut a batch so that each wave has at most one event of an aggregate, in version order."""
    of_aggregate: defaultdict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        of_aggregate[row["aggregate_id"]].append(row)
    queues = [
        sorted(q, key=lambda r: (r["aggregate_version"], r["id"])) for q in of_aggregate.values()
    ]
    for depth in range(max(map(len, queues), default=0)):
        yield [queue[depth] for queue in queues if len(queue) > depth]


def _envelope(row: Row, source: str) -> Envelope:
    return Envelope(
        id=row["event_id"],
        source=source,
        type=row["type"],
        time=row["occurred_at"],
        subject=row["aggregate_id"],
        sequence=row["aggregate_version"],
        schema_version=row["schema_version"],
        cause=Cause(row["request_id"], row["traceparent"]),
        data=row["payload"].encode(),
    )

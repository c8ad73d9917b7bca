"""The loop that reads the families a service listens to and hands each record to its inbox."""

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError

from shared.broker import BROKER_ERRORS, Broker, stop_in_time
from shared.db import Database
from shared.errors import Unavailable
from shared.events.base import Event, families
from shared.inbox import Handler, Inbox, Record
from shared.kill_points import kill_point
from shared.metrics import CONSUMER_LAG, DEAD_LETTERS, EVENTS_PARKED

log = structlog.get_logger()

_CONCURRENT_AGGREGATES = 4
_SWEEP_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Subscription:
    """A consumer group, the families it reads and what it does with each type of event."""

    name: str
    families: tuple[str, ...]
    handlers: Mapping[type[Event], Handler]

    @classmethod
    def of(cls, name: str, handlers: Mapping[type[Event], Handler]) -> "Subscription":
        """Subscribe to exactly the families of the handled types."""
        return cls(name, families(handlers), handlers)

    @property
    def pattern(self) -> str:
        """The topics to read, also those that are made later."""
        return rf"^({'|'.join(map(re.escape, self.families))})\.[a-z_]+$"


class Consumer:
    """Reads until stopped, through every fault of the broker and the database."""

    def __init__(
        self,
        db: Database,
        broker: Broker,
        subscription: Subscription,
        *,
        gap_grace: float = 30.0,
    ) -> None:
        self.inbox = Inbox(db, subscription.name, subscription.handlers)
        self._db = db
        self._broker = broker
        self._subscription = subscription
        self._gap_grace = gap_grace
        self._swept_at = 0.0
        # What this process reads from; each process of a group seeks its own partitions.
        self._cluster_id: str | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ask `run` to finish the records in hand, commit their offsets and leave the group."""
        self._stopping.set()

    async def run(self) -> None:
        """Read and apply until stopped."""
        backoff = 0.2
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                await self._read_until_stopped()
            except (*BROKER_ERRORS, Unavailable) as error:
                if time.monotonic() > started + 30:
                    backoff = 0.2
                log.warning("consumer_interrupted", error=repr(error), retry_in=backoff)
                await self._pause(backoff)
                backoff = min(backoff * 2, 5.0)

    async def _read_until_stopped(self) -> None:
        kafka = self._broker.consumer(self._subscription.name)
        try:
            await asyncio.wait_for(kafka.start(), 15)
            kafka.subscribe(pattern=self._subscription.pattern)
            while not self._stopping.is_set():
                batches = await kafka.getmany(timeout_ms=250, max_records=500)
                if batches:
                    await self._receive_all([r for batch in batches.values() for r in batch])
                    await self._commit(kafka)
                await self._sweep(kafka)
        finally:
            await stop_in_time(kafka.stop())

    async def _commit(self, kafka: AIOKafkaConsumer) -> None:
        """Move the offsets on; when a rebalance took them away, the next owner skips what is done."""
        kill_point("before_offset_commit")
        with suppress(CommitFailedError):
            await kafka.commit()
        kill_point("after_offset_commit")

    async def _receive_all(self, records: Sequence[ConsumerRecord[Any, Any]]) -> None:
        """Apply a batch: aggregates side by side, the events of each one after the other."""
        by_key: defaultdict[bytes, list[ConsumerRecord[Any, Any]]] = defaultdict(list)
        for record in records:
            by_key[record.key or b""].append(record)
        limit = asyncio.Semaphore(_CONCURRENT_AGGREGATES)

        async def receive_one_aggregate(queue: list[ConsumerRecord[Any, Any]]) -> None:
            async with limit:
                for record in sorted(queue, key=_sequence):
                    await self._receive(_reduced(record))

        try:
            async with asyncio.TaskGroup() as group:
                for queue in by_key.values():
                    group.create_task(receive_one_aggregate(queue))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _receive(self, record: Record) -> None:
        """Apply one record, waiting in place while the database is away."""
        backoff = 0.1
        while True:
            try:
                await self.inbox.receive(record)
                return
            except Unavailable as error:
                log.warning("apply_delayed", topic=record.topic, error=repr(error.__cause__))
                await self._pause(backoff)
                backoff = min(backoff * 2, 5.0)
                if self._stopping.is_set():
                    raise

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _sweep(self, kafka: AIOKafkaConsumer) -> None:
        """Between batches: notice a new broker, close or give up gaps, measure."""
        now = time.monotonic()
        if now < self._swept_at + _SWEEP_SECONDS:
            return
        self._swept_at = now
        await self._notice_new_broker(kafka)
        await self._settle_gaps(kafka)
        await self._measure(kafka)

    async def _notice_new_broker(self, kafka: AIOKafkaConsumer) -> None:
        """Read a log that is not the one we knew from its beginning; duplicates are skipped."""
        cluster_id = await self._broker.cluster_id()
        known = self._cluster_id or await self._known_cluster_id()
        if known is not None and known != cluster_id:
            if not kafka.assignment():
                return
            await kafka.seek_to_beginning()
            log.warning("new_broker_seen", cluster_id=cluster_id)
        if self._cluster_id == cluster_id:
            return
        self._cluster_id = cluster_id
        async with self._db.transaction() as tx:
            await tx.execute(
                """
                INSERT INTO broker_seen (role, cluster_id) VALUES ('consumer', $1)
                ON CONFLICT (role) DO UPDATE SET cluster_id = $1, seen_at = now()
                """,
                cluster_id,
            )

    async def _known_cluster_id(self) -> str | None:
        async with self._db.read() as connection:
            known: str | None = await connection.fetchval(
                "SELECT cluster_id FROM broker_seen WHERE role = 'consumer'"
            )
        return known

    async def _settle_gaps(self, kafka: AIOKafkaConsumer) -> None:
        """Note the ends of the logs behind each gap; give it up once all was read, and a grace passed."""
        for partition, family in await self._partitions_with_gaps():
            partitions = [
                tp
                for tp in kafka.assignment()
                if tp.partition == partition and tp.topic.partition(".")[0] == family
            ]
            if not partitions:
                continue
            await self._note_ends(kafka, family, partitions)
            positions = {tp.topic: await kafka.position(tp) for tp in partitions}
            for aggregate_id in await self._gaps_to_give_up(family, partition, positions):
                await self.inbox.give_up_gap(aggregate_id)
        for aggregate_id in await self._closed_gaps():
            await self.inbox.drain(aggregate_id)

    async def _partitions_with_gaps(self) -> list[tuple[int, str]]:
        async with self._db.read() as connection:
            rows = await connection.fetch(
                """
                SELECT DISTINCT p.partition, p.family FROM parked p
                JOIN consumed c USING (consumer, aggregate_id)
                WHERE p.consumer = $1 AND NOT c.is_blocked
                """,
                self._subscription.name,
            )
        return [(row["partition"], row["family"]) for row in rows]

    async def _note_ends(
        self, kafka: AIOKafkaConsumer, family: str, partitions: Sequence[TopicPartition]
    ) -> None:
        ends = await kafka.end_offsets(partitions)
        async with self._db.transaction() as tx:
            await tx.execute(
                """
                UPDATE parked SET ends = $4
                WHERE consumer = $1 AND family = $2 AND partition = $3 AND ends IS NULL
                """,
                self._subscription.name,
                family,
                partitions[0].partition,
                {tp.topic: end for tp, end in ends.items()},
            )

    async def _gaps_to_give_up(
        self, family: str, partition: int, positions: dict[str, int]
    ) -> list[UUID]:
        """Aggregates all of whose noted ends have been passed for longer than the grace."""
        async with self._db.transaction() as tx:
            await tx.execute(
                """
                UPDATE parked SET passed_at = clock_timestamp()
                WHERE consumer = $1 AND family = $2 AND partition = $3
                  AND ends IS NOT NULL AND passed_at IS NULL
                  AND NOT EXISTS (
                      SELECT FROM jsonb_each_text(ends) e
                      WHERE e.value::bigint > coalesce(($4::jsonb ->> e.key)::bigint, -1))
                """,
                self._subscription.name,
                family,
                partition,
                positions,
            )
            rows = await tx.fetch(
                """
                SELECT aggregate_id FROM parked JOIN consumed c USING (consumer, aggregate_id)
                WHERE consumer = $1 AND family = $2 AND partition = $3 AND NOT c.is_blocked
                GROUP BY aggregate_id
                HAVING min(passed_at) < clock_timestamp() - make_interval(secs => $4)
                LIMIT 500
                """,
                self._subscription.name,
                family,
                partition,
                self._gap_grace,
            )
        return [row["aggregate_id"] for row in rows]

    async def _closed_gaps(self) -> list[UUID]:
        """Aggregates whose next version is parked: a process died between applying and draining."""
        async with self._db.read() as connection:
            rows = await connection.fetch(
                """
                SELECT DISTINCT aggregate_id FROM parked p JOIN consumed c
                USING (consumer, aggregate_id)
                WHERE p.consumer = $1 AND NOT c.is_blocked AND p.version <= c.last_version + 1
                LIMIT 500
                """,
                self._subscription.name,
            )
        return [row["aggregate_id"] for row in rows]

    async def _measure(self, kafka: AIOKafkaConsumer) -> None:
        lag: defaultdict[str, int] = defaultdict(int)
        for tp in kafka.assignment():
            end = kafka.highwater(tp)
            if end is not None:
                lag[tp.topic.partition(".")[0]] += max(0, end - await kafka.position(tp))
        for family in self._subscription.families:
            CONSUMER_LAG.labels(family).set(lag[family])
        async with self._db.read() as connection:
            row = await connection.fetchrow(
                """
                SELECT (SELECT count(*) FROM parked WHERE consumer = $1) AS parked,
                       (SELECT count(*) FROM dead_letter
                        WHERE consumer = $1 AND resolved_at IS NULL) AS dead
                """,
                self._subscription.name,
            )
        assert row is not None
        EVENTS_PARKED.set(row["parked"])
        DEAD_LETTERS.set(row["dead"])


def _sequence(record: ConsumerRecord[Any, Any]) -> int:
    """The version that a record carries; unreadable ones come first and become dead letters."""
    text = dict(record.headers).get("ce_sequence") or b"0"
    return int(text) if text.isdigit() else 0


def _reduced(record: ConsumerRecord[Any, Any]) -> Record:
    return Record(
        record.topic,
        record.partition,
        record.offset,
        tuple((name, value or b"") for name, value in record.headers),
        record.value or b"",
    )

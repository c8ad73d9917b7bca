"""Kafka through aiokafka: producers that are thrown away on error, topics, the cluster's identity."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from shared.events.base import Envelope

log = structlog.get_logger()

PARTITIONS = 6
MAX_REPLICATION = 3
RETENTION_MS = 14 * 24 * 3600 * 1000
BROKER_ERRORS = (KafkaError, OSError, asyncio.TimeoutError)
_STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Producer:
    """An idempotent producer that is used until its first error and then left alone."""

    inner: AIOKafkaProducer

    async def send_all(
        self, envelopes: Sequence[Envelope], *, timeout: float
    ) -> list[BaseException | None]:
        """Send events of different aggregates together and wait for what becomes of each.

        Answers in their order: None for an acknowledged one, else what went wrong with it.
        """
        if not envelopes:
            return []
        sending = [asyncio.create_task(self._send(envelope)) for envelope in envelopes]
        _, late = await asyncio.wait(sending, timeout=timeout)
        for task in late:
            task.cancel()
        answers = await asyncio.gather(*sending, return_exceptions=True)
        return [TimeoutError() if task in late else answers[n] for n, task in enumerate(sending)]

    async def _send(self, envelope: Envelope) -> None:
        await self.inner.send_and_wait(
            envelope.type,
            value=envelope.data,
            key=str(envelope.subject).encode(),
            headers=envelope.headers(),
        )


@dataclass(frozen=True, slots=True)
class Broker:
    """The address of a Kafka cluster and the few ways we use it."""

    servers: str
    client_id: str
    instance: str | None = None
    session_seconds: float = 10.0

    @asynccontextmanager
    async def producer(self) -> AsyncIterator[Producer]:
        """A started producer; stopping it is bounded, since a lost broker would hold it for ever."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.servers,
            client_id=self.client_id,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            request_timeout_ms=8000,
            max_request_size=1024 * 1024,
        )
        try:
            await asyncio.wait_for(producer.start(), 10)
            yield Producer(producer)
        finally:
            await stop_in_time(producer.stop())

    def consumer(self, group: str) -> AIOKafkaConsumer:
        """A consumer that commits only by hand; same-numbered partitions of topics stay together."""
        return AIOKafkaConsumer(
            bootstrap_servers=self.servers,
            client_id=self.client_id,
            group_id=group,
            group_instance_id=f"{group}-{self.instance}" if self.instance else None,
            session_timeout_ms=int(self.session_seconds * 1000),
            heartbeat_interval_ms=int(self.session_seconds * 300),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metadata_max_age_ms=5000,
            max_poll_records=500,
            fetch_max_wait_ms=100,
            partition_assignment_strategy=[RangePartitionAssignor],
        )

    async def cluster_id(self) -> str:
        """The identity of the cluster; another one means that the log we knew is gone."""
        async with self._admin() as admin:
            description = await admin.describe_cluster()
            return str(description["cluster_id"])

    async def ensure_topics(self, names: Sequence[str]) -> None:
        """Create the topics that are missing; a broker that cannot (the in-memory one) makes them itself."""
        async with self._admin() as admin:
            missing = sorted(set(names) - set(await admin.list_topics()))
            if not missing:
                return
            brokers = len((await admin.describe_cluster())["brokers"])
            replication = min(MAX_REPLICATION, brokers)
            topics = [
                NewTopic(
                    name,
                    PARTITIONS,
                    replication,
                    topic_configs={"retention.ms": str(RETENTION_MS)},
                )
                for name in missing
            ]
            try:
                answer = await admin.create_topics(topics)
            except (KafkaError, AttributeError) as error:
                # The in-memory broker names no controller, which aiokafka does not expect.
                log.warning("topics_not_created", error=repr(error))
                return
        for name, code, *_ in answer.topic_errors:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise for_code(code)(name)

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self.servers,
            client_id=self.client_id,
            request_timeout_ms=8000,
        )
        try:
            await asyncio.wait_for(admin.start(), 10)
            yield admin
        finally:
            await stop_in_time(admin.close())


async def stop_in_time(stopping: Coroutine[Any, Any, None]) -> None:
    """Wait a bounded time until a client has stopped; a lost broker would hold it for ever.

    What it raises is of no use any more. That includes the cancellation of aiokafka's own tasks,
    which it lets out of `stop` and which must not be taken for ours.
    """
    task = asyncio.create_task(stopping)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    await asyncio.wait([task], timeout=_STOP_SECONDS)
    task.cancel()

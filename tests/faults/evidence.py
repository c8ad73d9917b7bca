"""Reads what the stores hold after a run: four databases, the broker's log, the mails."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from local.mailbox.store import Store
from shared.broker import PARTITIONS
from shared.events import ticket
from tests.faults.checker import Applied, Intent, Logged, Said

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Connection]:
    """A connection of the checker's own, past every pool and proxy."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        yield connection
    finally:
        await connection.close()


async def ticket_ids(tickets: Connection, run: str) -> list[UUID]:
    """Every ticket of a run, acknowledged or not."""
    rows = await tickets.fetch("SELECT id FROM ticket WHERE subject LIKE $1 || ' %'", run)
    return [row["id"] for row in rows]


async def effects_of(tickets: Connection, run: str) -> Counter[str]:
    """How often each tag of a run is there, as a ticket or as a message."""
    rows = await tickets.fetch(
        """
        SELECT subject AS tag FROM ticket WHERE subject LIKE $1 || ' %'
        UNION ALL SELECT body FROM message WHERE body LIKE $1 || ' %'
        """,
        run,
    )
    return Counter(row["tag"] for row in rows)


async def said_of(connection: Connection, aggregates: Sequence[UUID]) -> list[Said]:
    """What the outbox holds of some aggregates."""
    rows = await connection.fetch(
        """
        SELECT event_id, type, aggregate_id, aggregate_version, published_at, payload
        FROM outbox WHERE aggregate_id = ANY($1) ORDER BY id
        """,
        aggregates,
    )
    return [
        Said(
            row["event_id"],
            row["type"],
            row["aggregate_id"],
            row["aggregate_version"],
            row["published_at"] is not None,
            json.loads(row["payload"]),
        )
        for row in rows
    ]


async def applied_of(recorder: Connection, aggregates: Sequence[UUID]) -> list[Applied]:
    """What the recorder applied of some aggregates."""
    rows = await recorder.fetch(
        """
        SELECT place, event_id, aggregate_id, version FROM applied
        WHERE aggregate_id = ANY($1)
        """,
        aggregates,
    )
    return [Applied(*row) for row in rows]


async def intents_of(notify: Connection, events: Sequence[UUID]) -> list[Intent]:
    """The notification intents of some events."""
    rows = await notify.fetch(
        """
        SELECT id, event_id, rule, recipient_id, channel, state, mail_id, is_repeat
        FROM intent WHERE event_id = ANY($1)
        """,
        events,
    )
    return [Intent(*row) for row in rows]


async def other_intents(notify: Connection, events: Sequence[UUID]) -> set[UUID]:
    """The intents of all other events, whose mails are not this run's."""
    rows = await notify.fetch("SELECT id FROM intent WHERE event_id <> ALL($1)", events)
    return {row["id"] for row in rows}


async def facts_of(
    analytics: Connection, tickets: Sequence[UUID]
) -> Mapping[UUID, tuple[str, int]]:
    """Status and version of tickets as analytics-service has them."""
    rows = await analytics.fetch(
        "SELECT id, status, version FROM ticket_fact WHERE id = ANY($1)", tickets
    )
    return {row["id"]: (row["status"], row["version"]) for row in rows}


async def dead_letters_of(dsn: str) -> list[str]:
    """What a consumer could not apply."""
    async with connected(dsn) as connection:
        rows = await connection.fetch("SELECT consumer, type, version, error FROM dead_letter")
    return [f"{row['consumer']} {row['type']} {row['version']}: {row['error']}" for row in rows]


def mails_in(directory: Path) -> Counter[UUID]:
    """How often the mail of each intent was received; the Message-ID begins with the intent's id."""
    store = Store(directory, keep=10**9)
    parse = policy.compat32
    return Counter(
        UUID(message_from_bytes(store.raw(entry), policy=parse)["Message-ID"].strip("<>")[:36])
        for entry in store.entries()
    )


async def tickets_logged(servers: str) -> list[Logged]:
    """The whole log of the tickets, from the beginning to its present end."""
    kafka: Any = AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest")
    await kafka.start()
    try:
        topics = [c.TYPE for c in ticket.CONTRACTS if c.family() == "ticket"]
        partitions = [TopicPartition(topic, n) for topic in topics for n in range(PARTITIONS)]
        kafka.assign(partitions)
        ends = await kafka.end_offsets(partitions)
        found: list[Logged] = []
        while [tp for tp in partitions if await kafka.position(tp) < ends[tp]]:
            batches = await asyncio.wait_for(kafka.getmany(timeout_ms=500), 30)
            found += [_logged(record) for batch in batches.values() for record in batch]
        return found
    finally:
        await kafka.stop()


def _logged(record: Any) -> Logged:
    headers = {name: value.decode() for name, value in record.headers}
    return Logged(
        UUID(headers["ce_id"]),
        headers["ce_type"],
        UUID(headers["ce_subject"]),
        int(headers["ce_sequence"]),
        record.timestamp,
        record.offset,
    )

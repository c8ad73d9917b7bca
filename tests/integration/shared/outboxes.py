"""Writing into an outbox as a service does, and relays that publish it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from shared import outbox
from shared.broker import Broker
from shared.db import Database, Tx
from shared.events import ticket
from shared.events.base import Envelope, Event
from shared.ids import uuid7
from shared.outbox import Relay
from shared.tracing import Cause
from tests.builders import event, ticket_facts

TOPICS = [contract.TYPE for contract in ticket.CONTRACTS]


async def make_aggregates(db: Database, count: int) -> list[UUID]:
    """A table of aggregates with a version each, and some of them."""
    ids = [uuid7() for _ in range(count)]
    async with db.transaction() as tx:
        await tx.execute(
            """
            CREATE TABLE IF NOT EXISTS thing (id uuid PRIMARY KEY, version bigint NOT NULL)
            """
        )
        await tx.executemany("INSERT INTO thing VALUES ($1, 0)", [(i,) for i in ids])
    return ids


async def say(
    tx: Tx, aggregate_id: UUID, contract: type[Event] = ticket.TicketReplied, **given: object
) -> int:
    """Lock the aggregate's row first, then write an event with the version that it has now."""
    version: int = await tx.fetchval(
        "UPDATE thing SET version = version + 1 WHERE id = $1 RETURNING version", aggregate_id
    )
    facts = ticket_facts(id=aggregate_id)
    await outbox.add(tx, aggregate_id, version, event(contract, ticket=facts, **given))
    return version


async def say_in(db: Database, *steps: tuple[UUID, type[Event]]) -> None:
    """A transaction with an event for each step."""
    async with db.transaction() as tx:
        for aggregate_id, contract in steps:
            await say(tx, aggregate_id, contract)


async def say_at_once(
    db: Database, things: Sequence[UUID], version: int, contract: type[Event]
) -> None:
    """An event of each aggregate, all in one statement."""
    told = [
        (thing, version, event(contract, ticket=ticket_facts(id=thing)), Cause())
        for thing in things
    ]
    async with db.transaction() as tx:
        await outbox.add_all(tx, told)


async def waiting(db: Database) -> int:
    """How many events wait to be published."""
    async with db.read() as connection:
        count: int = await connection.fetchval(
            "SELECT count(*) FROM outbox WHERE published_at IS NULL"
        )
    return count


@asynccontextmanager
async def relaying(
    db: Database,
    servers: str,
    *,
    lease_seconds: float = 2.0,
    on_published: Callable[[Sequence[Envelope]], Awaitable[None]] | None = None,
) -> AsyncIterator[Relay]:
    """A relay that runs meanwhile, and is stopped properly."""

    relay = Relay(
        db,
        Broker(servers, "test"),
        source="test",
        topics=TOPICS,
        lease_seconds=lease_seconds,
        poll_seconds=0.05,
        on_published=on_published,
    )
    working = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        relay.stop()
        await asyncio.wait_for(working, 30)

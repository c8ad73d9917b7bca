"""Consumers that fill a ledger, and events put straight into the log."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from shared.broker import Broker
from shared.consumer import Consumer, Subscription
from shared.events.base import Envelope
from tests.integration.shared.conftest import Ledger


@asynccontextmanager
async def consuming(
    ledger: Ledger, servers: str, *, gap_grace: float = 30.0
) -> AsyncIterator[Consumer]:
    """A consumer that runs meanwhile, and is stopped properly."""
    subscription = Subscription.of(ledger.name, ledger.handlers)
    consumer = Consumer(ledger.db, Broker(servers, "test"), subscription, gap_grace=gap_grace)
    working = asyncio.create_task(consumer.run())
    try:
        yield consumer
    finally:
        consumer.stop()
        await asyncio.wait_for(working, 30)


async def produce(servers: str, envelopes: Iterable[Envelope]) -> None:
    """Put events into the log one after the other, whatever order they are in."""
    async with Broker(servers, "test").producer() as producer:
        for envelope in envelopes:
            (fault,) = await producer.send_all([envelope], timeout=20)
            assert fault is None


async def produce_fast(servers: str, envelopes: Iterable[Envelope]) -> None:
    """Put many events into the log; each topic keeps their order."""
    async with Broker(servers, "test").producer() as producer:
        futures = [
            await producer.inner.send(
                envelope.type,
                value=envelope.data,
                key=str(envelope.subject).encode(),
                headers=envelope.headers(),
            )
            for envelope in envelopes
        ]
        await asyncio.gather(*futures)

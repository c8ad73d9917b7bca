"""Hints in a real Redis, and what becomes of them without one."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from analytics_service.figures import FiguresHints
from shared.events.ticket import TicketReplied, TicketSnapshot
from shared.ids import uuid7
from shared.live import STREAM, HintStream, Reach, hints_to
from tests.builders import envelope, event
from tests.fixtures.waiting import eventually

NOWHERE = "redis://127.0.0.1:1/0"
WHO = uuid7()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """An empty stream."""
    client = Redis.from_url(redis_url, decode_responses=True)
    await client.delete(STREAM)
    yield client
    await client.aclose()


@pytest.fixture
async def stream(redis: Redis, redis_url: str) -> AsyncIterator[HintStream]:
    """A writer to it."""
    stream = HintStream(redis_url)
    yield stream
    await stream.close()


async def test_a_hint_says_that_and_for_whom_and_never_what(
    redis: Redis, stream: HintStream
) -> None:
    subject = uuid7()
    told = envelope(event(TicketReplied, body="RAHASIA"), 9, subject)
    await hints_to(stream, lambda _: Reach(WHO, True))([told])
    ((_, fields),) = await redis.xrange(STREAM)
    assert fields == {
        "type": "ticket.replied",
        "subject": str(subject),
        "version": "9",
        "who": str(WHO),
        "public": "1",
    }


async def test_a_snapshot_is_no_news(redis: Redis, stream: HintStream) -> None:
    told = envelope(event(TicketSnapshot), 9, uuid7())
    await hints_to(stream, lambda _: Reach())([told])
    assert await redis.exists(STREAM) == 0


async def test_without_redis_hints_are_lost_and_redis_is_left_alone_for_a_while() -> None:
    now = 100.0
    stream = HintStream(NOWHERE, lambda: now)
    await stream.add([{"type": "figures"}])
    assert stream._paused_until > now
    await stream.close()


async def test_figures_are_told_once_for_whatever_moved_meanwhile(
    redis: Redis, stream: HintStream
) -> None:
    rested, go_on = asyncio.Event(), asyncio.Event()

    async def rest(_: float) -> None:
        rested.set()
        await go_on.wait()

    hints = FiguresHints(stream, rest)
    running = asyncio.create_task(hints.run())
    hints.note()
    await rested.wait()
    for _ in range(20):
        hints.note()
    assert await redis.xlen(STREAM) == 1
    go_on.set()

    async def told_again() -> bool:
        return int(await redis.xlen(STREAM)) == 2

    await eventually(told_again)
    hints.stop()
    await running

"""A broker's client that is stopped may take long, fail or let out cancellations of its own."""

import asyncio

import pytest

from shared import broker
from shared.broker import stop_in_time


async def test_a_cancellation_inside_a_client_is_not_taken_for_ours() -> None:
    async def stop() -> None:
        fetching = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        fetching.cancel()
        await fetching

    await stop_in_time(stop())


async def test_a_client_that_fails_to_stop_is_left_alone() -> None:
    async def stop() -> None:
        raise ConnectionResetError

    await stop_in_time(stop())


async def test_a_client_that_never_stops_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "_STOP_SECONDS", 0.01)
    given_up = asyncio.Event()

    async def stop() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            given_up.set()

    await stop_in_time(stop())
    await asyncio.wait_for(given_up.wait(), 1)


async def test_our_own_cancellation_still_ends_us() -> None:
    stopping = asyncio.create_task(stop_in_time(asyncio.sleep(60)))
    await asyncio.sleep(0)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping

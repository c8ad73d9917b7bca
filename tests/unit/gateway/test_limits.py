"""Limits hold with Redis and without it."""

import asyncio

import pytest
from redis.exceptions import ConnectionError as RedisAway

from gateway.limits import Limits
from shared.errors import TooManyRequests


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1_200_000.0

    def __call__(self) -> float:
        return self.now


class Pipeline:
    """The two commands of a portion, on a dictionary."""

    def __init__(self, counters: dict[str, int], is_away: bool) -> None:
        self._counters = counters
        self._is_away = is_away
        self._taken = 0

    async def __aenter__(self) -> "Pipeline":
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    def incrby(self, key: str, amount: int) -> None:
        self._counters[key] = self._counters.get(key, 0) + amount
        self._taken = self._counters[key]

    def expire(self, key: str, seconds: int) -> None:
        pass

    async def execute(self) -> list[int]:
        await asyncio.sleep(0)
        if self._is_away:
            raise RedisAway
        return [self._taken, 1]


class Redis:
    """As much of Redis as a limit uses."""

    def __init__(self) -> None:
        self.counters: dict[str, int] = {}
        self.is_away = False
        self.trips = 0

    def pipeline(self, transaction: bool) -> Pipeline:
        self.trips += 1
        return Pipeline(self.counters, self.is_away)


async def _spend(limits: Limits, count: int, per_minute: int = 100) -> int:
    """How many of so many requests get through."""
    passed = 0
    for _ in range(count):
        try:
            await limits.spend("person", "budi", per_minute)
        except TooManyRequests:
            continue
        passed += 1
    return passed


async def test_a_caller_gets_so_many_requests_a_minute_and_then_waits() -> None:
    clock = Clock()
    limits = Limits(Redis(), clock)  # type: ignore[arg-type]
    assert await _spend(limits, 150) == 100
    with pytest.raises(TooManyRequests) as refusal:
        await limits.spend("person", "budi", 100)
    assert 0 < refusal.value.retry_after <= 61
    await limits.spend("person", "sari", 100)
    clock.now += 60
    assert await _spend(limits, 1) == 1


async def test_two_processes_share_one_limit() -> None:
    redis, clock = Redis(), Clock()
    first, second = Limits(redis, clock), Limits(redis, clock)  # type: ignore[arg-type]
    passed = await _spend(first, 80) + await _spend(second, 80)
    assert 95 <= passed <= 105


async def test_most_requests_cost_no_round_trip() -> None:
    redis = Redis()
    assert await _spend(Limits(redis, Clock()), 100) == 100  # type: ignore[arg-type]
    assert redis.trips <= 20


async def test_without_redis_the_process_still_says_no() -> None:
    redis = Redis()
    redis.is_away = True
    assert await _spend(Limits(redis, Clock()), 300) == 100  # type: ignore[arg-type]
    assert redis.trips == 1, "a Redis that is away is not asked on every request"


async def test_losing_redis_in_the_middle_does_not_open_the_gate() -> None:
    redis = Redis()
    limits = Limits(redis, Clock())  # type: ignore[arg-type]
    passed = await _spend(limits, 60)
    redis.is_away = True
    assert passed + await _spend(limits, 200) == 100


async def test_many_at_once_take_one_portion_together() -> None:
    redis = Redis()
    limits = Limits(redis, Clock())  # type: ignore[arg-type]
    outcomes = await asyncio.gather(
        *(limits.spend("person", "budi", 100) for _ in range(100)), return_exceptions=True
    )
    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    assert redis.trips <= 20


async def test_what_is_left_counts_what_other_processes_took() -> None:
    redis, clock = Redis(), Clock()
    here, there = Limits(redis, clock), Limits(redis, clock)  # type: ignore[arg-type]
    assert (await here.spend("key", "k", 100)).left == 99
    assert (await there.spend("key", "k", 100)).left == 94
    told = await here.spend("key", "k", 100)
    assert (told.most, told.seconds) == (100, 60 - int(clock.now % 60) + 1)

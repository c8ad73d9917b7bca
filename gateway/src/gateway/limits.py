"""How often one caller may ask: counted in Redis for all processes, in this process when it is away.

A process takes its share from Redis in portions, so that most requests cost no round trip. What takes
long is limited too: how much of it one caller has at once, and how long a body may take to arrive.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from shared.errors import TooManyRequests, TooSlow

log = structlog.get_logger()

WINDOW_SECONDS = 60
REDIS_SECONDS = 0.1
# After a failure Redis is left alone this long, so that requests do not queue up for its timeout.
PAUSE_SECONDS = 2.0
MAX_CALLERS = 50_000
BODY_SECONDS = 120.0
_PORTIONS = 20


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller may still ask within the minute that runs: of `most`, for so many `seconds`."""

    most: int
    left: int
    seconds: int

    def headers(self) -> dict[str, str]:
        """As `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10)."""
        return {
            "RateLimit-Policy": f'"minute";q={self.most};w={WINDOW_SECONDS}',
            "RateLimit": f'"minute";r={self.left};t={self.seconds}',
        }


@dataclass(slots=True)
class _Share:
    """What one caller may still spend in this process and window."""

    window: int
    left: int = 0
    spent: int = 0
    elsewhere: int = 0
    is_used_up: bool = False
    refilling: asyncio.Lock = field(default_factory=asyncio.Lock)


class Limits:
    """Fixed windows of a minute per name and caller."""

    def __init__(self, redis: Redis, clock: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._clock = clock
        self._shares: OrderedDict[str, _Share] = OrderedDict()
        self._paused_until = 0.0

    @classmethod
    def over(cls, redis_url: str) -> "Limits":
        """Limits that ask Redis once, briefly, and do without when it does not answer."""
        return cls(
            Redis.from_url(
                redis_url,
                socket_timeout=REDIS_SECONDS,
                socket_connect_timeout=REDIS_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
        )

    async def spend(self, name: str, caller: str, per_minute: int) -> Allowance:
        """Count one request; raises `TooManyRequests` when the caller had enough.

        What is left is true for all processes together at the time of the last portion.
        """
        now = self._clock()
        share = self._share(f"{name}:{caller}", int(now // WINDOW_SECONDS))
        if share.left == 0:
            async with share.refilling:
                if share.left == 0 and not share.is_used_up:
                    await self._refill(share, f"{name}:{caller}", per_minute)
        if share.left == 0:
            raise TooManyRequests(retry_after=int(WINDOW_SECONDS - now % WINDOW_SECONDS) + 1)
        share.left -= 1
        share.spent += 1
        seconds = int(WINDOW_SECONDS - now % WINDOW_SECONDS) + 1
        return Allowance(per_minute, share.left + share.elsewhere, seconds)

    async def close(self) -> None:
        """Close the connections to Redis."""
        await self._redis.aclose()

    def _share(self, key: str, window: int) -> _Share:
        share = self._shares.get(key)
        if share is None or share.window != window:
            share = self._shares[key] = _Share(window)
            self._shares.move_to_end(key)
            if len(self._shares) > MAX_CALLERS:
                self._shares.popitem(last=False)
        return share

    async def _refill(self, share: _Share, key: str, per_minute: int) -> None:
        """Take the next portion; without Redis this process counts alone, it never lets all pass."""
        portion = max(1, per_minute // _PORTIONS)
        taken = await self._take(f"rate:{key}:{share.window}", portion)
        if taken is None:
            taken = share.spent + portion
        share.left = max(0, min(portion, per_minute - (taken - portion)))
        share.elsewhere = max(0, per_minute - taken)
        share.is_used_up = share.left == 0

    async def _take(self, key: str, portion: int) -> int | None:
        if self._clock() < self._paused_until:
            return None
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                async with self._redis.pipeline(transaction=False) as pipe:
                    pipe.incrby(key, portion)
                    pipe.expire(key, 2 * WINDOW_SECONDS)
                    taken, _ = await pipe.execute()
        except (RedisError, OSError, TimeoutError) as error:
            self._paused_until = self._clock() + PAUSE_SECONDS
            log.warning("rate_limits_without_redis", error=repr(error))
            return None
        return int(taken)


class AtOnce:
    """How many of something one caller has at once in this process; the next one waits for a while."""

    def __init__(self, most: int, wait_seconds: float) -> None:
        self._most = most
        self._wait_seconds = wait_seconds
        # A caller is forgotten with the last request that holds or waits for a place.
        self._places: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def hold(self, caller: str) -> AsyncIterator[None]:
        """One place of the caller's; raises `TooManyRequests` when none becomes free in time."""
        places = self._places.get(caller)
        if places is None:
            places = self._places[caller] = asyncio.Semaphore(self._most)
        try:
            async with asyncio.timeout(self._wait_seconds):
                await places.acquire()
        except TimeoutError:
            raise TooManyRequests(retry_after=5) from None
        try:
            yield
        finally:
            places.release()


@asynccontextmanager
async def arriving() -> AsyncIterator[None]:
    """The time in which a body has to be here; raises `TooSlow`."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            yield
    except TimeoutError:
        raise TooSlow from None

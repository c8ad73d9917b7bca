"""Hints for live pages: after the broker has an event, one small entry in one Redis stream.

A hint says that something changed, never what. Losing one costs a refresh, so Redis may be away.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from shared.events.base import Envelope

log = structlog.get_logger()

STREAM = "live"
KEPT_HINTS = 10_000
# The one hint that is about no single thing: the figures of a dashboard moved.
FIGURES_TYPE = "figures"
_REDIS_SECONDS = 0.5
# After a failure Redis is left alone this long, so that events do not wait for its timeouts.
_PAUSE_SECONDS = 2.0

Publish = Callable[[Sequence[Envelope]], Awaitable[None]]
Fields = Mapping[Any, Any]


class Reach(NamedTuple):
    """Whom a hint concerns besides staff: the person `who`, and them only when it is public."""

    who: UUID | None = None
    is_public: bool = False


class HintStream:
    """Writes hints, as far as Redis takes them; never raises and never makes anyone wait for long."""

    def __init__(self, redis_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = Redis.from_url(
            redis_url,
            socket_timeout=_REDIS_SECONDS,
            socket_connect_timeout=_REDIS_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._clock = clock
        self._paused_until = 0.0

    async def add(self, hints: Sequence[Fields]) -> None:
        """Append hints in one round trip."""
        if not hints or self._clock() < self._paused_until:
            return
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for hint in hints:
                    pipeline.xadd(STREAM, dict(hint), maxlen=KEPT_HINTS, approximate=True)
                await pipeline.execute()
        except (RedisError, OSError, TimeoutError) as error:
            self._paused_until = self._clock() + _PAUSE_SECONDS
            log.warning("hints_lost", count=len(hints), error=repr(error))

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def hints_to(stream: HintStream, reach_of: Callable[[Envelope], Reach]) -> Publish:
    """A function that adds hints of published events to the stream `live`."""

    async def publish(envelopes: Sequence[Envelope]) -> None:
        await stream.add([_hint(e, reach_of(e)) for e in envelopes if not e.is_snapshot])

    return publish


def _hint(envelope: Envelope, reach: Reach) -> Fields:
    return {
        "type": envelope.type,
        "subject": str(envelope.subject),
        "version": envelope.sequence,
        "who": str(reach.who or ""),
        "public": int(reach.is_public),
    }

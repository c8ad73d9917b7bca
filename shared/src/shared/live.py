"""Hints for live pages: after the broker has an event, one small entry in one Redis stream.

A hint says that something changed, never what. Losing one costs a refresh, so Redis may be away.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.events.base import Envelope

log = structlog.get_logger()

STREAM = "live"
_KEPT_HINTS = 10_000


def hints_to(redis_url: str) -> Callable[[Sequence[Envelope]], Awaitable[None]]:
    """A function that adds hints of published events to the stream `live`."""
    redis = Redis.from_url(redis_url, socket_timeout=0.5, socket_connect_timeout=0.5)

    async def publish(envelopes: Sequence[Envelope]) -> None:
        try:
            async with redis.pipeline(transaction=False) as pipeline:
                for envelope in envelopes:
                    if not envelope.is_snapshot:
                        pipeline.xadd(
                            STREAM,
                            _hint(envelope),
                            maxlen=_KEPT_HINTS,
                            approximate=True,
                        )
                await pipeline.execute()
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("hints_lost", count=len(envelopes), error=repr(error))

    return publish


def _hint(envelope: Envelope) -> dict[Any, Any]:
    return {
        "type": envelope.type,
        "subject": str(envelope.subject),
        "version": envelope.sequence,
    }

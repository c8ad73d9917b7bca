"""Live hints: one reader of the Redis stream in each process, fanned out to everybody who listens.

The last hints are kept, so that who comes back within minutes hears what was missed. Whenever
something may have been missed, the word is `resync`: the page then fetches everything it shows.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from prometheus_client import Counter, Gauge
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from gateway.hints import (
    RESYNC,
    STAFF,
    START,
    Audience,
    Hint,
    Place,
    events_for,
    topics_of,
)
from shared.live import STREAM

log = structlog.get_logger()

STREAMS_OF_ONE = 5
STREAMS_IN_ALL = 10_000
KEPT_HINTS = 4_000
WAITING_EVENTS = 200
_BATCH = 500
_BLOCK_SECONDS = 2.0
_REDIS_SECONDS = 5.0
_MAX_BACKOFF_SECONDS = 5.0

LIVE_STREAMS = Gauge("live_streams", "Open streams of live hints.")
LIVE_HINTS = Counter("live_hints_total", "Hints told to streams, by event.", ["event"])
_COUNTED = {name: LIVE_HINTS.labels(name) for name in ("ticket", "queue", "figures", "resync")}
LIVE_DROPPED = Counter("live_dropped_total", "Streams ended because nobody took their hints.")


@dataclass(frozen=True)
class Pace:
    """Times of a stream in seconds.

    Rights are looked at every `check`, and what is `known` of them is at most so old, as with
    sessions: together they keep the promise that a right taken away ends a stream within five.
    `rest` comes after each sending, so that hints gather; `patience` is for a browser that takes
    nothing.
    """

    beat: float = 15.0
    check: float = 0.9
    known: float = 4.0
    rest: float = 0.05
    patience: float = 10.0


class Listener:
    """What waits for one stream; a newer hint about the same thing takes the place of the older."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self.has_ended = False
        self._waiting: dict[str, bytes] = {}
        self._at = START
        self._woken = asyncio.Event()

    def tell(self, name: str, event: bytes, at: Place) -> None:
        """Add an event; when too many wait, one `resync` stands for all of them."""
        _COUNTED.get(name, _COUNTED["ticket"]).inc()
        if "resync" not in self._waiting:
            self._waiting[name] = event
        if name == "resync" or len(self._waiting) > WAITING_EVENTS:
            self._waiting = {"resync": RESYNC}
        self._at = max(self._at, at)
        self._woken.set()

    def end(self) -> None:
        """Let the stream come to its end."""
        self.has_ended = True
        self._woken.set()

    async def news(self, seconds: float) -> bytes:
        """What came meanwhile, waiting at most so long; only the last event carries the id."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return b""
        return b"\n".join(waiting.values()) + marked(self._at)


class Live:
    """The reader and those who listen; it starts with the first of them."""

    def __init__(self, redis_url: str, *, kept: int = KEPT_HINTS) -> None:
        self.is_listening = False
        self.is_stopping = False
        self._redis_url = redis_url
        self._recent: deque[Hint] = deque(maxlen=kept)
        self._floor = START
        self._cursor: Place | None = None
        self._listeners: set[Listener] = set()
        self._by_topic: defaultdict[str, set[Listener]] = defaultdict(set)
        self._by_key: defaultdict[str, set[Listener]] = defaultdict(set)
        self._reader: asyncio.Task[None] | None = None

    @property
    def at(self) -> Place:
        """Up to where hints were told."""
        return self._cursor or START

    def start(self) -> None:
        """Begin to read, if that has not begun yet."""
        if self._reader is None:
            self._reader = asyncio.create_task(self._read(), name="live")

    def stop(self) -> None:
        """End every stream; new ones are refused."""
        self.is_stopping = True
        for listener in self._listeners:
            listener.end()

    async def close(self) -> None:
        """Stop reading."""
        self.stop()
        if self._reader:
            self._reader.cancel()
            await asyncio.wait([self._reader])

    def join(self, audience: Audience, last: Place | None, since: Place | None) -> Listener | None:
        """Listen from now on; None when this person has enough streams.

        `last` is what the browser heard last, `since` when the page was made: what came after is
        told again, and `resync` when nobody remembers that far back.
        """
        of_one = self._by_key[audience.key]
        if len(of_one) >= STREAMS_OF_ONE or len(self._listeners) >= STREAMS_IN_ALL:
            return None
        self.start()
        listener = Listener(audience)
        self._catch_up(listener, last, since)
        of_one.add(listener)
        self._listeners.add(listener)
        for topic in audience.topics:
            self._by_topic[topic].add(listener)
        LIVE_STREAMS.inc()
        return listener

    def leave(self, listener: Listener) -> None:
        """No longer listen."""
        self._listeners.discard(listener)
        LIVE_STREAMS.dec()
        audience = listener.audience
        _drop(self._by_key, audience.key, listener)
        for topic in audience.topics:
            _drop(self._by_topic, topic, listener)

    def _catch_up(self, listener: Listener, last: Place | None, since: Place | None) -> None:
        heard = last or since
        if heard is None:
            return
        if heard < self._floor or (last is not None and last > self.at):
            listener.tell("resync", RESYNC, self.at)
            return
        missed = [hint for hint in self._recent if hint.at > heard]
        for name, event in events_for(listener.audience, missed).items():
            listener.tell(name, event, self.at)

    async def _read(self) -> None:
        """Follow the stream, through every fault of Redis."""
        backoff = 0.1
        while True:
            try:
                async with _redis(self._redis_url) as redis:
                    await self._begin(redis)
                    backoff = 0.1
                    while True:
                        await self._read_once(redis)
            except (RedisError, OSError, TimeoutError) as error:
                self.is_listening = False
                log.warning("live_interrupted", error=repr(error), retry_in=backoff)
                await asyncio.sleep(backoff)
                backoff = min(backoff * 2, _MAX_BACKOFF_SECONDS)

    async def _begin(self, redis: Redis) -> None:
        """The latest hints on the first time; after a fault some may never have been written."""
        if self._cursor is None:
            entries: Any = await redis.xrevrange(STREAM, count=self._recent.maxlen)
            self._forget(await _now(redis))
            for hint in reversed(_hints(entries)):
                self._remember(hint)
            if self._recent:
                self._floor = self._recent[0].at
        else:
            await redis.ping()
        self._resync()
        self.is_listening = True

    async def _read_once(self, redis: Redis) -> None:
        """The next hints, told; then `resync` when the stream was trimmed or emptied past us."""
        before = self.at
        block = int(_BLOCK_SECONDS * 1000)
        answer: Any = await redis.xread({STREAM: str(before)}, count=_BATCH, block=block)
        entries = answer[0][1] if answer else []
        has_gap = await self._has_gap(redis, before)
        if has_gap:
            self._forget(await _now(redis))
        hints = _hints(entries)
        for hint in hints:
            self._remember(hint)
        self._tell(hints)
        if has_gap:
            self._resync()

    async def _has_gap(self, redis: Redis, before: Place) -> bool:
        """Whether what came after this place is still there."""
        if before == START:
            return False
        try:
            stream = await redis.xinfo_stream(STREAM)
        except ResponseError:
            return True
        first, last = stream["first-entry"], Place.parse(stream["last-generated-id"])
        is_trimmed = first is not None and (Place.parse(first[0]) or START) > before
        return is_trimmed or last is None or last < before

    def _forget(self, now: Place) -> None:
        """Nothing before now is known."""
        self._recent.clear()
        self._floor, self._cursor = now, START

    def _remember(self, hint: Hint) -> None:
        if len(self._recent) == self._recent.maxlen:
            self._floor = self._recent[0].at
        self._recent.append(hint)
        self._cursor = hint.at

    def _tell(self, hints: Sequence[Hint]) -> None:
        """Fan out by topic, because a mass fault brings thousands of hints a second."""
        for hint in hints:
            event = hint.event
            for topic in topics_of(hint):
                for listener in self._by_topic.get(topic, ()):
                    if listener.audience.hears(hint):
                        listener.tell(hint.subject, event, hint.at)
        for listener in self._by_topic.get(STAFF, ()):
            for name, event in listener.audience.shares(hints).items():
                listener.tell(name, event, self.at)

    def _resync(self) -> None:
        for listener in self._listeners:
            listener.tell("resync", RESYNC, self.at)


def marked(at: Place) -> bytes:
    """The end of an event: its id, which the browser gives back when it comes again."""
    return b"\n" if at == START else f"id: {at}\n\n".encode()


def _redis(url: str) -> Redis:
    return Redis.from_url(
        url,
        decode_responses=True,
        protocol=2,
        socket_timeout=_REDIS_SECONDS,
        socket_connect_timeout=_REDIS_SECONDS,
        encoding_errors="replace",
        retry=Retry(NoBackoff(), 0),
    )


async def _now(redis: Redis) -> Place:
    seconds, micros = await redis.time()
    return Place(seconds * 1000 + micros // 1000, 0)


def _hints(entries: Iterable[tuple[str, dict[str, Any]]]) -> list[Hint]:
    return [Hint.of(entry_id, fields) for entry_id, fields in entries]


def _drop(table: defaultdict[str, set[Listener]], key: str, listener: Listener) -> None:
    table[key].discard(listener)
    if not table[key]:
        del table[key]

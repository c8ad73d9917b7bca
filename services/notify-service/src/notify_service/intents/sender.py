"""The part that sends: claims due intents, hands them to the mail server, records what became of them."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Protocol
from uuid import UUID

import structlog

from notify_service import metrics
from notify_service.clients import CHANNEL_FAILED, NotSent
from notify_service.intents import domain, handlers, queries
from notify_service.intents.domain import Failure, Letter, Outcome
from notify_service.intents.messages import Joined, Mailer, Writer, compose
from notify_service.intents.pacing import Breaker, Slots
from shared.db import Database
from shared.errors import Unavailable
from shared.ids import uuid7
from shared.kill_points import kill_point

log = structlog.get_logger()

_CLAIM_PAUSE_SECONDS = 0.01
_STOP_SECONDS = 15.0


class Carrier(Protocol):
    """What takes a mail to where it goes."""

    async def send(self, message: EmailMessage, *, sender: str, recipient: str) -> None:
        """Return when it was accepted; raises `NotSent`."""

    async def close_idle(self, *, older_than: float = ...) -> None:
        """Close what has not been used for so many seconds."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast and how patiently to send; `retry_scale` shortens the schedule, for tests."""

    connections: int = 8
    poll_seconds: float = 0.5
    lease_seconds: float = 10.0
    retry_scale: float = 1.0


class Sender:
    """Sends until stopped. Several may run: each due intent is claimed by one of them.

    A claim lasts while its owner renews its lease; of an owner that is gone, the intents are sent
    again with the same Message-ID and counted as unknown, since the first try may have arrived.
    """

    def __init__(
        self, db: Database, carrier: Carrier, writer: Writer, mailer: Mailer, pace: Pace
    ) -> None:
        self._db = db
        self._carrier = carrier
        self._writer = writer
        self._mailer = mailer
        self._pace = pace
        self._owner = uuid7()
        self._slots = Slots(pace.connections)
        self._breaker = Breaker(
            first_pause=2.0 * pace.retry_scale, longest_pause=60.0 * pace.retry_scale
        )
        self._in_hand: set[UUID] = set()
        self._ready: deque[Letter] = deque()
        self._done: list[Outcome] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._held_until = 0.0
        self._tend_at = 0.0
        self._has_recovered = False
        self._wake = asyncio.Event()
        self._has_done = asyncio.Event()
        self._stopping = False
        self._is_ending = False

    def wake(self) -> None:
        """Say that there may be something to send."""
        self._wake.set()

    def stop(self) -> None:
        """Ask `run` to finish the messages in hand, record them and give its lease back."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Send until stopped, through every fault of the database and the mail server."""
        recording = asyncio.create_task(self._record_until_ended(), name="recorder")
        while not self._stopping and not recording.done():
            self._wake.clear()
            await self._survive(self._work)
            self._dispatch()
            await asyncio.sleep(_CLAIM_PAUSE_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._pace.poll_seconds)
        self._put_back_ready()
        self._is_ending = True
        self._has_done.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(recording, _STOP_SECONDS)
        await self._survive(self._release)
        await self._carrier.close_idle(older_than=0)

    async def _survive(self, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except Unavailable as error:
            log.warning("sender_interrupted", error=repr(error.__cause__))

    async def _work(self) -> None:
        await self._tend()
        await self._claim()

    async def _tend(self) -> None:
        """A few times within each lease: extend it, take back what was lost, measure."""
        now = time.monotonic()
        if now < self._tend_at:
            return
        self._tend_at = now + self._pace.lease_seconds / 5
        async with self._db.read() as connection:
            await queries.renew_lease(connection, self._owner, self._pace.lease_seconds)
            self._held_until = now + self._pace.lease_seconds
            lost = await queries.take_back_lost(connection, self._owner, self._in_hand)
            await queries.free_overlooked(connection)
            backlog = await queries.backlog(connection)
        for intent_id in lost:
            metrics.UNKNOWN.labels("email").inc()
            log.warning("message_taken_back", intent_id=str(intent_id))
        metrics.DUE.labels("email").set(backlog["due"])
        metrics.OLDEST_SECONDS.labels("email").set(backlog["oldest"])
        metrics.WAITING.set(backlog["waiting"])
        metrics.CHANNEL_IS_DOWN.labels("email").set(self._breaker.is_open)
        await self._carrier.close_idle()

    async def _claim(self) -> None:
        room = self._pace.connections * 2 - len(self._in_hand)
        now = time.monotonic()
        if (
            room <= 0
            or now >= self._held_until
            or not self._breaker.allows(now, len(self._in_hand))
        ):
            return
        async with self._db.read() as connection:
            if self._has_recovered:
                await queries.hurry(connection, CHANNEL_FAILED)
                self._has_recovered = False
            letters = await queries.claim_due(
                connection, self._owner, 1 if self._breaker.is_open else room
            )
        self._in_hand.update(letter.id for letter in letters)
        for letter in letters:
            if outcome := domain.obstacle(letter, datetime.now(UTC)):
                self._finish(outcome)
            else:
                self._ready.append(letter)
        if len(letters) == room:
            self._wake.set()

    def _dispatch(self) -> None:
        """Start what may start; let messages to a troubled domain step aside; the rest waits here."""
        for _ in range(len(self._ready)):
            letter, now = self._ready.popleft(), time.monotonic()
            may_try = self._breaker.allows(now, len(self._sending)) and now < self._held_until
            if not may_try:
                self._finish(domain.put_back(letter, datetime.now(UTC), 0))
            elif self._slots.has_room(letter.domain, now):
                self._start(letter, now)
            elif self._slots.is_troubled(letter.domain, now):
                seconds = self._slots.wait_seconds(letter.domain) * self._pace.retry_scale
                self._finish(domain.put_back(letter, datetime.now(UTC), seconds))
            else:
                self._ready.append(letter)

    def _start(self, letter: Letter, now: float) -> None:
        self._slots.start(letter.domain, now)
        task = asyncio.create_task(self._send(letter, now), name="send")
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, letter: Letter, started: float) -> None:
        has_failed: bool | None = None
        try:
            await self._hand_over(letter)
        except NotSent as error:
            has_failed = None if error.failure.of_channel else not error.failure.is_permanent
            outcome = self._after(letter, error.failure)
        except Unavailable:
            outcome = domain.put_back(letter, datetime.now(UTC), 1)
        except Exception as error:
            log.error("message_not_written", **_of(letter), exc_info=error)
            outcome = self._after(letter, Failure("internal", repr(error)[:500]))
        else:
            has_failed = False
            outcome = domain.accepted(letter, datetime.now(UTC))
        if has_failed is not None:
            self._has_recovered |= self._breaker.note_success()
        self._slots.end(letter.domain, started, has_failed=has_failed)
        self._finish(outcome)
        self._dispatch()

    async def _hand_over(self, letter: Letter) -> None:
        now, recipient = datetime.now(UTC), self._mailer.recipient(letter)
        if not recipient:
            raise NotSent(Failure("no_carrier", "Nothing carries to phones.", is_permanent=True))
        text = self._writer.write(letter, await self._told_in(letter), now)
        message = compose(letter, text, self._mailer, now)
        kill_point("before_smtp")
        await self._carrier.send(message, sender=self._mailer.address, recipient=recipient)
        kill_point("after_smtp")

    async def _told_in(self, letter: Letter) -> Sequence[Joined]:
        """What a message tells; only one that was held can tell more than its own event."""
        if not letter.was_held:
            return (Joined(letter.rule, letter.notice.happened_at, letter.notice.data),)
        async with self._db.read() as connection:
            rows = await queries.joined_to(connection, letter.id)
        return [Joined(**dict(row)) for row in rows]

    def _after(self, letter: Letter, failure: Failure) -> Outcome:
        if failure.of_channel:
            self._breaker.note_failure(time.monotonic())
        if failure.is_uncertain:
            metrics.UNKNOWN.labels("email").inc()
        chance = random.random()  # noqa: S311 - spreads tries, keeps no secret
        scale = self._pace.retry_scale
        log.warning("message_not_sent", **_of(letter), code=failure.code)
        return domain.failed(letter, failure, datetime.now(UTC), scale, chance)

    def _finish(self, outcome: Outcome) -> None:
        self._done.append(outcome)
        self._has_done.set()

    async def _record_until_ended(self) -> None:
        """Write outcomes down as they come, all that are there in one transaction."""
        while not self._is_ending or self._in_hand:
            await self._has_done.wait()
            self._has_done.clear()
            batch, self._done = self._done, []
            try:
                await self._record(batch)
            except Unavailable as error:
                log.warning("record_delayed", count=len(batch), error=repr(error.__cause__))
                self._done[:0] = batch
                self._has_done.set()
                await asyncio.sleep(0.2)

    async def _record(self, batch: Sequence[Outcome]) -> None:
        kill_point("before_record")
        async with self._db.transaction() as tx:
            recorded = await handlers.record(tx, self._owner, batch)
        self._in_hand.difference_update(outcome.letter.id for outcome in batch)
        for outcome in batch:
            _note(outcome, is_ours=outcome.letter.id in recorded)

    def _put_back_ready(self) -> None:
        while self._ready:
            self._finish(domain.put_back(self._ready.popleft(), datetime.now(UTC), 0))

    async def _release(self) -> None:
        async with self._db.read() as connection:
            await queries.release_lease(connection, self._owner)


def _note(outcome: Outcome, *, is_ours: bool) -> None:
    if not is_ours:
        metrics.MESSAGES.labels("email", "taken_over").inc()
        log.warning("message_taken_over", **_of(outcome.letter))
        return
    again = "again" if outcome.counts else "put_back"
    name = again if outcome.state == "pending" else outcome.state
    metrics.MESSAGES.labels("email", name).inc()
    if outcome.state == "sent":
        seconds = (outcome.at - outcome.letter.notice.happened_at).total_seconds()
        metrics.SECONDS.labels("email").observe(max(0.0, seconds))


def _of(letter: Letter) -> dict[str, str | None]:
    """What a log line says of a letter."""
    return {"intent_id": str(letter.id), "request_id": letter.notice.cause.request_id}

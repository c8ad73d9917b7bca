"""Reading families of topics: late, twice, through faults, and always to the same end."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from local.postgres import Postgres
from shared.db import Database
from shared.events.base import Envelope, Event
from shared.events.ticket import TicketClosed, TicketCreated, TicketReplied, TicketSolved
from shared.ids import uuid7
from shared.metrics import EVENTS_CONSUMED, EVENTS_OUT_OF_SEQUENCE
from shared.migrate import migrate
from shared.tracing import Cause
from tests.builders import TicketStory
from tests.fixtures.child import child, has_ended
from tests.fixtures.databases import DatabaseFactory, UrlFactory
from tests.fixtures.kafka_log import create_topics
from tests.fixtures.topics import OwnKafka
from tests.fixtures.waiting import eventually, wait_for
from tests.integration.shared.conftest import Ledger, new_ledger
from tests.integration.shared.consumers import consuming, produce, produce_fast
from tests.integration.shared.outboxes import (
    TOPICS,
    make_aggregates,
    relaying,
    say_at_once,
    say_in,
    waiting,
)

FOUR: tuple[type[Event], ...] = (TicketCreated, TicketReplied, TicketSolved, TicketClosed)


def life() -> tuple[TicketStory, list[Envelope]]:
    """Four events in four topics."""
    story = TicketStory()
    return story, [story.created(), story.replied(), story.solved(), story.closed()]


def holds(ledger: Ledger, count: int) -> Callable[[], Awaitable[bool]]:
    async def has_so_many() -> bool:
        return await ledger.count() >= count

    return has_so_many


class TestOrder:
    async def test_a_late_consumer_ends_with_the_same_state_as_one_from_the_start(
        self, database: DatabaseFactory, kafka: str
    ) -> None:
        """2,000 aggregates with events in four topics; the late one reads topic after topic."""
        create_topics(kafka, TOPICS)
        db = await database()
        things = await make_aggregates(db, 2000)
        early = await new_ledger(await database(), "early")
        late = await new_ledger(await database(), "late")
        async with relaying(db, kafka, lease_seconds=10), consuming(early, kafka):
            for n, contract in enumerate(FOUR):
                await say_at_once(db, things, n + 1, contract)
            await eventually(holds(early, 8000), seconds=120, every=0.5)
        async with consuming(late, kafka):
            await eventually(holds(late, 8000), seconds=120, every=0.5)
        states = await early.states()
        assert len(states) == 2000
        assert await late.states() == states
        for ledger in (early, late):
            assert await ledger.count() == 8000
            assert await ledger.count("parked") == 0
            assert await ledger.count("dead_letter") == 0

    async def test_duplicates_are_skipped(self, ledger: Ledger, kafka: str) -> None:
        create_topics(kafka, TOPICS)
        lives = [life() for _ in range(20)]
        events = [e for _, events in lives for e in events]
        async with consuming(ledger, kafka):
            await produce_fast(kafka, [*events, *events])
            last = TicketStory()
            await produce(kafka, [*events, last.created()])
            await eventually(partial(has_applied, ledger, last), seconds=30)
        for story, _ in lives:
            assert await ledger.versions(story.ticket.id) == [1, 2, 3, 4]

    async def test_any_order_in_the_log_ends_in_version_order(
        self, ledger: Ledger, kafka: str
    ) -> None:
        create_topics(kafka, TOPICS)
        lives = [life() for _ in range(30)]
        events = [e for _, events in lives for e in events]
        random.Random(3).shuffle(events)
        async with consuming(ledger, kafka):
            await produce(kafka, events)
            await eventually(holds(ledger, len(events)), seconds=30)
        for story, _ in lives:
            assert await ledger.versions(story.ticket.id) == [1, 2, 3, 4]

    async def test_a_topic_that_is_made_later_is_read_too(self, ledger: Ledger, kafka: str) -> None:
        create_topics(kafka, ["ticket.created"])
        story, events = life()
        async with consuming(ledger, kafka):
            await produce(kafka, events[:1])
            await eventually(holds(ledger, 1), seconds=20)
            create_topics(kafka, [t for t in TOPICS if t != "ticket.created"])
            await produce(kafka, events[1:])
            await eventually(holds(ledger, 4), seconds=30)
        assert await ledger.versions(story.ticket.id) == [1, 2, 3, 4]


class TestGaps:
    async def test_a_gap_is_given_up_only_after_the_grace(self, ledger: Ledger, kafka: str) -> None:
        create_topics(kafka, TOPICS)
        story, (one, _, three, four) = life()
        given_up = EVENTS_OUT_OF_SEQUENCE._value.get()
        async with consuming(ledger, kafka, gap_grace=4):
            await produce(kafka, [one, three, four])
            await eventually(partial(is_parked, ledger, 2), seconds=20)
            await asyncio.sleep(3)
            assert await ledger.versions(story.ticket.id) == [1]
            await eventually(holds(ledger, 3), seconds=20)
        assert await ledger.versions(story.ticket.id) == [1, 3, 4]
        assert EVENTS_OUT_OF_SEQUENCE._value.get() == given_up + 1

    async def test_a_gap_is_not_given_up_while_the_missing_event_may_be_unread(
        self, ledger: Ledger, kafka: str
    ) -> None:
        """Without any grace: the ends of the logs, noted when it was parked, hold it back."""
        create_topics(kafka, TOPICS)
        story, (one, two, three, _) = life()
        others = [TicketStory().created() for _ in range(3000)]
        await produce_fast(kafka, [one, three])
        await produce_fast(kafka, [replied(e) for e in others])
        await produce_fast(kafka, [two])
        given_up = EVENTS_OUT_OF_SEQUENCE._value.get()
        async with consuming(ledger, kafka, gap_grace=0):
            await eventually(partial(applied_are, ledger, story, 3), seconds=60, every=0.2)
        assert await ledger.versions(story.ticket.id) == [1, 2, 3]
        assert EVENTS_OUT_OF_SEQUENCE._value.get() == given_up

    async def test_a_snapshot_closes_a_gap_at_once(self, ledger: Ledger, kafka: str) -> None:
        create_topics(kafka, TOPICS)
        story, (_, _, _, four) = life()
        async with consuming(ledger, kafka, gap_grace=600):
            await produce(kafka, [four])
            await eventually(partial(is_parked, ledger, 1), seconds=20)
            await produce(kafka, [story.snapshot(), story.replied()])
            await eventually(holds(ledger, 2), seconds=20)
        assert await ledger.versions(story.ticket.id) == [4, 5]


class TestFaults:
    async def test_a_poisonous_event_stops_its_aggregate_and_nobody_else(
        self, ledger: Ledger, kafka: str
    ) -> None:
        create_topics(kafka, TOPICS)
        bad, good = life(), life()
        ledger.breaks_on.add(bad[0].ticket.id)
        async with consuming(ledger, kafka):
            await produce(kafka, [e for pair in zip(bad[1], good[1], strict=True) for e in pair])
            await eventually(holds(ledger, 4), seconds=20)
            assert await ledger.versions(good[0].ticket.id) == [1, 2, 3, 4]
            assert await ledger.versions(bad[0].ticket.id) == []
            (dead,) = await ledger.dead_letters()
            ledger.breaks_on.clear()
            assert await ledger.inbox.replay(dead["id"])
            more = bad[0].replied()
            await produce(kafka, [more])
            await eventually(holds(ledger, 9), seconds=20)
        assert await ledger.versions(bad[0].ticket.id) == [1, 2, 3, 4, 5]

    async def test_an_unreadable_record_does_not_stop_its_partition(
        self, ledger: Ledger, kafka: str
    ) -> None:
        create_topics(kafka, TOPICS)
        story, events = life()
        producer = AIOKafkaProducer(bootstrap_servers=kafka)
        await producer.start()
        for partition in range(6):
            for headers in ([], [("ce_id", b"\xff")], [("ce_id", None)], [("x", b"\x00")]):
                await producer.send_and_wait(
                    "ticket.created", b"\x00\xff", partition=partition, headers=headers
                )
            await producer.send_and_wait("ticket.created", None, b"key", partition=partition)
        await producer.stop()
        async with consuming(ledger, kafka):
            await produce(kafka, events)
            await eventually(holds(ledger, 4), seconds=20)
        assert await ledger.count("dead_letter") == 30
        assert await ledger.versions(story.ticket.id) == [1, 2, 3, 4]

    async def test_a_database_that_stops_and_comes_back_loses_nothing(
        self, own_database: tuple[Postgres, Database], kafka: str
    ) -> None:
        create_topics(kafka, TOPICS)
        server, db = own_database
        ledger = await new_ledger(db)
        lives = [life() for _ in range(60)]
        buried = EVENTS_CONSUMED.labels("ticket.created", "dead")._value.get()
        async with consuming(ledger, kafka):
            producing = asyncio.create_task(produce(kafka, interleaved(lives)))
            await eventually(holds(ledger, 20), seconds=20)
            server.kill()
            await asyncio.sleep(1.5)
            server.start()
            await eventually(partial(has_grown, ledger), seconds=30)
            server.stop()
            await asyncio.sleep(1.5)
            server.start()
            await producing
            await eventually(holds(ledger, 240), seconds=60)
        for story, _ in lives:
            assert await ledger.versions(story.ticket.id) == [1, 2, 3, 4]
        assert await ledger.count("dead_letter") == 0
        assert EVENTS_CONSUMED.labels("ticket.created", "dead")._value.get() == buried

    async def test_a_consumer_stops_properly_while_its_database_is_away(
        self, own_database: tuple[Postgres, Database], kafka: str
    ) -> None:
        create_topics(kafka, TOPICS)
        server, db = own_database
        ledger = await new_ledger(db)
        async with consuming(ledger, kafka):
            await produce(kafka, life()[1])
            await eventually(holds(ledger, 4), seconds=20)
            server.stop()
            await produce(kafka, [e for _ in range(8) for e in life()[1]])
            await asyncio.sleep(1)
        server.start()
        async with consuming(ledger, kafka):
            await eventually(holds(ledger, 36), seconds=30)

    async def test_a_consumer_killed_anywhere_applies_everything_once(
        self, database_url: UrlFactory, kafka: str
    ) -> None:
        create_topics(kafka, TOPICS)
        url = await database_url()
        db = Database(url, name="test")
        await db.open()
        ledger = await new_ledger(db)
        lives = [life() for _ in range(25)]
        await produce_fast(kafka, interleaved(lives))
        environment = {"DSN": url, "KAFKA_BOOTSTRAP_SERVERS": kafka}
        for point in (
            "before_apply:5",
            "before_commit:12",
            "after_commit:7",
            "after_apply:9",
            "before_offset_commit",
            "after_offset_commit",
        ):
            await produce_fast(kafka, life()[1])
            with child("consumer_process", environment | {"KILL_POINT": point}) as process:
                wait_for(partial(has_ended, process), seconds=40)
                assert process.returncode == -signal.SIGKILL, point
        async with consuming(ledger, kafka):
            await eventually(holds(ledger, 124), seconds=60)
        for story, _ in lives:
            assert await ledger.versions(story.ticket.id) == [1, 2, 3, 4]
        assert await ledger.count() == 124
        await db.close()

    async def test_members_come_and_go_and_nothing_is_lost(
        self, ledger: Ledger, kafka: str
    ) -> None:
        create_topics(kafka, TOPICS)
        lives = [life() for _ in range(150)]
        async with consuming(ledger, kafka):
            producing = asyncio.create_task(produce(kafka, interleaved(lives)))
            for _ in range(3):
                async with consuming(ledger, kafka):
                    await asyncio.sleep(1.5)
            await producing
            await eventually(holds(ledger, 600), seconds=60)
        for story, _ in lives:
            assert await ledger.versions(story.ticket.id) == [1, 2, 3, 4]
        assert await ledger.count() == 600

    async def test_after_a_proper_stop_nothing_is_read_again(
        self, ledger: Ledger, kafka: str
    ) -> None:
        create_topics(kafka, TOPICS)
        async with consuming(ledger, kafka):
            await produce(kafka, life()[1])
            await eventually(holds(ledger, 4), seconds=20)
        skipped = EVENTS_CONSUMED.labels("ticket.created", "skipped")._value.get()
        async with consuming(ledger, kafka):
            await produce(kafka, life()[1])
            await eventually(holds(ledger, 8), seconds=20)
        assert EVENTS_CONSUMED.labels("ticket.created", "skipped")._value.get() == skipped


class TestNewBroker:
    async def test_a_wiped_broker_is_filled_and_read_from_the_start(
        self, database: DatabaseFactory, own_kafka: OwnKafka
    ) -> None:
        broker = own_kafka()
        db = await database()
        things = await make_aggregates(db, 20)
        ledger = await new_ledger(await database())
        absent = await new_ledger(await database(), "absent")
        async with relaying(db, broker.bootstrap_servers):
            async with consuming(ledger, broker.bootstrap_servers):
                await say_in(db, *((thing, TicketCreated) for thing in sorted(things)))
                await eventually(holds(ledger, 20), seconds=30)
                broker.wipe()
                # More than was there before, so that old positions point into the new log.
                for _ in range(4):
                    await say_in(db, *((thing, TicketReplied) for thing in sorted(things)))
                broker.start()
                await eventually(holds(ledger, 100), seconds=90)
                assert await waiting(db) == 0
                await say_in(db, *((thing, TicketSolved) for thing in sorted(things)))
                await eventually(holds(ledger, 120), seconds=60)
            async with consuming(absent, broker.bootstrap_servers):
                await eventually(holds(absent, 120), seconds=60)
        for thing in things:
            assert await ledger.versions(thing) == [1, 2, 3, 4, 5, 6]
        assert await absent.states() == await ledger.states()

    async def test_a_consumer_that_was_away_meanwhile_forgets_its_old_positions(
        self, database: DatabaseFactory, own_kafka: OwnKafka
    ) -> None:
        broker = own_kafka()
        db = await database()
        things = await make_aggregates(db, 20)
        ledger = await new_ledger(await database())
        async with relaying(db, broker.bootstrap_servers):
            async with consuming(ledger, broker.bootstrap_servers):
                await say_in(db, *((thing, TicketCreated) for thing in sorted(things)))
                await eventually(holds(ledger, 20), seconds=30)
            await say_in(db, *((thing, TicketReplied) for thing in sorted(things)))
            broker.wipe()
            broker.start()
            async with consuming(ledger, broker.bootstrap_servers):
                await eventually(holds(ledger, 40), seconds=90)
        for thing in things:
            assert await ledger.versions(thing) == [1, 2]


@pytest.fixture
async def own_database(tmp_path: Path) -> AsyncIterator[tuple[Postgres, Database]]:
    """A server of the test's own, with the tables of `shared`."""
    server = Postgres(tmp_path / "postgres")
    server.start()
    dsn = server.create_database("ledger", "ledger")
    await migrate(dsn)
    db = Database(dsn, name="test")
    await db.open()
    yield server, db
    await db.close()
    server.remove()


def replied(created: Envelope) -> Envelope:
    """An event of another aggregate in the topic of the replies."""
    return Envelope(
        id=uuid7(),
        source="test",
        type="ticket.replied",
        time=created.time,
        subject=uuid7(),
        sequence=1,
        schema_version=1,
        cause=Cause(),
        data=created.data,
    )


def interleaved(lives: list[tuple[TicketStory, list[Envelope]]]) -> list[Envelope]:
    return [events[n] for n in range(4) for _, events in lives]


async def has_applied(ledger: Ledger, story: TicketStory) -> bool:
    return bool(await ledger.versions(story.ticket.id))


async def applied_are(ledger: Ledger, story: TicketStory, count: int) -> bool:
    return len(await ledger.versions(story.ticket.id)) == count


async def is_parked(ledger: Ledger, count: int) -> bool:
    return await ledger.count("parked") == count


async def has_grown(ledger: Ledger) -> bool:
    before = await ledger.count()
    await asyncio.sleep(0.2)
    return await ledger.count() > before

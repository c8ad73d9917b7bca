"""Publishing: everything that was committed, in each aggregate's order, whatever fails meanwhile."""

import asyncio
import random
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from functools import partial
from uuid import UUID

import pytest

from local.kafka.apache import ApacheKafka
from shared import outbox
from shared.db import Database
from shared.events.base import Envelope
from shared.events.ticket import TicketClosed, TicketCreated, TicketReplied, TicketSolved
from shared.ids import uuid7
from tests.builders import event, ticket_facts
from tests.fixtures.child import child, has_ended
from tests.fixtures.databases import DatabaseFactory, UrlFactory
from tests.fixtures.kafka_log import create_topics, is_in_order, read_log, set_topic
from tests.fixtures.proxy import Proxy
from tests.fixtures.topics import OwnKafka
from tests.fixtures.waiting import eventually, wait_for
from tests.integration.shared.outboxes import (
    TOPICS,
    make_aggregates,
    relaying,
    say,
    say_in,
    waiting,
)


@pytest.fixture
async def db(database: DatabaseFactory) -> Database:
    return await database()


class TestWriting:
    async def test_writers_of_one_aggregate_take_turns(self, db: Database) -> None:
        (thing,) = await make_aggregates(db, 1)
        await asyncio.gather(*(say_in(db, (thing, TicketReplied)) for _ in range(40)))
        async with db.read() as connection:
            rows = await connection.fetch("SELECT aggregate_version FROM outbox ORDER BY id")
        assert [row["aggregate_version"] for row in rows] == list(range(1, 41))

    async def test_an_event_is_committed_with_its_cause_or_not_at_all(self, db: Database) -> None:
        (thing,) = await make_aggregates(db, 1)
        with suppress(RuntimeError):
            async with db.transaction() as tx:
                await say(tx, thing)
                raise RuntimeError
        assert await waiting(db) == 0
        await say_in(db, (thing, TicketReplied))
        async with db.read() as connection:
            assert await connection.fetchval("SELECT version FROM thing") == 1
        assert await waiting(db) == 1

    async def test_an_event_over_512_kilobytes_is_refused(self, db: Database) -> None:
        (thing,) = await make_aggregates(db, 1)
        with pytest.raises(outbox.EventTooLarge):
            async with db.transaction() as tx:
                await say(tx, thing, TicketReplied, body="x" * 512 * 1024)
        assert await waiting(db) == 0

    async def test_a_version_is_taken_once(self, db: Database) -> None:
        (thing,) = await make_aggregates(db, 1)
        told = event(TicketReplied, ticket=ticket_facts(id=thing))
        with pytest.raises(Exception, match="outbox_one_event_per_version"):
            async with db.transaction() as tx:
                await outbox.add(tx, thing, 1, told)
                await outbox.add(tx, thing, 1, told)

    async def test_what_was_published_long_ago_is_deleted(self, db: Database) -> None:
        things = await make_aggregates(db, 3)
        await say_in(db, *((thing, TicketReplied) for thing in things))
        ages = ("15 days", "13 days")
        async with db.transaction() as tx:
            for thing, age in zip(things, ages, strict=False):
                await tx.execute(
                    "UPDATE outbox SET published_at = now() - $2::text::interval"
                    " WHERE aggregate_id = $1",
                    thing,
                    age,
                )
        assert await outbox.delete_published(db) == 1
        assert await waiting(db) == 1


class TestPublishing:
    async def test_sixteen_writers_lose_nothing_and_invert_nothing(
        self, db: Database, kafka: str
    ) -> None:
        create_topics(kafka, TOPICS)
        things = await make_aggregates(db, 20)
        chance = random.Random(7)
        contracts = (TicketCreated, TicketReplied, TicketSolved, TicketClosed)

        async def write(count: int) -> None:
            for _ in range(count):
                picked = sorted(chance.sample(things, chance.choice((1, 1, 2))))
                await say_in(db, *((thing, chance.choice(contracts)) for thing in picked))

        async with relaying(db, kafka, lease_seconds=30) as relay:
            db.on_commit(relay.wake)
            await asyncio.gather(*(write(25) for _ in range(16)))
            await eventually(lambda: is_empty(db), seconds=30)
        entries = read_log(kafka)
        assert len(entries) == await committed(db)
        assert all(is_in_order(entries, thing) for thing in things)

    async def test_a_commit_wakes_the_relay(self, db: Database, kafka: str) -> None:
        create_topics(kafka, TOPICS)
        (thing,) = await make_aggregates(db, 1)
        heard: list[float] = []

        async def hear(_: Sequence[Envelope]) -> None:
            heard.append(time.time())

        async with relaying(db, kafka, lease_seconds=30, on_published=hear) as relay:
            db.on_commit(relay.wake)
            relay._poll_seconds = 60
            await eventually(lambda: lease_holders(db))
            for n in range(1, 6):
                await say_in(db, (thing, TicketReplied))
                await eventually(partial(has, heard, n), seconds=20, every=0.01)
        async with db.read() as connection:
            slowest = await connection.fetchval(
                "SELECT max(published_at - occurred_at) FROM outbox"
            )
        # Without being woken it would have slept for a minute.
        assert slowest.total_seconds() < 15

    async def test_version_two_never_lands_while_version_one_fails(
        self, db: Database, kafka: str
    ) -> None:
        create_topics(kafka, [t for t in TOPICS if t != "ticket.created"])
        create_topics(kafka, ["ticket.created"], max_message_bytes="100")
        stuck, free = await make_aggregates(db, 2)
        await say_in(db, (stuck, TicketCreated), (stuck, TicketReplied), (stuck, TicketSolved))
        await say_in(db, (free, TicketReplied), (free, TicketSolved))
        async with relaying(db, kafka):
            await eventually(lambda: waits(db, 3), seconds=20)
            await asyncio.sleep(1)
            subjects = [entry.envelope.subject for entry in read_log(kafka)]
            assert stuck not in subjects
            # What the broker took is marked, and not sent again with the one that it refuses.
            assert subjects.count(free) == 2
            set_topic(kafka, "ticket.created", max_message_bytes="1000000")
            await eventually(lambda: is_empty(db), seconds=30)
        entries = read_log(kafka)
        assert is_in_order(entries, stuck)
        assert len(entries) == 5

    async def test_a_slice_lost_between_two_waves_is_left_alone_even_when_it_comes_back(
        self, db: Database, kafka: str
    ) -> None:
        """Its second wave went by, so the third must not leave in this batch."""
        create_topics(kafka, TOPICS)
        lost, kept = await two_slices(db)
        for contract in (TicketCreated, TicketReplied, TicketSolved):
            await say_in(db, *((thing, contract) for thing in sorted((lost, kept))))
        waves = []

        async def between(envelopes: Sequence[Envelope]) -> None:
            waves.append([(e.subject, e.sequence) for e in envelopes])
            if len(waves) == 1:
                await take_away(db, lost, seconds=2)
                await asyncio.sleep(0.5)
            elif len(waves) == 2:
                await asyncio.sleep(2.2)

        async with relaying(db, kafka, lease_seconds=2, on_published=between):
            await eventually(lambda: is_empty(db), seconds=20)
        assert is_in_order(read_log(kafka), lost)
        versions = [version for wave in waves for subject, version in wave if subject == lost]
        assert versions == sorted(versions)

    async def test_an_event_that_is_committed_late_is_not_lost(
        self, db: Database, kafka: str
    ) -> None:
        create_topics(kafka, TOPICS)
        early, late = await make_aggregates(db, 2)
        async with relaying(db, kafka):
            async with db.transaction() as tx:
                await say(tx, late)
                await say_in(db, (early, TicketReplied))
                await eventually(lambda: is_empty(db))
                assert [e.envelope.subject for e in read_log(kafka)] == [early]
            await eventually(lambda: is_empty(db))
        assert {e.envelope.subject for e in read_log(kafka)} == {early, late}

    async def test_a_stopped_relay_hands_its_slices_over_at_once(
        self, db: Database, kafka: str
    ) -> None:
        create_topics(kafka, TOPICS)
        async with relaying(db, kafka, lease_seconds=60):
            await eventually(lambda: lease_holders(db))
        assert await lease_holders(db) == 0
        (thing,) = await make_aggregates(db, 1)
        await say_in(db, (thing, TicketReplied))
        async with relaying(db, kafka, lease_seconds=60):
            await eventually(lambda: is_empty(db), seconds=30)

    async def test_only_one_of_two_relays_works_on_a_slice(self, db: Database, kafka: str) -> None:
        create_topics(kafka, TOPICS)
        things = await make_aggregates(db, 30)
        async with relaying(db, kafka, lease_seconds=30), relaying(db, kafka, lease_seconds=30):
            for _ in range(5):
                await say_in(db, *((thing, TicketReplied) for thing in sorted(things)))
            await eventually(lambda: is_empty(db), seconds=20)
        assert len(read_log(kafka)) == 150


class TestFaults:
    async def test_another_relay_takes_over_from_a_frozen_one(
        self, database_url: UrlFactory, kafka: str
    ) -> None:
        """Frozen in the middle of its work, it may send again when it wakes, but nothing new."""
        create_topics(kafka, TOPICS)
        url = await database_url()
        db = Database(url, name="test")
        await db.open()
        things = await make_aggregates(db, 10)
        stop_writing = asyncio.Event()

        async def keep_writing() -> None:
            while not stop_writing.is_set():
                await say_in(db, *((thing, TicketReplied) for thing in sorted(things)))
                await asyncio.sleep(0.002)

        writing = asyncio.create_task(keep_writing())
        with relay_process(url, kafka) as process:
            for _ in range(3):
                await eventually(lambda: is_published(db), seconds=20)
                process.send_signal(signal.SIGSTOP)
                async with relaying(db, kafka, lease_seconds=1):
                    await asyncio.sleep(0.5)
                    before = await published(db)
                    await eventually(partial(has_grown, db, before), seconds=15)
                    process.send_signal(signal.SIGCONT)
                    await asyncio.sleep(0.5)
            stop_writing.set()
            await writing
            await eventually(lambda: is_empty(db), seconds=30)
        entries = read_log(kafka)
        assert all(is_in_order(entries, thing) for thing in things)
        assert len({e.envelope.id for e in entries}) == await committed(db)
        await db.close()

    async def test_a_relay_killed_in_the_middle_loses_nothing(
        self, database_url: UrlFactory, kafka: str
    ) -> None:
        create_topics(kafka, TOPICS)
        url = await database_url()
        db = Database(url, name="test")
        await db.open()
        things = await make_aggregates(db, 10)
        for _ in range(20):
            await say_in(db, *((thing, TicketReplied) for thing in sorted(things)))
        for point in ("before_produce:2", "after_produce:3", "after_mark:4"):
            with relay_process(url, kafka, KILL_POINT=point) as process:
                wait_for(partial(has_ended, process), seconds=20)
                assert process.returncode == -signal.SIGKILL
        async with relaying(db, kafka, lease_seconds=1):
            await eventually(lambda: is_empty(db), seconds=20)
        entries = read_log(kafka)
        assert all(is_in_order(entries, thing) for thing in things)
        # One wave was sent and not marked: it came twice, and nothing else did.
        assert len(entries) == 200 + len(things)
        await db.close()

    async def test_events_wait_for_a_broker_that_does_not_answer(
        self, db: Database, kafka_behind_proxy: tuple[ApacheKafka, Proxy]
    ) -> None:
        broker, proxy = kafka_behind_proxy
        create_topics(proxy.address, TOPICS)
        things = await make_aggregates(db, 8)

        async def write() -> None:
            await say_in(db, *((thing, TicketReplied) for thing in sorted(things)))

        async with relaying(db, proxy.address, lease_seconds=2):
            await write()
            await eventually(lambda: is_empty(db), seconds=20)
            for fault, end in (
                (broker.pause, broker.resume),
                (proxy.cut, proxy.heal),
                (proxy.blackhole, proxy.heal),
            ):
                fault()
                for _ in range(20):
                    await write()
                await asyncio.sleep(3)
                assert await waiting(db) == 20 * len(things)
                end()
                await eventually(lambda: is_empty(db), seconds=40)
        entries = read_log(proxy.address)
        assert all(is_in_order(entries, thing) for thing in things)
        assert len({e.envelope.id for e in entries}) == 61 * len(things)

    async def test_a_broker_that_lost_its_data_is_filled_again(
        self, db: Database, own_kafka: OwnKafka
    ) -> None:
        broker = own_kafka()
        things = await make_aggregates(db, 10)
        async with relaying(db, broker.bootstrap_servers):
            await say_in(db, *((thing, TicketCreated) for thing in sorted(things)))
            await eventually(lambda: is_empty(db), seconds=20)
            broker.wipe()
            await say_in(db, *((thing, TicketReplied) for thing in sorted(things)))
            broker.start()
            await eventually(lambda: is_empty(db), seconds=60)
            # And again, with nothing to say meanwhile: an idle relay notices too.
            before = await cluster_seen(db)
            broker.wipe()
            broker.start()
            await eventually(partial(has_seen_another, db, before), seconds=90)
            await eventually(lambda: is_empty(db), seconds=60)
        entries = read_log(broker.bootstrap_servers)
        by_sequence = [entry.envelope.sequence for entry in entries]
        assert sorted(by_sequence) == [1] * 10 + [2] * 10

    async def test_filling_again_takes_no_statement_that_grows_with_the_outbox(
        self, db: Database
    ) -> None:
        (thing,) = await make_aggregates(db, 1)
        async with db.transaction() as tx:
            await tx.execute(
                """
                INSERT INTO outbox (event_id, type, schema_version, aggregate_id,
                    aggregate_version, slice, payload, published_at)
                SELECT gen_random_uuid(), 'ticket.replied', 1, $1, n, 0, '{}',
                    CASE WHEN n % 3 > 0 THEN now() END
                FROM generate_series(1, 45000) n
                """,
                thing,
            )
        async with db.transaction() as tx:
            assert await outbox.publish_again(tx) == 30_000
        assert await waiting(db) == 45_000


def has(heard: list[float], count: int) -> bool:
    return len(heard) == count


async def is_empty(db: Database) -> bool:
    return await waiting(db) == 0


async def cluster_seen(db: Database) -> str:
    async with db.read() as connection:
        seen: str = await connection.fetchval(
            "SELECT cluster_id FROM broker_seen WHERE role = 'relay'"
        )
    return seen


async def has_seen_another(db: Database, before: str) -> bool:
    return await cluster_seen(db) != before


async def two_slices(db: Database) -> tuple[UUID, UUID]:
    """Aggregates that different leases stand for."""
    things = await make_aggregates(db, 40)
    other = next(t for t in things if t.int % outbox.SLICES != things[0].int % outbox.SLICES)
    return things[0], other


async def take_away(db: Database, thing: UUID, *, seconds: float) -> None:
    """Let another relay hold the slice of an aggregate for so long."""
    async with db.transaction() as tx:
        await tx.execute(
            """
            UPDATE outbox_lease SET owner = $2, epoch = epoch + 1,
                expires_at = clock_timestamp() + make_interval(secs => $3)
            WHERE slice = $1
            """,
            thing.int % outbox.SLICES,
            uuid7(),
            seconds,
        )


async def waits(db: Database, count: int) -> bool:
    return await waiting(db) == count


async def committed(db: Database) -> int:
    async with db.read() as connection:
        count: int = await connection.fetchval("SELECT count(*) FROM outbox")
    return count


async def published(db: Database) -> int:
    return await committed(db) - await waiting(db)


async def is_published(db: Database) -> bool:
    before = await published(db)
    return await has_grown(db, before)


async def has_grown(db: Database, before: int) -> bool:
    await asyncio.sleep(0.1)
    return await published(db) > before


async def lease_holders(db: Database) -> int:
    async with db.read() as connection:
        count: int = await connection.fetchval(
            "SELECT count(*) FROM outbox_lease WHERE expires_at > now()"
        )
    return count


def relay_process(
    url: str, servers: str, **more: str
) -> AbstractContextManager["subprocess.Popen[bytes]"]:
    """A relay in a process of its own."""
    settings = {"DSN": url, "KAFKA_BOOTSTRAP_SERVERS": servers, "LEASE_SECONDS": "1"}
    return child("relay_process", settings | more)

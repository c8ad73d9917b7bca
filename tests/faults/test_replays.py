"""The log is lost, or read again from its beginning: nobody knows more, less or anything else."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from local.environment import SERVICES
from local.stack import in_parallel
from tests.faults import evidence, report
from tests.faults.denials import Denials
from tests.faults.digest import differences, digest
from tests.faults.field import MEMBERS
from tests.faults.portal import Portal, staff_email, under_load
from tests.fixtures.environment import service_named
from tests.fixtures.system import Visitor
from tests.fixtures.waiting import eventually, wait_for

BACK_SECONDS = 60.0
LISTENERS = ("identity-service", "ticket-service", "notify-service", "analytics-service")
ENOUGH = 60
FORGET = "DELETE FROM consumed; DELETE FROM parked"


async def test_a_broker_that_lost_everything_is_filled_again_and_nobody_is_told_twice(
    portal: Portal, denials: Denials, dice: random.Random
) -> None:
    await _work(portal, dice)
    async with _nothing_changes(portal, "broker lost everything, with a new cluster id"):
        log = {one.event_id for one in await evidence.tickets_logged(portal.field.servers)}
        await asyncio.to_thread(portal.broker.wipe)
        assert not await asyncio.to_thread(denials.passed)
        await asyncio.to_thread(portal.broker.start)
        await eventually(lambda: _is_filled(portal, log), seconds=BACK_SECONDS)
    await _work(portal, dice)


async def test_every_topic_read_from_the_start_again_changes_nothing_and_sends_nothing(
    portal: Portal, dice: random.Random
) -> None:
    await _work(portal, dice)
    snapshots = [partial(portal.run, service, "resync") for service in SERVICES]
    await asyncio.to_thread(in_parallel, snapshots)
    async with _nothing_changes(portal, "every topic read again from its start"):
        await asyncio.to_thread(_stop_consumers, portal)
        await asyncio.to_thread(_start_consumers, portal)


async def test_nobody_is_told_again_when_even_what_was_read_is_forgotten(
    portal: Portal, dice: random.Random
) -> None:
    await _work(portal, dice)
    newcomer = await asyncio.to_thread(_join_team, portal)
    try:
        async with _nothing_changes(portal, "the same, and nobody knows what was read before"):
            await asyncio.to_thread(_stop_consumers, portal)
            await _forget_what_was_read(portal)
            await asyncio.to_thread(_start_consumers, portal)
    finally:
        await asyncio.to_thread(newcomer.leave)


async def _work(portal: Portal, dice: random.Random) -> None:
    """Something that can be read again."""
    async with under_load(portal, dice) as load:
        await eventually(lambda: load.acknowledged >= ENOUGH, seconds=BACK_SECONDS)


@asynccontextmanager
async def _nothing_changes(portal: Portal, name: str) -> AsyncIterator[None]:
    """What every service knows and what was sent is the same after the block, once all was read."""
    await _settle(portal)
    before = await _state(portal)
    yield
    await _settle(portal)
    after = await _state(portal)
    records = len(await evidence.tickets_logged(portal.field.servers))
    changed = differences(before, after)
    report.note_reading(report.Reading(name, records, sum(map(len, after.values())), changed))
    assert not changed


async def _settle(portal: Portal) -> None:
    await _until_all_is_read(portal)
    await portal.field.quiet()


async def _state(portal: Portal) -> dict[str, dict[str, str]]:
    """What every service knows, and how many mails there are."""
    digests = {name: await digest(dsn) for name, dsn in portal.dsns.items()}
    mails = await asyncio.to_thread(evidence.mails_in, portal.mailbox.directory)
    return {**digests, "mailbox": {"mails": str(mails.total())}}


async def _is_filled(portal: Portal, before: set[UUID]) -> bool:
    """Whether all that the log held is there again."""
    return before <= {one.event_id for one in await evidence.tickets_logged(portal.field.servers)}


async def _until_all_is_read(portal: Portal) -> None:
    """Wait until every group has committed the end of every topic of its families."""
    admin = AdminClient({"bootstrap.servers": portal.field.servers})
    for service in LISTENERS:
        await eventually(partial(_has_read_all, admin, service), seconds=BACK_SECONDS, every=0.5)


def _has_read_all(admin: AdminClient, service: str) -> bool:
    try:
        behind = _behind(admin, service)
    except (KafkaException, TimeoutError) as error:
        raise AssertionError("the broker is not ready yet") from error
    assert not behind, f"{service} has not read {behind}"
    return True


def _behind(admin: AdminClient, service: str) -> dict[str, str]:
    """How far a service is behind the ends of the topics that it reads."""
    subscription = service_named(service).worker.subscription
    assert subscription
    partitions = [
        TopicPartition(name, number)
        for name, topic in admin.list_topics(timeout=10).topics.items()
        if name.partition(".")[0] in subscription.families
        for number in topic.partitions
    ]
    newest: Any = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    ends = admin.list_offsets(dict.fromkeys(partitions, newest))
    group = ConsumerGroupTopicPartitions(subscription.name)
    committed = admin.list_consumer_group_offsets([group])[subscription.name].result(10)
    read = {(tp.topic, tp.partition): tp.offset for tp in committed.topic_partitions}
    return {
        f"{tp.topic}-{tp.partition}": f"{read.get((tp.topic, tp.partition), 0)} of {end}"
        for tp, answer in ends.items()
        if (end := answer.result(10).offset) > read.get((tp.topic, tp.partition), 0)
    }


def _stop_consumers(portal: Portal) -> None:
    """Stop those who listen, and let the broker forget how far they had read."""
    in_parallel(portal.services[service].stop for service in LISTENERS)
    admin = AdminClient({"bootstrap.servers": portal.field.servers})
    names = [s.name for n in LISTENERS if (s := service_named(n).worker.subscription)]
    wait_for(lambda: _forgets(admin, names), seconds=30, every=0.5)


def _forgets(admin: AdminClient, groups: Sequence[str]) -> bool:
    """Whether the groups are gone; a member that ended is in its group until its session ends."""
    for deleted in admin.delete_consumer_groups(list(groups)).values():
        deleted.exception(10)
    left = {group.group_id for group in admin.list_consumer_groups().result(10).valid}
    return left.isdisjoint(groups)


def _start_consumers(portal: Portal) -> None:
    in_parallel(portal.services[service].start for service in LISTENERS)


async def _forget_what_was_read(portal: Portal) -> None:
    for service in LISTENERS:
        async with evidence.connected(portal.own_database_url(service)) as connection:
            await connection.execute(FORGET)


@dataclass
class Newcomer:
    """An employee who joined the team after its tickets were told of."""

    boss: Visitor
    user_id: UUID

    def leave(self) -> None:
        """Leave the team again."""
        self._be_in([])

    def join(self, team_id: UUID) -> None:
        """Be one of those who are told of new tickets from now on."""
        self._be_in([str(team_id)])

    def _be_in(self, team_ids: list[str]) -> None:
        answer = self.boss.api("PATCH", f"/users/{self.user_id}", {"team_ids": team_ids})
        assert answer.status_code == 200, answer.text


def _join_team(portal: Portal) -> Newcomer:
    people = portal.field.people
    newcomer = Newcomer(portal.logged_in(staff_email(0)), people.agents[MEMBERS].id)
    newcomer.join(people.team.id)
    return newcomer

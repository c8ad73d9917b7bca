"""The log is lost, or read again from its beginning: nobody knows more, less or anything else."""

import asyncio
import random
from collections.abc import Sequence
from uuid import UUID

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from local.environment import SERVICES
from tests.faults import evidence
from tests.faults.digest import differences, digest
from tests.faults.portal import Portal, under_load
from tests.fixtures.environment import service_named
from tests.fixtures.waiting import eventually, wait_for

BACK_SECONDS = 60.0
LISTENERS = ("ticket-service", "notify-service", "analytics-service")
FORGET = "TRUNCATE consumed, parked"


async def test_a_broker_that_lost_everything_is_filled_again_and_nobody_is_told_twice(
    portal: Portal, dice: random.Random
) -> None:
    async with under_load(portal, dice, "broker wiped: before"):
        pass
    before, mails = await _state(portal)
    log = {logged.event_id for logged in await evidence.tickets_logged(portal.field.servers)}
    await asyncio.to_thread(portal.broker.wipe)
    await asyncio.to_thread(portal.broker.start)
    await eventually(lambda: _is_filled(portal, log), seconds=BACK_SECONDS)
    await _until_all_is_read(portal)
    await portal.field.quiet()
    assert not differences(before, (await _state(portal))[0])
    assert (await _state(portal))[1] == mails
    async with under_load(portal, dice, "broker wiped: after"):
        pass


@pytest.mark.parametrize("memory", ["kept", "lost"])
async def test_every_topic_read_from_the_start_again_changes_nothing_and_sends_nothing(
    portal: Portal, dice: random.Random, memory: str
) -> None:
    async with under_load(portal, dice, f"read again, memory of what was read {memory}: before"):
        pass
    for service in SERVICES:
        await asyncio.to_thread(portal.run, service, "resync")
    await _until_all_is_read(portal)
    await portal.field.quiet()
    before, mails = await _state(portal)
    await asyncio.to_thread(_stop_consumers, portal)
    if memory == "lost":
        await _forget_what_was_read(portal)
    await asyncio.to_thread(_start_consumers, portal)
    await _until_all_is_read(portal)
    await portal.field.quiet()
    after, mails_after = await _state(portal)
    assert not differences(before, after)
    assert mails_after == mails


async def _state(portal: Portal) -> tuple[dict[str, dict[str, str]], int]:
    """What every service knows, and how many mails there are."""
    digests = {name: await digest(dsn) for name, dsn in portal.dsns.items()}
    mails = await asyncio.to_thread(evidence.mails_in, portal.mailbox.directory)
    return digests, mails.total()


async def _is_filled(portal: Portal, before: set[UUID]) -> bool:
    """Whether all that the log held is there again."""
    return before <= {one.event_id for one in await evidence.tickets_logged(portal.field.servers)}


async def _until_all_is_read(portal: Portal) -> None:
    """Wait until every group has committed the end of every topic of its families."""
    admin = AdminClient({"bootstrap.servers": portal.field.servers})
    for service in LISTENERS:
        await eventually(lambda s=service: _has_read_all(admin, s), seconds=BACK_SECONDS, every=0.5)


def _has_read_all(admin: AdminClient, service: str) -> bool:
    subscription = service_named(service).worker.subscription
    assert subscription
    partitions = [
        TopicPartition(name, number)
        for name, topic in admin.list_topics(timeout=10).topics.items()
        if name.partition(".")[0] in subscription.families
        for number in topic.partitions
    ]
    ends = admin.list_offsets(dict.fromkeys(partitions, OffsetSpec.latest()))
    group = ConsumerGroupTopicPartitions(subscription.name)
    committed = admin.list_consumer_group_offsets([group])[subscription.name].result(10)
    read = {(tp.topic, tp.partition): tp.offset for tp in committed.topic_partitions}
    behind = {
        f"{tp.topic}-{tp.partition}": f"{read.get((tp.topic, tp.partition), 0)} of {end}"
        for tp, answer in ends.items()
        if (end := answer.result(10).offset) > read.get((tp.topic, tp.partition), 0)
    }
    assert not behind, f"{service} has not read {behind}"
    return True


def _stop_consumers(portal: Portal) -> None:
    """Stop those who listen, and let the broker forget how far they had read."""
    for service in LISTENERS:
        portal.services[service].stop()
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
    for service in LISTENERS:
        portal.services[service].start()


async def _forget_what_was_read(portal: Portal) -> None:
    for service in LISTENERS:
        async with evidence.connected(portal.own_database_url(service)) as connection:
            await connection.execute(FORGET)

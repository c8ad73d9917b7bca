"""Servers go away, one at a time, under load: what still works, what is refused, what arrives later."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from redis import Redis

from local.environment import SERVICES
from tests.faults.conftest import is_full
from tests.faults.denials import Denials
from tests.faults.functions import TICKET, Functions
from tests.faults.portal import CALLS_PER_MINUTE, Portal, customer_email, staff_email, under_load
from tests.fixtures.system import Visitor
from tests.fixtures.waiting import eventually

OUTAGE_SECONDS, FULL_OUTAGE_SECONDS = 8.0, 60.0
BACK_SECONDS = 30.0
SAID = {"cut": "gone", "blackhole": "silent"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every database is cut off; those that fall silent take longer, so most wait for the full run."""
    if "database" in metafunc.fixturenames:
        silent = SERVICES if is_full(metafunc.config) else ("ticket-service",)
        cases = [*((name, "cut") for name in SERVICES), *((name, "blackhole") for name in silent)]
        metafunc.parametrize("database", cases, ids=" ".join)


@pytest.fixture
def outage_seconds(pytestconfig: pytest.Config) -> float:
    """How long a server stays away."""
    return FULL_OUTAGE_SECONDS if is_full(pytestconfig) else OUTAGE_SECONDS


async def test_without_kafka_all_is_accepted_and_arrives_afterwards_in_order(
    portal: Portal, denials: Denials, dice: random.Random, outage_seconds: float
) -> None:
    async with under_load(portal, dice, f"Kafka away for {outage_seconds:g} s") as load:
        await asyncio.to_thread(portal.kafka.kill)
        before, until = load.acknowledged, time.monotonic() + outage_seconds
        while time.monotonic() < until:
            await _succeeds(denials.customer.api, "POST", "/tickets", TICKET)
            await _succeeds(denials.customer.get, "/tickets")
            assert not await asyncio.to_thread(denials.passed)
            await asyncio.sleep(1)
        assert load.acknowledged > before
        await asyncio.to_thread(portal.kafka.start)


@pytest.mark.parametrize(("how", "who"), [("stopped", 4), ("emptied", 5)])
async def test_without_redis_pages_logins_limits_and_forms_work_and_still_refuse(
    portal: Portal, denials: Denials, dice: random.Random, how: str, who: int
) -> None:
    async with under_load(portal, dice, f"Redis {how}"):
        if how == "stopped":
            await asyncio.to_thread(portal.redis.kill)
        else:
            await asyncio.to_thread(_flush, portal)
        try:
            assert not await asyncio.to_thread(denials.passed)
            visitor = await asyncio.to_thread(portal.logged_in, customer_email(who))
            await _succeeds(visitor.get, "/tickets")
            await _succeeds(visitor.submit, "/tickets/new", TICKET)
            staff = await asyncio.to_thread(portal.logged_in, staff_email(0))
            await _succeeds(staff.get, "/admin/tickets")
            assert await asyncio.to_thread(_is_limited, visitor)
        finally:
            if how == "stopped":
                await asyncio.to_thread(portal.redis.start)


@pytest.mark.parametrize("how", ["refusing", "away"])
async def test_without_a_mail_server_mails_wait_and_are_sent_once_it_is_back(
    portal: Portal, denials: Denials, dice: random.Random, how: str
) -> None:
    staff = await asyncio.to_thread(portal.logged_in, staff_email(0))
    async with under_load(portal, dice, f"mail server {how}") as load:
        if how == "refusing":
            await asyncio.to_thread(portal.mailbox.set_faults, refuse=451)
        else:
            await asyncio.to_thread(portal.mailbox.kill)
        try:
            enough = load.acknowledged + 30
            await eventually(lambda: load.acknowledged >= enough, seconds=BACK_SECONDS)
            await eventually(lambda: asyncio.to_thread(_waiting_mails, staff), seconds=BACK_SECONDS)
            assert not await asyncio.to_thread(denials.passed)
        finally:
            if how == "refusing":
                await asyncio.to_thread(portal.mailbox.set_faults)
            else:
                await asyncio.to_thread(portal.mailbox.start)


async def test_without_one_database_only_that_service_fails(
    portal: Portal, denials: Denials, dice: random.Random, database: tuple[str, str]
) -> None:
    service, how = database
    functions = await asyncio.to_thread(Functions.of, portal, denials)
    async with under_load(portal, dice, f"database of {service} {SAID[how]}"):
        link = await asyncio.to_thread(portal.system.mail_to, customer_email(0))
        functions.link = link.link("/t/")
        getattr(portal.proxies[service], how)()
        try:
            await asyncio.to_thread(functions.check, service)
            assert not await asyncio.to_thread(denials.passed)
        finally:
            portal.proxies[service].heal()
        await eventually(lambda: asyncio.to_thread(functions.all_work), seconds=BACK_SECONDS)


async def _succeeds(ask: Callable[..., httpx.Response], *what: Any) -> None:
    """The answer is a good one, and comes within the visitor's patience."""
    answer = await asyncio.to_thread(ask, *what)
    assert answer.status_code < 300, f"{what}: {answer.status_code} {answer.text[:500]}"


def _flush(portal: Portal) -> None:
    with Redis.from_url(portal.redis.url) as redis:
        redis.flushall()


def _is_limited(visitor: Visitor) -> bool:
    """Whether somebody who asks without end is stopped; a new minute may have begun meanwhile."""
    return any(visitor.api("GET", "/me").status_code == 429 for _ in range(2 * CALLS_PER_MINUTE))


def _waiting_mails(staff: Visitor) -> bool:
    """Whether staff can see mails that were tried and wait for another try."""
    answer = staff.api("GET", "/deliveries?state=pending&channel=email&limit=100")
    return any(delivery["attempts"] for delivery in answer.json()["items"])

"""A whole portal of its own, whose servers can be stopped and whose databases can be cut off one by one."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx

from local.environment import SERVICES, random_ports
from local.folders import Data
from local.kafka import ApacheKafka
from local.ports import LOOPBACK
from local.stack import Stack
from shared.auth import TokenMinter
from tests.builders import agent_facts, team_facts, user_facts
from tests.faults import checker, evidence, report
from tests.faults.field import AGENTS, MEMBERS, WRITERS, Field, People
from tests.faults.load import Load
from tests.fixtures.http import Tokens
from tests.fixtures.proxy import Proxy
from tests.fixtures.system import System, Visitor
from tests.fixtures.waiting import eventually

Try = Callable[[], httpx.Response]

PASSWORD = "angin-laut-membawa-hujan-3"
PATIENCE_SECONDS = 3.0
START_SECONDS = 30.0
PAUSE_SECONDS = 0.6
TRIES_AT_ONCE = 5
CALLS_PER_MINUTE = 600
TEAM = "siaga"
# Leases, retries and windows that are minutes in production.
QUICKLY = {
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "warning",
    "RELAY_LEASE_SECONDS": "1",
    "NOTIFY_LEASE_SECONDS": "1",
    "NOTIFY_JOIN_SECONDS": "1",
    "NOTIFY_RETRY_SCALE": "0.02",
    "GATEWAY_CALLS_PER_MINUTE": str(CALLS_PER_MINUTE),
    "GATEWAY_STRANGER_CALLS_PER_MINUTE": "100000",
}


class Portal(Stack):
    """Servers, services and gateway, with a proxy before each service's database."""

    def __init__(self, folder: Path, kafka: ApacheKafka) -> None:
        super().__init__(
            Data(folder), random_ports(), kafka=kafka, overrides=QUICKLY, say=lambda _: None
        )
        self.broker = kafka
        self.system = System(self)
        self.proxies = {name: Proxy(LOOPBACK, self.postgres.port) for name in SERVICES}

    def database_url(self, service: str) -> str:
        """Where a service finds its database: behind the proxy."""
        parts = urlsplit(self.own_database_url(service))
        login = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{login}@{self.proxies[service].address}"))

    def own_database_url(self, service: str) -> str:
        """Where the checker finds it, whatever the proxy does."""
        return super().database_url(service)

    @contextmanager
    def running(self) -> Iterator["Portal"]:
        """Everything started, with the people of the writers in it."""
        with ExitStack() as stack:
            stack.callback(self.postgres.remove)
            stack.callback(self.stop)
            stack.callback(self.system.close)
            for proxy in self.proxies.values():
                stack.enter_context(proxy)
            self.start_servers()
            self.migrate()
            file = self.data.root / "people.json"
            file.write_text(json.dumps(_seed()))
            self.seed(file)
            self.start_programs()
            yield self

    @cached_property
    def dsns(self) -> dict[str, str]:
        """The databases by the short names of their services."""
        return {name.removesuffix("-service"): self.own_database_url(name) for name in SERVICES}

    @cached_property
    def field(self) -> Field:
        """What the load and the checker need."""
        loop = asyncio.new_event_loop()
        people = loop.run_until_complete(_people(self.own_database_url("identity-service")))
        loop.close()
        return Field(
            servers=self.kafka.bootstrap_servers,
            dsns=self.dsns,
            ticket_url=self.services["ticket-service"].url,
            mailbox=self.mailbox,
            tokens=Tokens(
                TokenMinter.from_file(str(self.keys.token_key_file)), self.keys.token_jwks_file
            ),
            people=people,
        )

    def visitor(self) -> Visitor:
        """Somebody with a browser, who waits three seconds and no longer."""
        visitor = self.system.client()
        visitor.browser.timeout = PATIENCE_SECONDS
        return visitor

    def logged_in(self, email: str) -> Visitor:
        """One of the people, logged in."""
        visitor = self.visitor()
        visitor.log_in(email, PASSWORD)
        return visitor


def at_once(tries: Iterable[Try]) -> list[httpx.Response]:
    """The answers of several tries made side by side: some take all the patience there is."""
    with ThreadPoolExecutor(TRIES_AT_ONCE) as threads:
        return list(threads.map(lambda ask: ask(), tries))


@asynccontextmanager
async def under_load(portal: Portal, dice: random.Random, name: str = "") -> AsyncIterator[Load]:
    """Writers at work throughout the block; afterwards all must have arrived, once and in order.

    Under a name, the page of results tells of it.
    """
    run, began = f"r{dice.getrandbits(32):08x}", time.monotonic()
    await asyncio.to_thread(portal.mailbox.clear)
    async with portal.field.load(run, dice, PAUSE_SECONDS) as load:
        load.start()
        await eventually(lambda: load.acknowledged >= WRITERS, seconds=START_SECONDS)
        yield load
        acknowledged = await load.stop()
    await portal.field.quiet()
    figures = checker.compare(await portal.field.collect(run, acknowledged))
    if name:
        report.note(report.Trial(name, {}, figures, time.monotonic() - began))
    assert not figures.faults, str(figures)


def customer_email(nth: int) -> str:
    """The address of a customer."""
    return f"pelanggan-{nth}@pelanggan.example"


def staff_email(nth: int) -> str:
    """The address of an employee, who may do almost everything."""
    return f"pegawai-{nth}@padinet.example"


def _seed() -> Mapping[str, object]:
    customers = [(customer_email(n), "customer", ()) for n in range(WRITERS)]
    staff = [(staff_email(n), "supervisor", (TEAM,) if n < MEMBERS else ()) for n in range(AGENTS)]
    return {
        "teams": [{"key": TEAM, "name": "Siaga"}],
        "users": [
            {
                "email": email,
                "name": email,
                "role": role,
                "password": PASSWORD,
                "teams": teams,
            }
            for email, role, teams in (*customers, *staff)
        ],
    }


async def _people(dsn: str) -> People:
    """Who was seeded, with the ids that they got."""
    async with evidence.connected(dsn) as connection:
        users = await connection.fetch("SELECT id, email FROM app_user")
        team_id = await connection.fetchval("SELECT id FROM team WHERE key = $1", TEAM)
    ids = {row["email"]: row["id"] for row in users}
    return People(
        team_facts(id=team_id, key=TEAM),
        [user_facts(id=ids[customer_email(n)]) for n in range(WRITERS)],
        [agent_facts(id=ids[staff_email(n)]) for n in range(AGENTS)],
    )

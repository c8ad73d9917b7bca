"""Where faults happen: real servers, the databases of the services, and the people who use them."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import UUID

import aiohttp
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from local.mailbox import Mailbox
from local.ports import free_port
from shared.auth import Actor
from shared.broker import PARTITIONS, Broker
from shared.events import identity, notify, ticket
from shared.ids import uuid7
from shared.migrate import migrate
from tests.builders import admin, agent_facts, customer, envelope, team_facts, user_facts
from tests.faults import evidence, recorder
from tests.faults.checker import Acknowledged, Evidence
from tests.faults.load import ATTEMPT_SECONDS, Load, Writer
from tests.faults.tellings import expected_intents
from tests.faults.victims import Victim
from tests.fixtures.databases import Templates
from tests.fixtures.environment import environment
from tests.fixtures.http import Tokens
from tests.fixtures.waiting import eventually

WRITERS = 16
AGENTS = 4
MEMBERS = 2
QUIET_SECONDS = 90.0
LEARN_SECONDS = 60.0
MODULES = {
    "ticket": "ticket_service.main",
    "notify": "notify_service.main",
    "analytics": "analytics_service.main",
    "recorder": "tests.faults.recorder",
}


@dataclass(frozen=True)
class People:
    """Customers, and agents; some of them are the team that every new ticket goes to."""

    team: identity.TeamFacts
    customers: Sequence[identity.UserFacts]
    agents: Sequence[identity.UserFacts]

    @classmethod
    def invented(cls) -> "People":
        """As many as the writers need."""
        team = team_facts()
        return cls(
            team,
            [user_facts() for _ in range(WRITERS)],
            [agent_facts(team_ids=(team.id,) if n < MEMBERS else ()) for n in range(AGENTS)],
        )

    @property
    def teams(self) -> Mapping[UUID, frozenset[UUID]]:
        """The members of each team."""
        return {self.team.id: frozenset(agent.id for agent in self.agents[:MEMBERS])}

    def actors(self, nth: int) -> tuple[Actor, Actor]:
        """The customer and the agent of a writer."""
        agent = self.agents[nth % AGENTS]
        return customer(self.customers[nth].id), admin(agent.id, teams=(self.team.id,))


@dataclass(frozen=True)
class Field:
    """Services under load, and everything that shows what came of it.

    `dsns` lead to the databases past every proxy; `victims` are the services that can be killed.
    """

    servers: str
    dsns: Mapping[str, str]
    ticket_url: str
    mailbox: Mailbox
    tokens: Tokens
    people: People
    victims: Mapping[str, Victim] = field(default_factory=dict)

    @property
    def consumers(self) -> list[str]:
        """Those who listen to tickets."""
        return [name for name in ("notify", "analytics", "recorder") if name in self.dsns]

    async def introduce(self) -> None:
        """Let every service learn who there is, as it would from identity-service."""
        people = [*self.people.customers, *self.people.agents]
        said = [
            envelope(identity.TeamCreated(team=self.people.team), 1, self.people.team.id),
            *(envelope(identity.UserRegistered(user=user), 1, user.id) for user in people),
        ]
        async with Broker(self.servers, "introduction").producer() as producer:
            await producer.send_all(said, timeout=10)

    async def prepare(self) -> None:
        """Wait until everybody is known everywhere, and give new tickets to the team."""
        for service in ("ticket", "notify", "analytics"):
            await eventually(partial(self._knows, service), seconds=LEARN_SECONDS)
        await self._give_category_to_team()

    async def _knows(self, service: str) -> bool:
        people = {user.id for user in (*self.people.customers, *self.people.agents)}
        table = "contact" if service == "notify" else "person"
        async with evidence.connected(self.dsns[service]) as connection:
            known = {row["id"] for row in await connection.fetch(f"SELECT id FROM {table}")}
            teams = {row["id"] for row in await connection.fetch("SELECT id FROM team")}
        return people <= known and self.people.team.id in teams

    async def _give_category_to_team(self) -> None:
        token = self.tokens.token_for(admin(), "ticket-service")
        async with (
            aiohttp.ClientSession(self.ticket_url) as session,
            session.patch(
                "/categories/down",
                json={"team_id": str(self.people.team.id)},
                headers={"Authorization": f"Bearer {token}"},
            ) as answer,
        ):
            assert answer.status == 200, await answer.text()

    @asynccontextmanager
    async def load(self, run: str, dice: random.Random, pause: float) -> AsyncIterator[Load]:
        """Writers, not yet at work; sent home in the end, whatever happens."""
        timeout = aiohttp.ClientTimeout(total=ATTEMPT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            load = Load(
                [
                    Writer(
                        session,
                        self.ticket_url,
                        self.tokens,
                        *self.people.actors(nth),
                        run=run,
                        dice=random.Random(dice.random()),
                        pause_seconds=pause,
                    )
                    for nth in range(WRITERS)
                ]
            )
            try:
                yield load
            finally:
                await load.cancel()

    def revive(self) -> None:
        """Let every service live that does not."""
        for victim in self.victims.values():
            if not victim.pid:
                victim.start()

    async def quiet(self) -> None:
        """Wait until nothing is left to do anywhere; raises AssertionError saying what is."""
        await eventually(self._is_quiet, seconds=QUIET_SECONDS, every=0.25)

    async def _is_quiet(self) -> bool:
        async with evidence.connected(self.dsns["ticket"]) as connection:
            waiting = await connection.fetchval(_WAITING)
            assert not waiting, f"{waiting} ticket events are not published"
            rows = await connection.fetch(_LAST_VERSIONS)
        last = {row["aggregate_id"]: row["version"] for row in rows}
        for consumer in self.consumers:
            async with evidence.connected(self.dsns[consumer]) as connection:
                rows = await connection.fetch(
                    "SELECT aggregate_id, last_version FROM consumed WHERE aggregate_id = ANY($1)",
                    list(last),
                )
                behind = last.items() - {(row[0], row[1]) for row in rows}
                assert not behind, f"{consumer} is behind with {len(behind)} tickets"
        async with evidence.connected(self.dsns["notify"]) as connection:
            unsettled = await connection.fetchval(_UNSETTLED)
            assert not unsettled, f"{unsettled} intents are not settled"
            waiting = await connection.fetchval(_WAITING)
            assert not waiting, f"{waiting} notification events are not published"
        return True

    async def collect(self, run: str, acknowledged: Sequence[Acknowledged]) -> Evidence:
        """Everything that is there of a run."""
        async with evidence.connected(self.dsns["ticket"]) as connection:
            tickets = await evidence.ticket_ids(connection, run)
            effects = await evidence.effects_of(connection, run)
            said = await evidence.said_of(connection, tickets)
        events = [one.event_id for one in said]
        applied = None
        if "recorder" in self.dsns:
            async with evidence.connected(self.dsns["recorder"]) as connection:
                applied = await evidence.applied_of(connection, tickets)
        async with evidence.connected(self.dsns["notify"]) as connection:
            intents = await evidence.intents_of(connection, events)
            # A mail of another run's may carry news of this one.
            others = await evidence.other_intents(connection, events)
            others -= {intent.mail_id for intent in intents}
        mails = await asyncio.to_thread(evidence.mails_in, self.mailbox.directory)
        async with evidence.connected(self.dsns["analytics"]) as connection:
            facts = await evidence.facts_of(connection, tickets)
        dead = [
            letter
            for consumer in self.consumers
            for letter in await evidence.dead_letters_of(self.dsns[consumer])
        ]
        return Evidence(
            acknowledged=acknowledged,
            effects=effects,
            said=said,
            logged=await evidence.tickets_logged(self.servers),
            applied=applied,
            expected_intents=expected_intents(said, self.people.teams),
            intents=intents,
            mails=Counter({mail: n for mail, n in mails.items() if mail not in others}),
            facts=facts,
            dead_letters=dead,
        )


_WAITING = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
_LAST_VERSIONS = """
    SELECT aggregate_id, max(aggregate_version) AS version FROM outbox
    WHERE type LIKE 'ticket.%' GROUP BY aggregate_id
"""
_UNSETTLED = """
    SELECT count(*) FROM intent WHERE state IN ('sending', 'joined')
    OR (state = 'pending' AND due_at IS NOT NULL)
"""


async def create_topics(servers: str) -> None:
    """All topics, the tickets' with the time at which the broker appended a record."""
    own = [c.TYPE for c in ticket.CONTRACTS]
    stamped = {"message.timestamp.type": "LogAppendTime"}
    admin = AdminClient({"bootstrap.servers": servers})
    topics = [NewTopic(name, PARTITIONS, 1, config=stamped) for name in own]
    for future in admin.create_topics(topics).values():
        future.result(30)
    others = [c.TYPE for c in (*identity.CONTRACTS, *notify.CONTRACTS)]
    await Broker(servers, "topics").ensure_topics(others)


async def create_databases(templates: Templates) -> dict[str, str]:
    """A fresh database for each victim."""
    dsns = {name: await templates.clone(name) for name in ("ticket", "notify", "analytics")}
    dsns["recorder"] = await templates.clone("shared")
    await migrate(dsns["recorder"], recorder.MIGRATIONS)
    return dsns


def create_victims(
    folder: Path, dsns: Mapping[str, str], servers: str, redis_url: str, smtp_url: str, jwks: Path
) -> dict[str, Victim]:
    """The services, with leases so short that a new life takes over at once."""
    ports = {name: free_port() for name in MODULES}
    env = environment(
        jwks,
        KAFKA_BOOTSTRAP_SERVERS=servers,
        KAFKA_INSTANCE=f"victim-{uuid7()}",
        KAFKA_SESSION_SECONDS="6",
        REDIS_URL=redis_url,
        RELAY_LEASE_SECONDS="1",
        NOTIFY_SMTP_URL=smtp_url,
        NOTIFY_LEASE_SECONDS="1",
        NOTIFY_JOIN_SECONDS="1",
        LOG_LEVEL="warning",
        **{f"{name.upper()}_DATABASE_URL": dsn for name, dsn in dsns.items()},
        **{f"{name.upper()}_PORT": str(port) for name, port in ports.items()},
    )
    return {
        name: Victim(module, ports[name], env, folder / f"{name}.log")
        for name, module in MODULES.items()
    }

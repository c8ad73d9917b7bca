"""A post office for one test: a database, an inbox, a mail server that can misbehave, and a sender."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from local.mailbox.faults import Faults
from local.mailbox.parsing import Content, parse
from local.mailbox.smtp import Receiver, create_session
from local.mailbox.store import Store
from local.ports import LOOPBACK
from notify_service.clients import Smtp, SmtpAddress
from notify_service.intents.domain import Policy
from notify_service.intents.messages import Mailer, Writer
from notify_service.intents.rendering import Templates
from notify_service.intents.sender import Pace, Sender
from notify_service.worker import handlers_under
from shared.db import Database
from shared.events import identity
from shared.events.base import Envelope
from shared.inbox import Inbox
from shared.links import LinkKeys
from tests.builders import envelope, record, user_facts
from tests.fixtures.databases import DatabaseFactory
from tests.fixtures.environment import LINK_KEYS
from tests.fixtures.waiting import eventually

KEYS = LinkKeys.parse(LINK_KEYS)
MAILER = Mailer("PadiNET", "tiket@example.test")
TEMPLATES = Templates()
WRITER = Writer(TEMPLATES, "PadiNET", "http://localhost:8000", KEYS, "Asia/Jakarta")


@dataclass
class Sink:
    """A mail server in this process; `receiver.faults` says how it misbehaves."""

    receiver: Receiver
    port: int = 0
    server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen, on the port of before where there was one."""
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(
            lambda: create_session(self.receiver), LOOPBACK, self.port
        )
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more."""
        if self.server:
            self.server.close()
            self.server = None

    def misbehave(self, **faults: Any) -> None:
        """What goes wrong from now on; without arguments, nothing."""
        self.receiver.faults = Faults(**faults)

    def mails(self, to: str | None = None) -> list[Content]:
        """What arrived, the oldest first."""
        store = self.receiver.store
        return [parse(store.raw(entry)) for entry in reversed(list(store.entries(to)))]

    def subjects(self, to: str | None = None) -> list[str]:
        """The subject lines, the oldest first."""
        return [mail.subject for mail in self.mails(to)]


@dataclass
class Office:
    """notify-service on one database, without broker and without HTTP."""

    db: Database
    sink: Sink
    policy: Policy = field(default_factory=Policy)
    pace: Pace = field(
        default_factory=lambda: Pace(poll_seconds=0.05, lease_seconds=1.0, retry_scale=0.01)
    )
    running: list[tuple[Sender, "asyncio.Task[None]"]] = field(default_factory=list)

    @property
    def inbox(self) -> Inbox:
        """Where events come in, under the present policy."""
        return Inbox(self.db, "notify", handlers_under(self.policy))

    async def receive(self, *envelopes: Envelope) -> None:
        """Take in events one after the other."""
        for one in envelopes:
            await self.inbox.receive(record(one))

    async def knows(self, *people: identity.UserFacts) -> None:
        """Hear of people."""
        for person in people:
            event = identity.UserRegistered(user=person)
            await self.receive(envelope(event, 1, person.id))

    async def person(self, **given: Any) -> identity.UserFacts:
        """Somebody whom the service knows."""
        facts = user_facts(**given)
        await self.knows(facts)
        return facts

    def sender(self, **pace: Any) -> Sender:
        """A sender that is not yet running."""
        smtp = Smtp(SmtpAddress(LOOPBACK, self.sink.port), own_name="example.test", timeout=5.0)
        sender = Sender(self.db, smtp, WRITER, MAILER, replace(self.pace, **pace))
        self.db.on_commit(sender.wake)
        return sender

    def start(self, **pace: Any) -> Sender:
        """A sender at work until the end of the test."""
        sender = self.sender(**pace)
        self.running.append((sender, asyncio.create_task(sender.run())))
        return sender

    async def stop(self) -> None:
        """Let all senders finish."""
        running, self.running = self.running, []
        for sender, _ in running:
            sender.stop()
        for _, task in running:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def intents(self, **where: Any) -> list[dict[str, Any]]:
        """Rows of intents in the order in which they were made; `where` compares columns."""
        async with self.db.read() as connection:
            rows = await connection.fetch("SELECT * FROM intent ORDER BY id")
        return [dict(r) for r in rows if all(r[name] == value for name, value in where.items())]

    async def told(self, person: UUID) -> list[tuple[str, str]]:
        """What a person is told, as (rule, channel)."""
        return sorted((i["rule"], i["channel"]) for i in await self.intents(recipient_id=person))

    async def all_settled(self) -> None:
        """Wait until nothing is on its way any more."""

        async def settled() -> bool:
            return not [
                i
                for i in await self.intents(channel="email")
                if i["state"] in ("pending", "sending", "joined")
            ]

        await eventually(settled, seconds=15)

    async def execute(self, sql: str, *args: Any) -> None:
        """A statement that a test needs to make time pass or things go wrong."""
        async with self.db.read() as connection:
            await connection.execute(sql, *args)


@pytest.fixture
async def sink(tmp_path: Path) -> AsyncIterator[Sink]:
    """A mail server."""
    sink = Sink(Receiver(Store(tmp_path / "mails", 10_000)))
    await sink.start()
    yield sink
    await sink.stop()


@pytest.fixture
async def office(database: DatabaseFactory, sink: Sink) -> AsyncIterator[Office]:
    """notify-service, whose senders are stopped at the end."""
    office = Office(await database("notify"), sink)
    yield office
    await office.stop()


def both(*rules: str) -> list[tuple[str, str]]:
    """These rules on both channels, as `Office.told` gives them."""
    return sorted((rule, channel) for rule in rules for channel in ("email", "in_app"))


def by_rule(rows: Iterable[dict[str, Any]], rule: str) -> list[dict[str, Any]]:
    """Those of one rule."""
    return [row for row in rows if row["rule"] == rule]

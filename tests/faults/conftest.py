"""The field of the kill-point tests, how much is run, and what was counted, said in the end."""

import asyncio
import os
import random
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest
from confluent_kafka.admin import AdminClient

from local.mailbox import Mailbox
from tests.faults import report
from tests.faults.denials import Denials
from tests.faults.field import Field, People, create_databases, create_topics, create_victims
from tests.faults.portal import Portal
from tests.fixtures.databases import Templates
from tests.fixtures.http import Tokens
from tests.fixtures.servers import KafkaServer, apache_kafka
from tests.fixtures.topics import empty

ROUNDS = 20
FULL_ROUNDS = 200


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--full`: what `make faults` runs."""
    parser.addoption("--full", action="store_true", help="the fault tests in full number")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything below this folder is a fault test, and claims something about Kafka."""
    for item in items:
        if item.path.is_relative_to(os.path.dirname(__file__)):
            item.add_marker("faults")
            item.add_marker("kafka")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was counted; after a full run, docs/faults.md says it too."""
    for line in report.lines():
        terminalreporter.write_line(line)
    if is_full(terminalreporter.config):
        bad = [*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]
        report.write([test.nodeid for test in bad])


def is_full(config: pytest.Config) -> bool:
    """Whether the full number was asked for."""
    return bool(config.getoption("full", default=False))


@pytest.fixture(scope="session")
def seed() -> int:
    """What all chance in the fault tests comes from; FAULT_SEED repeats a run."""
    number = int(os.environ.get("FAULT_SEED") or secrets.randbelow(10**6))
    report.note_seed(number)
    return number


@pytest.fixture
def dice(seed: int, request: pytest.FixtureRequest) -> random.Random:
    """Chance for one test, whichever others run."""
    return random.Random(f"{seed} {request.node.name}")


@pytest.fixture(scope="session")
def rounds(pytestconfig: pytest.Config) -> int:
    """How often a service is killed at each point."""
    return int(os.environ.get("FAULT_ROUNDS") or (FULL_ROUNDS if is_full(pytestconfig) else ROUNDS))


@pytest.fixture(scope="module")
def field(
    kafka_server: KafkaServer,
    redis_url: str,
    templates: Templates,
    tokens: Tokens,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Field]:
    """Servers, services and people, ready for the first kill."""
    folder = tmp_path_factory.mktemp("field")
    with ExitStack() as stack:
        loop = asyncio.new_event_loop()
        stack.callback(loop.close)
        mailbox = Mailbox(folder / "mailbox", keep=10**9)
        stack.callback(mailbox.remove)
        mailbox.start()
        stack.callback(empty, AdminClient({"bootstrap.servers": kafka_server.servers}))
        loop.run_until_complete(create_topics(kafka_server.servers))
        dsns = loop.run_until_complete(create_databases(templates))
        for dsn in dsns.values():
            stack.callback(partial(_drop, loop, templates, dsn))
        victims = create_victims(
            folder, dsns, kafka_server.servers, redis_url, mailbox.smtp_url, tokens.jwks_file
        )
        for victim in victims.values():
            stack.callback(victim.close)
            victim.open()
        made = Field(
            servers=kafka_server.servers,
            dsns=dsns,
            ticket_url=victims["ticket"].url,
            mailbox=mailbox,
            tokens=tokens,
            people=People.invented(),
            victims=victims,
        )
        made.revive()
        loop.run_until_complete(made.introduce())
        loop.run_until_complete(made.prepare())
        yield made


@pytest.fixture(scope="package")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal of the fault tests' own; each test leaves it whole."""
    stamped = {"log.message.timestamp.type": "LogAppendTime"}
    kafka = apache_kafka(tmp_path_factory, stamped)
    with Portal(tmp_path_factory.mktemp("portal") / "data", kafka).running() as portal:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(portal.field.prepare())
        loop.close()
        yield portal


@pytest.fixture(scope="package")
def denials(portal: Portal) -> Denials:
    """What has to be refused throughout."""
    return Denials.prepared(portal)


def _drop(loop: asyncio.AbstractEventLoop, templates: Templates, dsn: str) -> None:
    loop.run_until_complete(templates.drop(dsn))

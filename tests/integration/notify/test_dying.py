"""A sender that is killed at each step: nothing is lost, and what may be double is known to be."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from shared.db import Database
from tests.builders import TicketStory, ticket_facts
from tests.fixtures.databases import UrlFactory
from tests.fixtures.environment import environment
from tests.fixtures.waiting import eventually
from tests.integration.notify.conftest import Office, Sink


@pytest.mark.parametrize(
    ("kill_point", "copies"), [("before_smtp", 1), ("after_smtp", 2), ("before_record", 2)]
)
async def test_a_killed_sender_loses_nothing_and_repeats_only_under_the_same_message_id(
    database_url: UrlFactory, sink: Sink, tmp_path: Path, kill_point: str, copies: int
) -> None:
    dsn = await database_url("notify")
    db = Database(dsn, name="test", size=5)
    await db.open()
    office = Office(db, sink)
    story = TicketStory(ticket=ticket_facts())
    siti = await office.person(id=story.ticket.requester_id)
    await office.receive(story.created())
    variables = {
        **environment(tmp_path / "jwks.json"),
        "NOTIFY_DATABASE_URL": dsn,
        "NOTIFY_SMTP_URL": f"smtp://127.0.0.1:{sink.port}",
        "NOTIFY_PORT": "0",
        "NOTIFY_LEASE_SECONDS": "1",
        "KILL_POINT": kill_point,
        "PATH": os.environ["PATH"],
    }
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "notify_service",
        "worker",
        env=variables,
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await asyncio.wait_for(worker.wait(), 30) == -signal.SIGKILL
    office.start()
    try:
        await office.all_settled()
        await eventually(lambda: len(sink.mails(siti.email)) >= copies)
    finally:
        await office.stop()
        [intent] = await office.intents(channel="email")
        await db.close()
    mails = sink.mails(siti.email)
    assert len(mails) == copies
    assert len({mail.headers["Message-ID"] for mail in mails}) == 1
    assert (intent["state"], intent["is_repeat"]) == ("sent", True)

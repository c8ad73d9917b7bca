"""A whole process: started by its commands, asked to stop, and what it still finishes."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.ports import can_connect, free_port
from shared.db import Database
from shared.events.ticket import TicketSolved
from shared.ids import uuid7
from tests.builders import envelope, event
from tests.fixtures.child import ROOT, Process, child, has_ended
from tests.fixtures.databases import Templates, UrlFactory
from tests.fixtures.environment import environment
from tests.fixtures.http import Tokens
from tests.fixtures.kafka_log import create_topics, read_log
from tests.fixtures.waiting import eventually, wait_for
from tests.integration.shared.consumers import produce
from tests.integration.shared.outboxes import TOPICS

Settings = dict[str, str]


@pytest.fixture
async def settings(
    database_url: UrlFactory, templates: Templates, tokens: Tokens, kafka: str
) -> Settings:
    """The environment of a small service on a free port, with a broker."""
    create_topics(kafka, TOPICS)
    dsn = await database_url("small")
    own = {
        "SMALL_DATABASE_URL": dsn,
        "SMALL_DATABASE_OWNER_URL": templates.owner_dsn(dsn),
        "SMALL_PORT": str(free_port()),
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "PATH": os.environ["PATH"],
        "PYTHONUNBUFFERED": "1",
    }
    return environment(tokens.jwks_file, **own)


def base(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings['SMALL_PORT']}"


async def ready(settings: Settings) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"{base(settings)}/readyz")).status_code == 200
        except httpx.HTTPError:
            return False


def run(settings: Settings, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "tests.fixtures.small_service", *arguments],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_a_request_under_way_is_finished_before_the_process_ends(
    settings: Settings, tmp_path: Path
) -> None:
    with logged(tmp_path, settings, STOP_DELAY="1") as (process, log):
        await eventually(partial(ready, settings), seconds=30)
        async with httpx.AsyncClient(base_url=base(settings)) as client:
            slow = asyncio.create_task(client.get("/busy", params={"seconds": 3}, timeout=20))
            made = asyncio.create_task(
                client.post("/things", json={"name": "last", "seconds": 2}, timeout=20)
            )
            await asyncio.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.4)
            # Traffic is told to go elsewhere while the port still answers.
            assert (await client.get("/readyz")).status_code == 503
            assert (await client.get("/healthz")).status_code == 200
            assert (await slow).json() == {"slept": 3.0}
            assert (await made).status_code == 201
        wait_for(partial(has_ended, process), seconds=20)
        assert process.returncode == 0
        assert not can_connect(int(settings["SMALL_PORT"]))
    names = [line["event"] for line in lines(log)]
    assert names.index("request_finished") < names.index("sender_done")
    assert names[-1] == "process_stopped"
    # The relay stops last, so the event of the last request has left with it.
    entries = read_log(settings["KAFKA_BOOTSTRAP_SERVERS"])
    assert [entry.envelope.type for entry in entries] == ["ticket.created"]
    assert await leases(settings) == 0


async def test_a_record_under_way_is_finished_and_its_offset_committed(
    settings: Settings, tmp_path: Path
) -> None:
    servers = settings["KAFKA_BOOTSTRAP_SERVERS"]
    with logged(tmp_path, settings) as (process, log):
        await eventually(partial(ready, settings), seconds=30)
        await produce(servers, [envelope(event(TicketSolved), 1, uuid7())])
        wait_for(lambda: "record_begun" in log.read_text(), seconds=30, every=0.02)
        process.send_signal(signal.SIGTERM)
        wait_for(partial(has_ended, process), seconds=30)
        assert process.returncode == 0
    names = [line["event"] for line in lines(log)]
    assert names.count("record_begun") == names.count("record_done") == 1
    assert names.index("record_done") < names.index("process_stopped")
    again = tmp_path / "again"
    again.mkdir()
    with logged(again, settings) as (_, log):
        await eventually(partial(ready, settings), seconds=30)
        await produce(servers, [envelope(event(TicketSolved), 1, uuid7())])
        wait_for(lambda: "record_done" in log.read_text(), seconds=30)
    assert [line["event"] for line in lines(log)].count("record_begun") == 1


async def test_a_process_starts_and_serves_without_its_broker(
    settings: Settings, tmp_path: Path
) -> None:
    settings["KAFKA_BOOTSTRAP_SERVERS"] = "127.0.0.1:1"
    with logged(tmp_path, settings) as (process, _):
        await eventually(partial(ready, settings), seconds=30)
        async with httpx.AsyncClient(base_url=base(settings)) as client:
            assert (await client.post("/things", json={"name": "one"})).status_code == 201
        process.send_signal(signal.SIGTERM)
        wait_for(partial(has_ended, process), seconds=40)
        assert process.returncode == 0


async def test_a_worker_serves_operations_only(settings: Settings, tmp_path: Path) -> None:
    with logged(tmp_path, settings, mode="worker"):
        await eventually(partial(ready, settings), seconds=30)
        async with httpx.AsyncClient(base_url=base(settings)) as client:
            assert (await client.get("/things")).status_code == 404
            assert "outbox_waiting" in (await client.get("/metrics")).text


async def test_every_log_line_is_one_json_object_whatever_it_holds(
    settings: Settings, tmp_path: Path
) -> None:
    with logged(tmp_path, settings, mode="api") as (_, log):
        await eventually(partial(ready, settings), seconds=30)
        async with httpx.AsyncClient(base_url=base(settings)) as client:
            for path in ("/%0a%0dforged", "/%22%7d", "/%ff", "/things?x=%0a"):
                await client.get(path)
            await client.post("/things", json={"name": "broken"})
    written = lines(log)
    assert {line["service"] for line in written} == {"small-service"}
    (failed,) = [line for line in written if line["event"] == "request_failed"]
    assert "something is broken" in failed["exception"]
    assert failed["request_id"]


def test_migrate_can_be_repeated_and_a_missing_database_is_one_sentence(
    settings: Settings,
) -> None:
    for _ in range(2):
        done = run(settings, "migrate")
        assert done.returncode == 0, done.stderr
    away = {**settings, "SMALL_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}
    done = run(away, "migrate")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("small-service: The database is not available")
    without_broker = {**settings, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    done = run(without_broker, "migrate")
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1].startswith("small-service: Kafka at 127.0.0.1:1 did not")


def test_migrate_asks_for_the_owner_of_the_tables_by_name(settings: Settings) -> None:
    done = run({**settings, "SMALL_DATABASE_OWNER_URL": ""}, "migrate")

    assert done.returncode != 0
    assert done.stderr.startswith("small-service: SMALL_DATABASE_OWNER_URL is not set.")


def test_migrate_refuses_a_service_that_owns_its_tables(settings: Settings) -> None:
    owner = settings["SMALL_DATABASE_OWNER_URL"]

    done = run({**settings, "SMALL_DATABASE_URL": owner}, "migrate")

    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "give the service another" in done.stderr


def test_the_openapi_document_needs_no_settings() -> None:
    done = run({}, "openapi")
    assert "/things" in json.loads(done.stdout)["paths"]


class logged:
    """The small service with its output in a file."""

    def __init__(self, folder: Path, settings: Settings, mode: str = "all", **more: str) -> None:
        self._log = folder / "log"
        self._settings = {**settings, **more}
        self._mode = mode

    def __enter__(self) -> tuple[Process, Path]:
        self._output = self._log.open("wb")
        self._child = child("small_service", self._settings, self._mode, output=self._output)
        return self._child.__enter__(), self._log

    def __exit__(self, *error: Any) -> None:
        self._child.__exit__(*error)
        self._output.close()


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


async def leases(settings: Settings) -> int:
    db = Database(settings["SMALL_DATABASE_URL"], name="test")
    await db.open()
    async with db.read() as connection:
        count: int = await connection.fetchval(
            "SELECT count(*) FROM outbox_lease WHERE expires_at > now()"
        )
    await db.close()
    return count

"""What a service is made of, and the one way to start it.

`python -m ticket_service api|worker|all|migrate|resync FAMILY|replay [ID …]|openapi|events`
"""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import structlog
import uvloop
from fastapi import APIRouter, FastAPI

from shared import idempotency, outbox
from shared.auth import TokenVerifier
from shared.broker import BROKER_ERRORS, Broker
from shared.consumer import Consumer, Subscription
from shared.db import Database, Tx
from shared.errors import Unavailable
from shared.events.base import Envelope, Event, families
from shared.events.description import described
from shared.inbox import Handler, Inbox
from shared.logs import configure_logging
from shared.migrate import MigrationChanged, Rights, RoleOwnsTables, migrate, role_of
from shared.outbox import Relay
from shared.server import HttpServer, stop_requested
from shared.settings import ServiceSettings
from shared.web import create_app

log = structlog.get_logger()

Snapshots = Callable[[Tx], AsyncIterator[tuple[UUID, int, Event]]]
OnPublished = Callable[[Sequence[Envelope]], Awaitable[None]]
_RUNNER_STOP_SECONDS = 20


class Runner(Protocol):
    """Something that works in the background until it is asked to stop, and then ends by itself."""

    async def run(self) -> None:
        """Work until `stop` was called and what is in hand is done."""

    def stop(self) -> None:
        """Ask `run` to end."""


@dataclass(frozen=True, slots=True)
class Process:
    """What the parts of a running process share."""

    name: str
    settings: ServiceSettings
    db: Database
    broker: Broker


@dataclass(frozen=True)
class Clock:
    """A task that runs every so many seconds; an error is logged and the next turn still comes."""

    name: str
    every_seconds: float
    tick: Callable[[Process], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Worker:
    """The background half of a service.

    `handlers` gives those of the subscription where they depend on settings; `runners` makes further
    long-running parts (a mail sender, say); `on_published` hears of every event that the broker
    acknowledged.
    """

    subscription: Subscription | None = None
    handlers: Callable[[Process], Mapping[type[Event], Handler]] | None = None
    clocks: Sequence[Clock] = ()
    runners: Callable[[Process], Sequence[Runner]] = lambda _: ()
    on_published: Callable[[Process], OnPublished] | None = None

    def subscription_in(self, process: Process) -> Subscription | None:
        """The subscription with the handlers of this process."""
        if self.subscription is None or self.handlers is None:
            return self.subscription
        return replace(self.subscription, handlers=self.handlers(process))


@dataclass(frozen=True)
class Service:
    """Everything that tells one service from another.

    `prepare` puts what routes need besides the database onto `app.state`. `after_migrate` writes what
    must exist from the start, events included, and may run any number of times. `snapshots` gives,
    per family, the full state of every aggregate with its version. `body_limits` names the paths that
    take files, with the bytes that a request may hold there. `append_only` names the tables whose rows
    the service's role can neither change nor delete. `plans_once`: see `Database`.
    """

    name: str
    settings: type[ServiceSettings]
    routers: Sequence[APIRouter]
    events: Sequence[type[Event]]
    worker: Worker
    migrations: Path
    snapshots: Mapping[str, Snapshots] = field(default_factory=dict)
    prepare: Callable[[FastAPI, Process], None] = lambda app, process: None
    body_limits: Mapping[str, int] = field(default_factory=dict)
    append_only: Sequence[str] = ()
    plans_once: bool = False
    after_migrate: Callable[[Process], Awaitable[None]] | None = None
    commands: Mapping[str, Callable[[Process, Sequence[str]], Awaitable[None]]] = field(
        default_factory=dict
    )

    @property
    def topics(self) -> list[str]:
        """The topics that this service owns."""
        return [contract.TYPE for contract in self.events]


def create_api(service: Service, process: Process, *, with_routes: bool = True) -> FastAPI:
    """The HTTP side of a process; a worker's has the operational routes only."""
    app = create_app(
        service.name,
        ready={"database": process.db.ping},
        body_limits=service.body_limits,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.db = process.db
    app.state.settings = process.settings
    app.state.tokens = TokenVerifier(service.name, Path(process.settings.token_jwks_file))
    if with_routes:
        service.prepare(app, process)
        for router in service.routers:
            app.include_router(router)
    return app


def main(service: Service, arguments: Sequence[str] | None = None) -> None:
    """Run one command of a service; exits non-zero with one clear sentence when it cannot."""
    parser = argparse.ArgumentParser(prog=f"python -m {service.name.replace('-', '_')}")
    own = ["api", "worker", "all", "migrate", "resync", "replay", *_DESCRIPTIONS]
    parser.add_argument("command", choices=[*own, *service.commands])
    parser.add_argument("arguments", nargs="*")
    chosen = parser.parse_args(arguments)
    if chosen.command in _DESCRIPTIONS:
        print(json.dumps(_DESCRIPTIONS[chosen.command](service)))
        return
    settings = service.settings()
    if chosen.command == "migrate" and not settings.database_owner_url:
        prefix = service.settings.model_config.get("env_prefix", "")
        sys.exit(
            f"{service.name}: {prefix}DATABASE_OWNER_URL is not set. Tables belong to a role of their "
            f"own, so that the service's role cannot change them; docs/operations.md says how."
        )
    configure_logging(service.name, log_format=settings.log_format, level=settings.log_level)
    try:
        uvloop.run(_command(service, settings, chosen.command, chosen.arguments))
    except Unavailable as error:
        sys.exit(f"{service.name}: {error.title()} ({error.__cause__!r})")
    except (MigrationChanged, RoleOwnsTables) as error:
        sys.exit(f"{service.name}: {error}")
    except BROKER_ERRORS as error:
        where = settings.kafka_bootstrap_servers
        sys.exit(f"{service.name}: Kafka at {where} did not do as asked ({error!r})")


def openapi(service: Service) -> dict[str, Any]:
    """The OpenAPI document of a service's routes."""
    app = FastAPI(title=service.name)
    for router in service.routers:
        app.include_router(router)
    return app.openapi()


def events(service: Service) -> dict[str, Any]:
    """What a service says and what it listens to, for the generated documents."""
    subscription = service.worker.subscription
    handled = subscription.handlers if subscription else {}
    return {
        "service": service.name,
        "publishes": described(service.events),
        "group": subscription.name if subscription else None,
        "families": subscription.families if subscription else (),
        "handles": sorted(contract.TYPE for contract in handled),
    }


_DESCRIPTIONS: Mapping[str, Callable[[Service], dict[str, Any]]] = {
    "openapi": openapi,
    "events": events,
}


async def _command(
    service: Service, settings: ServiceSettings, command: str, arguments: Sequence[str]
) -> None:
    db = Database(
        settings.database_url,
        name=service.name,
        size=settings.pool_size,
        plans_once=service.plans_once,
    )
    process = Process(
        service.name,
        settings,
        db,
        Broker(
            settings.kafka_bootstrap_servers,
            service.name,
            settings.kafka_instance,
            settings.kafka_session_seconds,
        ),
    )
    if command == "migrate":
        rights = Rights(await role_of(settings.database_url), service.append_only)
        await migrate(settings.database_owner_url, service.migrations, rights=rights)
        await process.broker.ensure_topics(service.topics)
    await db.open()
    try:
        if command == "migrate":
            if service.after_migrate:
                await service.after_migrate(process)
        elif command in service.commands:
            await service.commands[command](process, arguments)
        elif command == "resync":
            await _resync(service, process, arguments)
        elif command == "replay":
            await _replay(service, process, arguments)
        else:
            await _serve(service, process, command)
    finally:
        await db.close()


async def _serve(service: Service, process: Process, mode: str) -> None:
    """Serve until SIGTERM or SIGINT, then stop in the order that loses nothing."""
    app = create_api(service, process, with_routes=mode != "worker")
    runners = _runners(service, process) if mode != "api" else []
    stop = stop_requested()
    server = HttpServer(app, process.settings.host, process.settings.port)
    serving = asyncio.create_task(server.serve(), name="http")
    working = [asyncio.create_task(r.run(), name=type(r).__name__) for r in runners]
    stopped = asyncio.create_task(stop.wait(), name="signal")
    log.info("process_started", mode=mode, port=process.settings.port)
    parts: list[asyncio.Task[Any]] = [serving, stopped, *working]
    done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    app.state.stopping = True
    await asyncio.sleep(process.settings.stop_delay)
    server.should_exit = True
    await serving
    for runner, task in reversed(list(zip(runners, working, strict=True))):
        runner.stop()
        await asyncio.wait([task], timeout=_RUNNER_STOP_SECONDS)
    stopped.cancel()
    log.info("process_stopped", mode=mode)
    for task in done - {stopped}:
        task.result()
        raise RuntimeError(f"{task.get_name()} ended by itself")


def _runners(service: Service, process: Process) -> list[Runner]:
    """The relay first, so that it stops last and publishes what the others wrote in the end."""
    worker, settings = service.worker, process.settings
    relay = Relay(
        process.db,
        process.broker,
        source=service.name,
        topics=service.topics,
        lease_seconds=settings.relay_lease_seconds,
        poll_seconds=settings.relay_poll_seconds,
        on_published=worker.on_published(process) if worker.on_published else None,
    )
    process.db.on_commit(relay.wake)
    runners: list[Runner] = [relay]
    if subscription := worker.subscription_in(process):
        grace = settings.gap_grace_seconds
        runners.append(Consumer(process.db, process.broker, subscription, gap_grace=grace))
    housekeeping = (
        Clock("delete_published_events", 600, lambda p: outbox.delete_published(p.db)),
        Clock("delete_old_keys", 600, _delete_old_keys),
    )
    runners += [_Ticker(clock, process) for clock in (*housekeeping, *worker.clocks)]
    return [*runners, *worker.runners(process)]


class _Ticker:
    """Runs a clock's task in its rhythm."""

    def __init__(self, clock: Clock, process: Process) -> None:
        self._clock = clock
        self._process = process
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._clock.tick(self._process)
            except Exception as error:
                log.warning("clock_failed", clock=self._clock.name, error=repr(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._clock.every_seconds)

    def stop(self) -> None:
        self._stopping.set()


async def _delete_old_keys(process: Process) -> None:
    async with process.db.transaction() as tx:
        await idempotency.delete_old_keys(tx)


async def _resync(service: Service, process: Process, names: Sequence[str]) -> None:
    """Write the present state of every aggregate of the named families into the outbox."""
    owned = families(service.events)
    for name in names or service.snapshots:
        if name not in service.snapshots:
            sys.exit(f"{service.name}: no snapshots of '{name}'; it owns {', '.join(owned)}")
        count = 0
        async with process.db.transaction() as tx:
            async for aggregate_id, version, event in service.snapshots[name](tx):
                await outbox.add_snapshot(tx, aggregate_id, version, event)
                count += 1
        print(f"{service.name}: {count} {name} snapshots are on their way")


async def _replay(service: Service, process: Process, ids: Sequence[str]) -> None:
    """Try dead letters again, all open ones in version order or the named ones."""
    subscription = service.worker.subscription_in(process)
    if subscription is None:
        return
    inbox = Inbox(process.db, subscription.name, subscription.handlers)
    async with process.db.read() as connection:
        rows = await connection.fetch(
            """
            SELECT id FROM dead_letter
            WHERE consumer = $1 AND resolved_at IS NULL AND ($2::uuid[] = '{}' OR id = ANY($2))
            ORDER BY aggregate_id, version
            """,
            subscription.name,
            [UUID(text) for text in ids],
        )
    replayed = [await inbox.replay(row["id"]) for row in rows]
    print(f"{service.name}: {sum(replayed)} of {len(rows)} dead letters replayed")

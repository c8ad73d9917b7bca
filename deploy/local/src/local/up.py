"""`make run`: everything from nothing to a portal that can be used, watched until Ctrl-C."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from types import FrameType
from typing import Any

from dotenv import dotenv_values

from local import processes, run_file
from local.demo import people, tickets
from local.demo.api import Person, Refused
from local.environment import choose_ports
from local.errors import CannotStart
from local.folders import PROJECT, Data
from local.ports import LOOPBACK, is_free
from local.run_file import AlreadyRunning, Run
from local.stack import Stack
from local.supervisor import Supervisor

LEFTOVER_SECONDS = 20.0
LAST_CALL_SECONDS = 10.0


def up(data: Data) -> int:
    """Start, watch, stop; gives the exit code."""
    _read_env_file()
    data.create()
    stop = _stop_on_signals()
    try:
        with run_file.claimed(data):
            return _supervise(data, stop)
    except AlreadyRunning:
        run = run_file.read(data)
        where = f"at {run.url}" if run else "and is still starting"
        say(f"The portal already runs {where}; `make status` shows it, `make down` stops it.")
        return 0


def say(text: str) -> None:
    print(text, flush=True)


def _supervise(data: Data, stop: threading.Event) -> int:
    stop_leftovers(data, say)
    data.demo.unlink(missing_ok=True)
    stack = Stack(data, _ports(), os.environ.get("PUBLIC_URL", ""), _host(), say=say)
    supervisor = Supervisor(stack, say, partial(write_demo, stack))
    begin = _Begin(stack)
    begin.start()
    while begin.is_alive() and not stop.is_set():
        begin.join(0.1)
    try:
        if begin.error:
            raise begin.error
        if not stop.is_set():
            supervisor.watch(stop)
        return 0
    finally:
        _stop(stack, [begin, *supervisor.revivals])


class _Begin(threading.Thread):
    """The start, beside the main thread, so that Ctrl-C is heard at any moment of it."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self._stack = stack
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            start(self._stack)
        except BaseException as error:  # raised again in the main thread
            self.error = error


def start(stack: Stack) -> None:
    """From servers to demo tickets, telling what happens."""
    began = time.monotonic()
    _step("PostgreSQL, Redis, Kafka and mailbox", stack.start_servers)
    if not stack.is_migrated():
        _step("Tables and topics", stack.migrate)
    _once(stack, "people", lambda: _step("Demo accounts", partial(_seed_people, stack)))
    _step("Services and gateway", stack.start_programs)
    _offer_tickets(stack)
    write_demo(stack)
    _write_run(stack)
    _announce(stack, time.monotonic() - began)


def _step(what: str, act: Callable[[], object]) -> None:
    began = time.monotonic()
    say(f"{what} …")
    act()
    say(f"{what}: ready in {time.monotonic() - began:.1f} s")


def _once(stack: Stack, name: str, act: Callable[[], object]) -> None:
    """Do what only the first start needs; what was cut off is done again, without harm."""
    done = stack.postgres.directory / f"seeded-{name}"
    if not done.exists():
        act()
        done.touch()


def _seed_people(stack: Stack) -> None:
    stack.data.seed.touch(mode=0o600)
    stack.data.seed.write_text(json.dumps(people.seed_file(stack.keys), indent=1))
    stack.seed(stack.data.seed)


def _offer_tickets(stack: Stack) -> None:
    """Nice to have: a portal without demo tickets is still a portal."""
    try:
        _once(stack, "tickets", lambda: _step("Demo tickets", partial(_tell_tickets, stack)))
    except (Refused, OSError) as error:
        say(f"Demo tickets: not all could be made ({error}); the next start tries again.")


def _tell_tickets(stack: Stack) -> None:
    tickets.tell(partial(_log_in, stack))


def _log_in(stack: Stack, email: str) -> Person:
    account = next(a for a in people.ACCOUNTS if a.email == email)
    secret = people.password(stack.keys, account)
    return Person(stack.url, stack.ports["portal"], email, secret)


def write_demo(stack: Stack) -> None:
    """Tell programs, in .data/demo.json, what the screen tells people."""
    programs: dict[str, Any] = {
        name: {"url": service.url, "pid": service.pid} for name, service in stack.services.items()
    }
    content = {
        "url": stack.url,
        "mailbox_url": stack.mailbox.url,
        "accounts": [
            {"role": a.role, "email": a.email, "password": people.password(stack.keys, a)}
            for a in people.ACCOUNTS
        ],
        "services": programs,
        "kafka": stack.kafka.kind,
    }
    draft = stack.data.demo.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content, indent=1))
    draft.rename(stack.data.demo)


def _write_run(stack: Stack) -> None:
    run = Run(
        pid=os.getpid(),
        url=stack.url,
        mailbox_url=stack.mailbox.url,
        ports=dict(stack.ports),
        kafka=stack.kafka.kind,
        bootstrap_servers=stack.kafka.bootstrap_servers,
    )
    run_file.write(stack.data, run)


def _announce(stack: Stack, seconds: float) -> None:
    rows = [(a.role, a.email, people.password(stack.keys, a)) for a in people.ACCOUNTS]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    say(f"\nReady in {seconds:.1f} s.\n")
    say(f"  Portal    {stack.url}")
    say(f"  Staff     {stack.url}/admin")
    say(f"  API       {stack.url}/api/docs")
    say(f"  Mailbox   {stack.mailbox.url}\n")
    for row in rows:
        say("  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)))
    say("\nCtrl-C stops everything; the data stay in .data/.")


def _stop(stack: Stack, starting: Iterable[threading.Thread]) -> None:
    """Stop all; then, once more, what was being started at that moment."""
    say("Stopping …")
    stack.stop()
    for thread in starting:
        thread.join(LAST_CALL_SECONDS)
    stack.stop()
    stack.data.demo.unlink(missing_ok=True)
    say("Stopped.")


def stop_leftovers(data: Data, say: Callable[[str], None]) -> None:
    """End what a supervisor that was killed left running: programs first, servers last."""
    left = run_file.leftovers(data)
    servers = ["mailbox", "kafka", "redis", "postgres"]
    order = sorted(left, key=lambda name: servers.index(name) if name in servers else -1)
    if left:
        say(f"Stopping what an earlier run left behind: {', '.join(order)} …")
    for name in order:
        # PostgreSQL ends its clients' sessions on SIGINT only; SIGTERM would wait for them.
        number = signal.SIGINT if name == "postgres" else signal.SIGTERM
        processes.stop_pid(left[name], LEFTOVER_SECONDS, number)
        (data.pids / f"{name}.json").unlink(missing_ok=True)


def _ports() -> dict[str, int]:
    """PORT is taken as it is or refused; without it the next free one will do."""
    wanted = os.environ.get("PORT", "")
    if not wanted:
        return choose_ports()
    if not wanted.isdecimal() or not 0 < int(wanted) < 65536:
        raise CannotStart(f"PORT={wanted} is not a port: give a number from 1 to 65535.")
    if not is_free(int(wanted), _host()):
        raise CannotStart(
            f"Port {wanted} is taken or not allowed: stop what uses it, or choose another with "
            "make run PORT=…"
        )
    return choose_ports({"portal": int(wanted)})


def _host() -> str:
    return os.environ.get("HOST") or LOOPBACK


def _read_env_file() -> None:
    """Variables of a .env file in the project, where the environment does not set them."""
    for name, value in dotenv_values(PROJECT / ".env").items():
        if value and not os.environ.get(name):
            os.environ[name] = value


def _stop_on_signals() -> threading.Event:
    """Set on Ctrl-C, SIGTERM or a closed terminal; the third time the process just ends."""
    stop = threading.Event()
    heard = 0

    def hear(number: int, frame: FrameType | None) -> None:
        nonlocal heard
        heard += 1
        stop.set()
        if heard > 2:
            sys.exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, hear)
    return stop

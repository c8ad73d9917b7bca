"""`make run`: everything from nothing to a portal that can be used, watched until Ctrl-C."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from functools import partial
from types import FrameType

from dotenv import dotenv_values

from local import processes, run_file, telling
from local.environment import choose_ports
from local.errors import CannotStart
from local.folders import PROJECT, Data
from local.ports import LOOPBACK, is_free
from local.run_file import AlreadyRunning
from local.stack import Stack
from local.start import Start
from local.supervisor import Supervisor
from local.telling import say

LEFTOVER_SECONDS = 20.0
LAST_CALL_SECONDS = 10.0
LARGEST_LOG = 10_000_000
FROM_ENV_FILE = (
    *("PORT", "HOST", "PUBLIC_URL", "TIME_ZONE", "LOG_LEVEL", "LOG_FORMAT"),
    *("BRAND_NAME", "BRAND_COLOUR", "BRAND_LOGO"),
    *("SUPPORT_PHONE", "SUPPORT_WHATSAPP", "SUPPORT_HOURS"),
    "KAFKA_BOOTSTRAP_SERVERS",
)


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


def _supervise(data: Data, stop: threading.Event) -> int:
    stop_leftovers(data, say)
    data.demo.unlink(missing_ok=True)
    _shorten_logs(data)
    ports, host = _ports(), _host()
    start = Start(lambda: Stack(data, ports, os.environ.get("PUBLIC_URL", ""), host, say=say), stop)
    supervisor = None
    start.start()
    try:
        while start.is_alive() and not stop.is_set():
            start.join(0.1)
        if start.error and not stop.is_set():
            raise start.error
        if start.stack and not stop.is_set():
            supervisor = Supervisor(start.stack, say, partial(telling.write_demo, start.stack))
            supervisor.watch(stop)
        return 0
    finally:
        _stop(start, supervisor.revivals if supervisor else [])


def _stop(start: Start, revivals: Iterable[threading.Thread]) -> None:
    """Stop all; then, once more, what was being started at that moment."""
    say("Stopping …")
    _stop_stack(start)
    for thread in (start, *revivals):
        thread.join(LAST_CALL_SECONDS)
    _stop_stack(start)
    say("Stopped.")


def _stop_stack(start: Start) -> None:
    if start.stack:
        start.stack.stop()
        start.stack.data.demo.unlink(missing_ok=True)


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


def _shorten_logs(data: Data) -> None:
    """Logs of earlier runs are kept once, and not for ever."""
    for log in data.logs.glob("*.log"):
        if log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))


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
    """What .env says for this machine, where the environment does not; the rest is for Compose."""
    said = dotenv_values(PROJECT / ".env")
    for name in FROM_ENV_FILE:
        if said.get(name) and not os.environ.get(name):
            os.environ[name] = str(said[name])


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

"""What can be done from another terminal: down, status, logs, reset, resync, replay, audit-verify."""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress

import psutil

from local import folders, processes, run_file
from local.environment import SERVICES
from local.errors import CannotStart
from local.folders import Data
from local.kafka import ExternalKafka
from local.stack import Stack
from local.telling import say
from local.up import stop_leftovers

DOWN_SECONDS = 90.0
SERVERS = ("postgres", "redis", "kafka", "mailbox")
LINES_SHOWN = 50


def down(data: Data) -> int:
    """Stop the portal, and what a supervisor that was killed left behind."""
    pid = run_file.supervisor_pid(data)
    if pid:
        say("Stopping …")
        processes.stop_pid(pid, DOWN_SECONDS)
    left = run_file.leftovers(data)
    stop_leftovers(data, say)
    say("Stopped." if pid or left else "The portal was not running.")
    return 0


def status(data: Data) -> int:
    """One line per process; exit code 1 when the portal is not running."""
    pid, run = run_file.supervisor_pid(data), run_file.read(data)
    if pid is None:
        say("The portal is not running; `make run` starts it.")
        return 1
    say(
        f"Portal {run.url}  ·  mailbox {run.mailbox_url}  ·  Kafka: {run.kafka}"
        if run
        else "Starting …"
    )
    known = {path.stem for path in data.pids.glob("*.json")}
    running = run_file.leftovers(data)
    say(f"\n  {'process':<18} {'state':<8} {'port':>6} {'pid':>8} {'memory':>9}")
    for name in sorted(known, key=_order):
        port = run.ports.get("portal" if name == "gateway" else name, "") if run else ""
        process = running.get(name)
        memory = f"{_megabytes(process):.0f} MB" if process else ""
        state = "running" if process else "ended"
        say(f"  {name:<18} {state:<8} {port:>6} {process or '':>8} {memory:>9}")
    return 0


def logs(data: Data, name: str) -> int:
    """Follow one log; without a name, say which there are."""
    known = sorted(path.stem for path in data.logs.glob("*.log"))
    if name not in known:
        say(f"make logs SERVICE=…  with one of: {', '.join(known) or '(nothing ran yet)'}")
        return 1 if name else 0
    os.execvp("tail", ["tail", "-n", str(LINES_SHOWN), "-F", str(data.logs / f"{name}.log")])  # noqa: S606


def reset(data: Data) -> int:
    """Stop everything and delete all data, secrets and mails included."""
    down(data)
    for server in SERVERS:
        folders.remove(data.server(server))
    if data.root.exists():
        shutil.rmtree(data.root)
    say(f"Deleted {data.root}.")
    return 0


def resync(data: Data, family: str) -> int:
    """Have the owner of a family publish its present state; the other services know none of it."""
    if not family:
        raise CannotStart("Say which family: make resync FAMILY=user")
    stack, told = _attached(data), []
    for service in SERVICES:
        with suppress(CannotStart):
            told.append(stack.run(service, "resync", family))
    if not told:
        raise CannotStart(f"No service owns the family '{family}'; docs/events.md lists them.")
    say("".join(told).strip())
    return 0


def replay(data: Data, service: str, ids: Sequence[str]) -> int:
    """Try the dead letters of one service, or of all, again."""
    stack = _attached(data)
    for name in [service] if service else SERVICES:
        say(stack.run(name, "replay", *ids).strip())
    return 0


def audit_verify(data: Data, head: str) -> int:
    """Have identity-service read its audit log from the beginning; a fault is the sentence it says."""
    said = _attached(data).run("identity-service", "audit-verify", *([head] if head else ()))
    say(said.splitlines()[-1])
    return 0


def _attached(data: Data) -> Stack:
    """The running portal's stack, to run commands beside it."""
    run = run_file.read(data)
    if run is None:
        raise CannotStart("The portal is not running: start it with make run first.")
    return Stack(data, run.ports, run.url, kafka=ExternalKafka(run.bootstrap_servers), say=say)


def _order(name: str) -> tuple[int, str]:
    return (SERVERS.index(name) if name in SERVERS else len(SERVERS), name)


def _megabytes(pid: int) -> float:
    """Memory of a process and its children, in MB; what they share counts once."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(p.memory_full_info().pss for p in family) / 1e6
    except psutil.NoSuchProcess:
        return 0.0

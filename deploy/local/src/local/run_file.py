"""What a running portal writes down for the commands given from another terminal."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local import processes
from local.folders import Data


@dataclass(frozen=True)
class Run:
    """The supervisor, where the portal is, and what its servers listen on."""

    pid: int
    url: str
    mailbox_url: str
    ports: dict[str, int]
    kafka: str
    bootstrap_servers: str


class AlreadyRunning(Exception):
    """Another supervisor holds the .data folder."""


@contextmanager
def claimed(data: Data) -> Iterator[None]:
    """Be the only supervisor of this folder; raises AlreadyRunning."""
    with (data.root / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning from None
        processes.write_pid_file(data.root / "run.pid", os.getpid())
        try:
            yield
        finally:
            (data.root / "run.pid").unlink(missing_ok=True)
            _file(data).unlink(missing_ok=True)


def write(data: Data, run: Run) -> None:
    _file(data).write_text(json.dumps(asdict(run), indent=1))


def read(data: Data) -> Run | None:
    """The portal that runs over this folder, once it is ready."""
    try:
        content: dict[str, Any] = json.loads(_file(data).read_text())
    except (OSError, ValueError):
        return None
    return Run(**content) if supervisor_pid(data) else None


def supervisor_pid(data: Data) -> int | None:
    """The supervisor's pid, ready or still starting; None when none runs."""
    return processes.running_pid(data.root / "run.pid")


def leftovers(data: Data) -> dict[str, int]:
    """Processes of the portal that run although nobody supervises them, by name."""
    found = {path.stem: processes.running_pid(path) for path in sorted(data.pids.glob("*.json"))}
    return {name: pid for name, pid in found.items() if pid is not None}


def _file(data: Data) -> Path:
    return data.root / "run.json"

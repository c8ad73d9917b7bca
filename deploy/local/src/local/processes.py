"""Child processes: started in a session of their own, written down by pid, stopped or killed."""

import contextlib
import json
import os
import pwd
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import psutil

from local.errors import CannotStart
from local.ports import can_connect

CLOCK_SLACK = 2.0
ORPHAN_SECONDS = 10.0
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Identity(TypedDict, total=False):
    """The arguments of `subprocess` that run a command as another user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Files:
    """Where a process writes its log, and where its pid is written down."""

    log: Path
    pid: Path | None = None

    @classmethod
    def beside(cls, directory: Path) -> "Files":
        """For a server that stands alone: the log next to its data."""
        return cls(directory.absolute().with_name(f"{directory.name}.log"))


@dataclass
class Child:
    """One process. It runs in its own session, so that Ctrl-C reaches the supervisor alone."""

    name: str
    command: Sequence[str]
    files: Files
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    uid: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    @property
    def pid(self) -> int:
        """The process id; 0 when it never started."""
        return self.process.pid if self.process else 0

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self.process.poll() if self.process else None

    def start(self) -> None:
        self.files.log.parent.mkdir(parents=True, exist_ok=True)
        with self.files.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(self.env) if self.env is not None else None,
                cwd=self.cwd,
                start_new_session=True,
                **identity(self.uid),
            )
        if self.files.pid:
            write_pid_file(self.files.pid, self.process.pid)

    def stop(self, timeout: float = 25.0) -> None:
        """Ask it to end; after `timeout` seconds, end it."""
        if self.process is None:
            return
        if self.alive:
            self._signal(self.stop_signal)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        self._forget()

    def kill(self) -> None:
        """End it, and every process it started, this instant."""
        if self.process is None:
            return
        family = self._signal_family(signal.SIGKILL)
        self.process.wait()
        psutil.wait_procs(family, timeout=ORPHAN_SECONDS)
        self._forget()

    def pause(self) -> None:
        """Freeze it where it stands, as an overloaded or suspended machine would."""
        self._signal_family(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_family(signal.SIGCONT)

    def finish(self, timeout: float) -> int:
        """Wait for a command to end by itself; give its exit code."""
        if self.process is None:
            raise CannotStart(f"{self.name} was never started.")
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise CannotStart(f"{self.name} took over {timeout:.0f} s.") from None

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> None:
        """Wait for `ready`; raise CannotStart when the process ends first or time runs out."""
        deadline = time.monotonic() + timeout
        while not ready():
            if not self.alive:
                raise CannotStart(f"{self.name} ended while starting: {self.last_words()}")
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"{self.name} was not ready after {timeout:.0f} s: {self.last_words()}"
                )
            time.sleep(0.05)

    def listens(self, port: int) -> bool:
        """Whether it is this process, and no stranger, that answers on the port."""
        try:
            connections = psutil.Process(self.pid).net_connections("inet")
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False
        return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections)

    def wait_until_listening(
        self, ports: Iterable[int], answers: Callable[[], bool], timeout: float
    ) -> None:
        """Wait until it serves all ports; a port that a stranger took meanwhile is told as such."""
        wanted = list(ports)
        try:
            self.wait_until(lambda: answers() and all(map(self.listens, wanted)), timeout)
        except CannotStart:
            for port in wanted:
                if can_connect(port) and not self.listens(port):
                    raise CannotStart(
                        f"Port {port}, meant for {self.name}, was taken by another program "
                        "meanwhile: run the same command again."
                    ) from None
            raise

    def last_words(self) -> str:
        """The last line of its log, and where the rest is."""
        words = tail(self.files.log, 1)
        return f"{words or 'it wrote nothing'} (all of it in {self.files.log})"

    def ending(self) -> str:
        """How it ended, when nobody asked it to."""
        code = self.exit_code or 0
        if code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended by itself: {self.last_words()}"

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)

    def _signal_family(self, number: signal.Signals) -> list[psutil.Process]:
        """To it and all it started, whatever sessions those made for themselves; gives the latter."""
        if not self.alive:
            return []
        parent = psutil.Process(self.pid)
        children = parent.children(recursive=True)
        for process in (parent, *children):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        return children

    def _forget(self) -> None:
        if self.files.pid:
            self.files.pid.unlink(missing_ok=True)


def identity(uid: int | None) -> Identity:
    """Nothing for the present user; else who to run as, without our supplementary groups."""
    if uid is None or uid == os.geteuid():
        return {}
    return {"user": uid, "group": pwd.getpwuid(uid).pw_gid, "extra_groups": []}


def write_pid_file(path: Path, pid: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"pid": pid, "started": _started(pid)}))


def running_pid(path: Path) -> int | None:
    """The pid in the file, if that very process still runs (a pid may have been given anew)."""
    try:
        noted = json.loads(path.read_text())
        pid = int(noted["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    now, then = _started(pid), noted.get("started")
    same = now is not None and then is not None and abs(now - then) < CLOCK_SLACK
    return pid if same else None


def stop_pid(pid: int, timeout: float, number: signal.Signals = signal.SIGTERM) -> None:
    """End a process that is not our child, politely first."""
    deadline = time.monotonic() + timeout
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).send_signal(number)
        while _started(pid) is not None:
            if time.monotonic() > deadline:
                psutil.Process(pid).kill()
            time.sleep(0.05)


def tail(path: Path, lines: int) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(COLOURS.sub("", text).strip().splitlines()[-lines:])


def _started(pid: int) -> float | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None

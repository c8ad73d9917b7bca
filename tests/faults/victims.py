"""Services that are killed again and again: imported once, then forked for each life.

`python -m tests.faults.victims MODULE` reads one JSON line per life, {"point", "nth"}, and answers
{"pid"} when it has forked and {"exit"} when that process has ended; a negative number is a signal.
"""

import gc
import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import IO, Any, NoReturn

from local.folders import PROJECT
from shared import kill_points
from shared.broker import Broker
from shared.db import Database
from shared.service import Process, Service, create_api, main

START_SECONDS = 60.0
STOP_SECONDS = 30.0


class NotKilled(AssertionError):
    """A life did not end as the test wanted."""


@dataclass
class Victim:
    """A service that can be started, killed and started again within a fraction of a second."""

    module: str
    port: int
    env: Mapping[str, str]
    log: Path
    pid: int = 0
    lives: int = 0
    _server: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Where it answers while it lives."""
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        """Start the process that forks the lives."""
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.victims", self.module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **self.env, "PYTHONUNBUFFERED": "1"},
                cwd=PROJECT,
            )

    def close(self) -> None:
        """End the present life politely, and the process that forks."""
        if self._server is None:
            return
        if self.pid:
            self.stop()
        assert self._server.stdin and self._server.stdout
        self._server.stdin.close()
        self._server.wait(START_SECONDS)
        self._server.stdout.close()
        self._server = None

    def start(self, point: str = "", nth: int = 1) -> None:
        """Begin a life; with a point, the process kills itself at its nth pass there."""
        assert self._server and self._server.stdin and not self.pid
        self._server.stdin.write(json.dumps({"point": point, "nth": nth}).encode() + b"\n")
        self._server.stdin.flush()
        self.pid = self._answer("pid", START_SECONDS)
        self.lives += 1

    def wait(self, seconds: float) -> int:
        """The exit code of the present life; raises `NotKilled` when it does not end in time."""
        code = self._answer("exit", seconds)
        self.pid = 0
        return code

    def stop(self) -> None:
        """End the present life as an operator would."""
        os.kill(self.pid, signal.SIGTERM)
        try:
            self.wait(STOP_SECONDS)
        except NotKilled:
            self.kill()

    def kill(self) -> None:
        """End the present life at once, wherever it stands."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait(START_SECONDS)

    def _answer(self, name: str, seconds: float) -> int:
        assert self._server and self._server.stdout
        if not select.select([self._server.stdout], [], [], seconds)[0]:
            raise NotKilled(f"{self.module}: no {name} within {seconds:g} s (log: {self.log})")
        line = self._server.stdout.readline()
        if not line:
            raise NotKilled(f"{self.module}: its process ended by itself (log: {self.log})")
        return int(json.loads(line)[name])


def serve(module: str) -> None:
    """Fork a life for every line of the input, one after the other."""
    service = _warmed(import_module(module).SERVICE)
    with os.fdopen(os.dup(1), "w", buffering=1) as answers:
        # Whatever a life prints belongs into the log.
        os.dup2(2, 1)
        gc.freeze()
        while line := sys.stdin.buffer.readline():
            _live(service, json.loads(line), answers)


def _warmed(service: Service) -> Service:
    """Do once what every life would do again: compile templates, build what routes need."""
    settings = service.settings()
    db = Database(settings.database_url, name=service.name)
    broker = Broker(settings.kafka_bootstrap_servers, service.name)
    create_api(service, Process(service.name, settings, db, broker))
    return service


def _live(service: Service, wanted: Mapping[str, Any], answers: IO[str]) -> None:
    pid = os.fork()
    if pid == 0:
        answers.close()
        _be(service, wanted)
    print(json.dumps({"pid": pid}), file=answers)
    watch = os.pidfd_open(pid)
    while not select.select([watch], [], [], 0)[0]:
        # Nothing is ever said during a life, so an answer means that the other side is gone.
        if select.select([watch, sys.stdin], [], [])[0] == [sys.stdin]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            break
    os.close(watch)
    _, status, used = os.wait4(pid, 0)
    print(f"--- {pid} ended after {used.ru_utime + used.ru_stime:.2f} s of CPU", flush=True)
    with suppress(BrokenPipeError):
        print(json.dumps({"exit": os.waitstatus_to_exitcode(status)}), file=answers)


def _be(service: Service, wanted: Mapping[str, Any]) -> NoReturn:
    """Be the service, in a child, to its end."""
    kill_points.arm(wanted["point"], wanted["nth"])
    print(f"--- {time.strftime('%H:%M:%S')} life {os.getpid()} {wanted}", flush=True)
    code = 1
    try:
        main(service, ["all"])
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])

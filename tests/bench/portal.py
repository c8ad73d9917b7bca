"""The whole portal for a benchmark: its own folder, real servers, one customer logged in."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import psutil

from local.demo import people
from local.environment import random_ports
from local.folders import Data
from local.stack import Stack
from local.start import start
from tests.bench.load import Headers

OVERRIDES = {
    "LOG_LEVEL": "warning",
    "GATEWAY_CALLS_PER_MINUTE": "100000000",
    "GATEWAY_STRANGER_CALLS_PER_MINUTE": "100000000",
}
CATCH_UP_SECONDS = 180.0


@dataclass(slots=True)
class Portal:
    """A running portal and how long it took to get there, in seconds."""

    stack: Stack
    first_start: float
    second_start: float

    @property
    def port(self) -> int:
        """Where the gateway listens."""
        return self.stack.ports["portal"]

    def session(self, role: str) -> Headers:
        """The headers of the first demo account of a role, logged in."""
        account = next(a for a in people.ACCOUNTS if a.role == role)
        host = urlsplit(self.stack.url).netloc
        body = {"email": account.email, "password": people.password(self.stack.keys, account)}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Host": host, "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/session", json.dumps(body), headers)
        answer = connection.getresponse()
        token = json.loads(answer.read())["csrf_token"]
        cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
        connection.close()
        return headers | {"Cookie": cookie, "X-CSRF-Token": token}

    async def count(self, database: str, sql: str) -> int:
        """One number from a service's database."""
        connection = await asyncpg.connect(self.stack.database_url(database))
        try:
            return int(await connection.fetchval(sql))
        finally:
            await connection.close()

    def memory(self) -> dict[str, float]:
        """Resident megabytes of each Python process of the portal."""
        assert self.stack.gateway is not None
        pids = {name: program.pid for name, program in self.stack.services.items()}
        pids |= {"gateway": self.stack.gateway.pid, "mailbox": self.stack.mailbox.pid}
        return {name: psutil.Process(pid).memory_info().rss / 2**20 for name, pid in pids.items()}


@contextmanager
def portal(folder: Path) -> Iterator[Portal]:
    """Start the portal twice, so that both starts are measured, and stop it in the end."""
    ports = random_ports()
    first = _started(folder, ports)
    first_seconds = first[1]
    first[0].stop()
    stack, second_seconds = _started(folder, ports)
    try:
        yield Portal(stack, first_seconds, second_seconds)
    finally:
        stack.stop()
        stack.postgres.remove()


def _started(folder: Path, ports: dict[str, int]) -> tuple[Stack, float]:
    began = time.perf_counter()
    stack = Stack(Data(folder), ports, overrides=OVERRIDES, say=lambda _: None)
    start(stack)
    return stack, time.perf_counter() - began

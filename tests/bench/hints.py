"""How long it takes until an open ticket page hears of a reply."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from shared.ids import uuid7
from tests.bench import load
from tests.bench.load import Headers
from tests.bench.portal import Portal
from tests.fixtures.waiting import eventually

REPLIES = 300
PER_SECOND = 10
_REPORT = {"subject": "Internet mati", "description": "Sejak pagi", "category": "down"}


@dataclass
class Listener:
    """An open stream: when it heard of each version of a ticket."""

    heard: dict[int, float] = field(default_factory=dict)

    async def read(self, reader: asyncio.StreamReader) -> None:
        """Note versions until the connection ends."""
        with suppress(asyncio.IncompleteReadError):
            while True:
                line = await reader.readuntil(b"\n")
                if line.startswith(b"data: ") and b'"version"' in line:
                    self.heard[json.loads(line[6:])["version"]] = time.perf_counter()


async def hint_latency(running: Portal) -> tuple[float, float]:
    """Milliseconds (p50, p99) from sending a reply to hearing of it on the customer's stream.

    The way: gateway, ticket-service, commit, relay, Kafka, Redis, gateway, stream.
    """
    customer, agent = running.session("customer"), running.session("agent")
    number = (await _call(running, customer, "POST", "/api/v1/tickets", _REPORT))["number"]
    async with _listening(running, customer, number) as listener:
        sent: dict[int, float] = {}
        for _ in range(REPLIES):
            at = time.perf_counter()
            reply = {"body": "Kami sudah di jalan."}
            path = f"/api/v1/tickets/{number}/replies"
            sent[(await _call(running, agent, "POST", path, reply))["version"]] = at
            await asyncio.sleep(max(0.0, at + 1 / PER_SECOND - time.perf_counter()))
        await eventually(lambda: max(listener.heard, default=0) >= max(sent), seconds=30)
    took = sorted(1000 * (_told_at(listener, version) - at) for version, at in sent.items())
    return took[len(took) // 2], took[int(len(took) * 0.99)]


def _told_at(listener: Listener, version: int) -> float:
    """When it was known that the ticket is at least at this version."""
    return min(at for newer, at in listener.heard.items() if newer >= version)


async def _call(
    running: Portal, who: Headers, method: str, path: str, body: dict[str, Any]
) -> dict[str, Any]:
    headers = who | {"Idempotency-Key": str(uuid7())}
    async with load.connection(running.port) as connection:
        prepared = load.request(method, path, headers, json.dumps(body).encode())
        answer = await connection.send(prepared)
    assert answer.status == 201, (answer.status, answer.body)
    result: dict[str, Any] = json.loads(answer.body)
    return result


@asynccontextmanager
async def _listening(running: Portal, who: Headers, number: str) -> AsyncIterator[Listener]:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    headers = {"Host": urlsplit(running.stack.url).netloc, "Cookie": who["Cookie"]}
    writer.write(load.request("GET", f"/live?ticket={number}", headers))
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head, head
    listener = Listener()
    reading = asyncio.create_task(listener.read(reader))
    try:
        yield listener
    finally:
        reading.cancel()
        await asyncio.wait([reading])
        writer.close()

"""A small HTTP/1.1 load client: as little work as possible between two requests on a kept connection.

A general client would take more of the two shared cores than the server under test.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Headers = dict[str, str]
MakeRequest = Callable[[int], bytes]


@dataclass(slots=True)
class Answer:
    """Status and body of an answer."""

    status: int
    body: bytes


@dataclass(slots=True)
class Run:
    """What a load found: answers per second and how long each took, in seconds."""

    seconds: float
    latencies: list[float]
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency in milliseconds below which this share of the answers came."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Connection:
    """One kept connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, request: bytes) -> Answer:
        """Send one request and read its whole answer."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = _content_length(head)
        body = await self._reader.readexactly(length) if length else b""
        return Answer(int(head[9:12]), body)

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[Connection]:
    """A connection to this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    kept = Connection(reader, writer)
    try:
        yield kept
    finally:
        kept.close()


def request(method: str, path: str, headers: Headers, body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    if body or method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def closed_loop(port: int, make: MakeRequest, *, count: int, clients: int) -> Run:
    """`clients` connections that each send the next request as soon as they have an answer."""
    numbers = iter(range(count))
    run = Run(0.0, [])
    started = time.perf_counter()
    await asyncio.gather(*(_client(port, make, numbers, run) for _ in range(clients)))
    run.seconds = time.perf_counter() - started
    return run


async def open_loop(
    port: int, make: MakeRequest, *, per_second: float, seconds: float, clients: int = 32
) -> list[tuple[int, float, Answer]]:
    """Requests at fixed times, whatever the answers do: number, wall-clock time of the answer, answer."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(clients)]
    for reader, writer in opened:
        free.put_nowait(Connection(reader, writer))
    answers: list[tuple[int, float, Answer]] = []
    start = time.perf_counter()

    async def send(number: int) -> None:
        kept = await free.get()
        answer = await kept.send(make(number))
        answers.append((number, time.time(), answer))
        free.put_nowait(kept)

    async with asyncio.TaskGroup() as group:
        for number in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, start + number / per_second - time.perf_counter()))
            group.create_task(send(number))
    for _, writer in opened:
        writer.close()
    return answers


def all_answered(run: Run, status: int) -> None:
    """Nobody got anything else; raises SystemExit."""
    if set(run.statuses) != {status}:
        raise SystemExit(f"expected only {status}, got {run.statuses}")


async def _client(port: int, make: MakeRequest, numbers: Iterator[int], run: Run) -> None:
    async with connection(port) as kept:
        for number in numbers:
            prepared = make(number)
            before = time.perf_counter()
            answer = await kept.send(prepared)
            run.latencies.append(time.perf_counter() - before)
            run.statuses[answer.status] = run.statuses.get(answer.status, 0) + 1


def _content_length(head: bytes) -> int:
    lowered = head.lower()
    start = lowered.find(b"content-length:")
    if start < 0:
        if b"transfer-encoding: chunked" in lowered:
            raise ValueError("the load client reads no chunked answers")
        return 0
    return int(lowered[start + 15 : lowered.index(b"\r\n", start)])

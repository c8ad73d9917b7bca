"""`python -m tests.bench`: one table, all of it measured in this run; goals are shares of the floor."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path

import uvloop

from local.ports import free_port
from shared.ids import uuid7
from tests.bench import load, pages
from tests.bench.filling import fill
from tests.bench.hints import hint_latency
from tests.bench.identity import identity_lines
from tests.bench.importing import import_lines
from tests.bench.load import Headers, Run
from tests.bench.portal import CATCH_UP_SECONDS, Portal, portal
from tests.bench.table import Line, show

REPORT = {
    "subject": "Internet mati sejak pagi",
    "description": "Lampu LOS merah sejak jam tujuh, modem sudah dinyalakan ulang dua kali.",
    "category": "down",
    "impact": "down",
}
BODY = json.dumps(REPORT).encode()
CLIENTS = 16
CREATES = 3_000
READS = 6_000
PACED_PER_SECOND, PACED_SECONDS = 50, 20
FIRST_LOOKS = 1_000


async def measure(running: Portal) -> list[Line]:
    """All figures, in the order of the table."""
    customer = running.session("customer")
    memory = running.memory()
    floor = await _floor(running)
    through = await _pass_through(running, customer)
    accepted, sustained = await _creates(running, customer)
    reading = await _reads(running, customer)
    p50, p99 = await _commit_to_mail(running, customer)
    heard, heard_99 = await hint_latency(running)
    identity = await identity_lines(running)
    shown = await _pages(running)
    return [
        Line("floor: bare FastAPI + asyncpg", _rate(floor)),
        Line("gateway alone, empty POST passed through", _rate(through), "", None),
        _share("create, accepted", accepted, floor, 0.25),
        _sustained(sustained, floor),
        _share("ticket JSON through the gateway", reading, floor, 0.4),
        Line(
            f"commit to mail at {PACED_PER_SECOND} tickets/s",
            f"p50 {p50:.0f} ms, p99 {p99:.0f} ms",
            "p99 < 1,000 ms",
            p99 < 1000,
        ),
        Line(
            "reply to hint on an open page",
            f"p50 {heard:.0f} ms, p99 {heard_99:.0f} ms",
            "p99 < 2,000 ms",
            heard_99 < 2000,
        ),
        *identity,
        *shown,
        *(Line(f"memory at rest: {name}", f"{size:.0f} MB") for name, size in memory.items()),
        Line(
            "memory at rest: all Python processes",
            f"{sum(memory.values()):.0f} MB",
            "< 600 MB",
            sum(memory.values()) < 600,
        ),
        Line("first start, with demo", f"{running.first_start:.1f} s"),
        Line("second start", f"{running.second_start:.1f} s", "< 10 s", running.second_start < 10),
    ]


async def _floor(running: Portal) -> Run:
    port = free_port()
    dsn = running.stack.owner_url("ticket-service")
    with _process("tests.bench.floor", dsn, str(port)):
        await _listening(port)
        headers = {"Host": "localhost", "Content-Type": "application/json"}
        prepared = load.request("POST", "/tickets", headers, BODY)
        await load.closed_loop(port, lambda _: prepared, count=500, clients=CLIENTS)
        return await load.closed_loop(port, lambda _: prepared, count=CREATES, clients=CLIENTS)


async def _pass_through(running: Portal, customer: Headers) -> Run:
    """A second gateway, as the first one is but for the service behind it."""
    upstream, port, ops = free_port(), free_port(), free_port()
    gateway = {
        **running.stack.environment().gateway(),
        "GATEWAY_TICKET_URL": f"http://127.0.0.1:{upstream}",
        "GATEWAY_PORT": str(port),
        "GATEWAY_OPS_PORT": str(ops),
    }
    with _process("tests.bench.upstream", str(upstream)), _process("gateway", env=gateway):
        await _listening(upstream)
        await _listening(port)
        prepared = load.request("POST", "/api/v1/tickets", customer)
        await load.closed_loop(port, lambda _: prepared, count=500, clients=CLIENTS)
        run = await load.closed_loop(port, lambda _: prepared, count=READS, clients=CLIENTS)
    load.all_answered(run, 204)
    return run


async def _creates(running: Portal, customer: Headers) -> tuple[Run, float]:
    """Accepted per second, and per second until every consumer had caught up."""

    def create(_: int) -> bytes:
        return load.request(
            "POST", "/api/v1/tickets", customer | {"Idempotency-Key": str(uuid7())}, BODY
        )

    before = await _quiet(running)
    began = time.perf_counter()
    run = await load.closed_loop(running.port, create, count=CREATES, clients=CLIENTS)
    load.all_answered(run, 201)
    await _caught_up(running, before)
    return run, CREATES / (time.perf_counter() - began)


async def _reads(running: Portal, customer: Headers) -> Run:
    connection = HTTPConnection("127.0.0.1", running.port)
    connection.request("GET", "/api/v1/tickets?limit=1", headers=customer)
    number = json.loads(connection.getresponse().read())["items"][0]["number"]
    connection.close()
    prepared = load.request("GET", f"/api/v1/tickets/{number}", customer)
    run = await load.closed_loop(running.port, lambda _: prepared, count=READS, clients=CLIENTS)
    load.all_answered(run, 200)
    return run


async def _commit_to_mail(running: Portal, customer: Headers) -> tuple[float, float]:
    """Milliseconds from the answer, which leaves after the commit, to the mail in the sink."""
    await _mails_sent(running)
    running.stack.mailbox.clear()

    def create(_: int) -> bytes:
        return load.request(
            "POST", "/api/v1/tickets", customer | {"Idempotency-Key": str(uuid7())}, BODY
        )

    answers = await load.open_loop(
        running.port, create, per_second=PACED_PER_SECOND, seconds=PACED_SECONDS
    )
    committed = {json.loads(answer.body)["number"]: at for _, at, answer in answers}
    arrived = await _arrivals(running, set(committed))
    took = sorted(1000 * max(0.0, arrived[n] - at) for n, at in committed.items())
    return took[len(took) // 2], took[int(len(took) * 0.99)]


async def _arrivals(running: Portal, numbers: set[str]) -> dict[str, float]:
    """When the customer's first mail about each ticket came in."""
    arrived: dict[str, float] = {}
    deadline = time.monotonic() + CATCH_UP_SECONDS
    while time.monotonic() < deadline:
        for mail in await asyncio.to_thread(_all_mails, running):
            for number in numbers & set(
                mail["subject"].replace("[", " ").replace("]", " ").split()
            ):
                at = datetime.fromisoformat(mail["received_at"]).timestamp()
                arrived[number] = min(at, arrived.get(number, at))
        if len(arrived) == len(numbers):
            return arrived
        await asyncio.sleep(1)
    raise SystemExit(f"{len(numbers) - len(arrived)} of {len(numbers)} tickets brought no mail")


async def _pages(running: Portal) -> list[Line]:
    """With as many tickets as a provider of some size has in a year."""
    await _quiet(running)
    await fill(running.stack, pages.TICKETS)
    number = await asyncio.to_thread(pages.conversation, running.stack)
    await _quiet(running)
    sessions = {page.who: running.session(page.who) for page in pages.PAGES}
    numbers = await asyncio.to_thread(_own_numbers, running, sessions["customer"])
    return [
        await pages.first_looks(running.port, sessions["customer"], numbers),
        *await pages.speeds(running.port, sessions, number),
    ]


def _own_numbers(running: Portal, customer: Headers) -> list[str]:
    """The latest tickets that the customer reported."""
    numbers: list[str] = []
    cursor: str | None = ""
    connection = HTTPConnection("127.0.0.1", running.port)
    while cursor is not None and len(numbers) < FIRST_LOOKS:
        after = f"&cursor={cursor}" if cursor else ""
        connection.request("GET", f"/api/v1/tickets?limit=100{after}", headers=customer)
        page = json.loads(connection.getresponse().read())
        numbers += [row["number"] for row in page["items"]]
        cursor = page["next"]
    connection.close()
    return numbers


def _all_mails(running: Portal) -> list[dict[str, str]]:
    mails: list[dict[str, str]] = []
    cursor = ""
    while True:
        connection = HTTPConnection("127.0.0.1", running.stack.ports["mailbox"])
        connection.request("GET", f"/api/messages?limit=1000{cursor}")
        page = json.loads(connection.getresponse().read())
        connection.close()
        mails += page["items"]
        if page["next"] is None:
            return mails
        cursor = f"&before={page['next']}"


@dataclass(frozen=True, slots=True)
class _Progress:
    """Sums of versions: what ticket-service wrote, and what each listener has applied of anything."""

    written: int
    applied: tuple[int, ...]

    def follows(self, before: "_Progress") -> bool:
        """Whether the listeners have since applied as many versions as tickets have got."""
        grown = self.written - before.written
        return all(b - a >= grown for a, b in zip(before.applied, self.applied, strict=True))


async def _progress(running: Portal) -> _Progress:
    written = await running.count(
        "ticket-service", "SELECT coalesce(sum(version), 0)::bigint FROM ticket"
    )
    sums = [
        await running.count(service, "SELECT coalesce(sum(last_version), 0)::bigint FROM consumed")
        for service in ("notify-service", "analytics-service")
    ]
    return _Progress(written, tuple(sums))


async def _quiet(running: Portal) -> _Progress:
    """The progress once nothing has moved for a second."""
    before = await _progress(running)
    for _ in range(int(CATCH_UP_SECONDS)):
        await asyncio.sleep(1)
        now = await _progress(running)
        if now == before:
            return now
        before = now
    raise SystemExit("the portal does not come to rest")


async def _caught_up(running: Portal, before: _Progress) -> None:
    deadline = time.monotonic() + CATCH_UP_SECONDS
    while time.monotonic() < deadline:
        if (await _progress(running)).follows(before):
            return
        await asyncio.sleep(0.05)
    raise SystemExit("the consumers did not catch up")


async def _mails_sent(running: Portal) -> None:
    """Until no e-mail waits to be sent."""
    waiting = "SELECT count(*) FROM intent WHERE state IN ('pending', 'sending')"
    for _ in range(int(CATCH_UP_SECONDS)):
        if not await running.count("notify-service", waiting):
            return
        await asyncio.sleep(1)
    raise SystemExit("mails are left unsent")


@contextmanager
def _process(name: str, *arguments: str, env: dict[str, str] | None = None) -> Iterator[None]:
    command = [sys.executable, "-m", name, *arguments]
    process = subprocess.Popen(command, env=env or os.environ.copy(), stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


async def _listening(port: int) -> None:
    for _ in range(300):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise SystemExit(f"nothing listens on port {port}")


def _rate(run: Run) -> str:
    return f"{run.rate:,.0f}/s, p50 {run.percentile(0.5):.1f} ms, p99 {run.percentile(0.99):.1f} ms"


def _share(name: str, run: Run, floor: Run, goal: float) -> Line:
    share = run.rate / floor.rate
    return Line(name, f"{_rate(run)} = {share:.2f} × floor", f"≥ {goal} × floor", share >= goal)


def _sustained(rate: float, floor: Run) -> Line:
    share, goal = rate / floor.rate, 0.12
    name = "create, sustained with every consumer caught up"
    return Line(name, f"{rate:,.0f}/s = {share:.2f} × floor", f"≥ {goal} × floor", share >= goal)


def main() -> None:
    """Start the portal, measure, print."""
    with tempfile.TemporaryDirectory(prefix="tanggap-bench-") as folder:
        Path(folder).chmod(0o755)
        with portal(Path(folder) / "data") as running:
            lines = uvloop.run(measure(running))
            lines += pages.loads(running.stack)
            lines += uvloop.run(import_lines(running.stack))
    print(f"{CLIENTS} connections, {os.cpu_count()} cores shared by servers, portal and load")
    show(lines)


if __name__ == "__main__":
    main()

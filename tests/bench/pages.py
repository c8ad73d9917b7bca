"""The pages that are looked at most: how many a second, how long one takes, what it weighs."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.stack import Stack
from tests.bench import load
from tests.bench.load import Headers, Run
from tests.bench.table import Line
from tests.browser.browsing import Browsing, chromium, chromium_path
from tests.browser.pages import CONSOLE, KILOBYTE, page_named
from tests.browser.scene import Scene, opened, reply, take
from tests.browser.weighing import weigh
from tests.fixtures.system import System

TICKETS = 10_000
CLIENTS = {1: 400, 8: 1_600, 32: 1_600}
WARM_UP = 100
LOADED = ("home", "submit", "tickets", "ticket", "link", "queue", "console-ticket", "dashboard")


@dataclass(frozen=True, slots=True)
class Measured:
    """A page, who looks, and what is aimed at: pages a second with 8, milliseconds with 1."""

    name: str
    who: str
    path: str
    per_second: int = 0
    median_ms: int = 0

    def line(self, clients: int, run: Run) -> Line:
        """A row of the table; the aims belong to the number of clients that shows them."""
        rate, median = run.rate, run.percentile(0.5)
        value = f"{rate:,.0f}/s, p50 {median:.1f} ms, p95 {run.percentile(0.95):.1f} ms"
        name = f"{self.name}, {clients} at once"
        if clients == 8 and self.per_second:
            return Line(name, value, f"≥ {self.per_second}/s", rate >= self.per_second)
        if clients == 1 and self.median_ms:
            return Line(name, value, f"p50 ≤ {self.median_ms} ms", median <= self.median_ms)
        return Line(name, value)


PAGES = (
    Measured("page: customer's ticket", "customer", "/tickets/{number}", per_second=800),
    Measured("page: submit", "customer", "/tickets/new"),
    Measured("page: queue", "agent", "/admin/tickets?queue=all", per_second=400, median_ms=8),
    Measured("page: dashboard", "admin", "/admin/overview", median_ms=10),
)


async def speeds(port: int, sessions: Mapping[str, Headers], number: str) -> list[Line]:
    """Each page, asked for by 1, 8 and 32 at once."""
    lines = []
    for page in PAGES:
        headers = {
            "Host": sessions[page.who]["Host"],
            "Cookie": sessions[page.who]["Cookie"],
            "Accept": "text/html",
            "Accept-Encoding": "gzip",
        }
        prepared = load.request("GET", page.path.format(number=number), headers)
        await load.closed_loop(port, lambda _, p=prepared: p, count=WARM_UP, clients=1)
        for clients, count in CLIENTS.items():
            run = await load.closed_loop(
                port, lambda _, p=prepared: p, count=count, clients=clients
            )
            load.all_answered(run, 200)
            lines.append(page.line(clients, run))
    return lines


async def first_looks(port: int, session: Headers, numbers: list[str]) -> Line:
    """The customer's ticket when nobody has looked at it: each request is for another one."""
    headers = {
        "Host": session["Host"],
        "Cookie": session["Cookie"],
        "Accept": "text/html",
        "Accept-Encoding": "gzip",
    }
    prepared = [load.request("GET", f"/tickets/{number}", headers) for number in numbers]
    run = await load.closed_loop(port, prepared.__getitem__, count=len(prepared), clients=8)
    load.all_answered(run, 200)
    return Measured("page: customer's ticket, each another", "customer", "").line(8, run)


def conversation(stack: Stack) -> str:
    """The number of a ticket with a few messages, as most have."""
    system = System(stack)
    customer, agent = system.logged_in("customer"), system.logged_in("agent")
    number = opened(customer)
    take(agent, number)
    for who, words in (
        (agent, "Selamat pagi, kami sedang memeriksa jalurnya."),
        (customer, "Baik, saya tunggu. Lampunya masih merah."),
        (agent, "Teknisi kami berangkat pukul sepuluh."),
    ):
        reply(who, number, words)
    system.close()
    return number


def loads(stack: Stack) -> list[Line]:
    """Bytes and requests of a first visit, counted by a browser."""
    path = chromium_path()
    if path is None:
        return [Line("first load", "not measured: there is no Chromium here")]
    system = System(stack)
    scene = Scene.prepared(system)
    lines = []
    with chromium(path) as browser:
        for name in LOADED:
            shown, browsing = page_named(name), Browsing(browser, system, {})
            weight = weigh(browsing(shown.who), shown.at(scene), font=shown.budget != CONSOLE)
            browsing.close()
            value = f"{weight.size / KILOBYTE:.1f} KB in {weight.requests} requests"
            goal = f"≤ {shown.budget // KILOBYTE} KB"
            lines.append(Line(f"first load: {name}", value, goal, weight.size <= shown.budget))
    system.close()
    return lines

"""An open page hears of changes through the whole running system."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.fixtures.system import System, Visitor
from tests.fixtures.waiting import wait_for

REPORT = {"subject": "Lampu LOS merah", "description": "Sejak jam tujuh pagi", "category": "down"}


@dataclass
class Heard:
    """What came over a stream, as `(event, data)`."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def versions(self, ticket: str) -> list[int]:
        """The versions of a ticket that were told."""
        told = [data for name, data in self.events if name == "ticket"]
        return [data["version"] for data in told if data["id"] == ticket]

    def names(self) -> set[str]:
        """The events that came."""
        return {name for name, _ in self.events}


@contextmanager
def listening(visitor: Visitor, path: str) -> Iterator[Heard]:
    """A stream in a thread, open as long as the block."""
    heard = Heard()

    def read(lines: Iterator[str]) -> None:
        name = ""
        try:
            for line in lines:
                key, _, value = line.partition(": ")
                if key == "event":
                    name = value
                elif key == "data":
                    heard.events.append((name, json.loads(value)))
        except (httpx.HTTPError, httpx.StreamError):
            return

    with visitor.browser.stream("GET", path, timeout=60) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        reading = threading.Thread(target=read, args=(answer.iter_lines(),), daemon=True)
        reading.start()
        yield heard
        answer.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        reading.join(5)


def test_an_open_ticket_page_hears_of_a_reply_and_never_of_a_note(system: System) -> None:
    customer, agent = system.logged_in("customer"), system.logged_in("agent")
    ticket = customer.api("POST", "/tickets", REPORT).json()
    listener = system.logged_in("customer")
    with listening(listener, "/live?ticket=" + ticket["number"]) as heard:
        path = f"/tickets/{ticket['number']}"
        noted = agent.api("POST", f"{path}/notes", {"body": "Hanya kita"}).json()["version"]
        replied = agent.api("POST", f"{path}/replies", {"body": "Kami berangkat"}).json()["version"]
        wait_for(lambda: [v for v in heard.versions(ticket["id"]) if v >= replied])
        assert noted not in heard.versions(ticket["id"])
        assert "queue" not in heard.names()


def test_staff_hear_that_queue_and_figures_changed(system: System) -> None:
    customer, admin = system.logged_in("customer"), system.logged_in("admin")
    with listening(admin, "/live?ticket=") as heard:
        customer.api("POST", "/tickets", REPORT)
        wait_for(lambda: {"queue", "figures"} <= heard.names(), seconds=20)
        assert "ticket" not in heard.names()


def test_the_page_of_a_ticket_names_its_stream_and_its_living_parts(system: System) -> None:
    customer = system.logged_in("customer")
    ticket = customer.api("POST", "/tickets", REPORT).json()
    page = customer.get(f"/tickets/{ticket['number']}").text
    assert f'data-live="ticket:{ticket["id"]}"' in page
    assert f'data-url="/live?ticket={ticket["number"]}&amp;since=' in page
    assert page.count('id="live"') == 1

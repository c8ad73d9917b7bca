"""The key that signs tokens changes while people work, and nobody notices."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import pytest

from local import rotate
from local.program import Program
from tests.fixtures.system import System
from tests.fixtures.waiting import wait_for
from tests.security.crawl import Crawl
from tests.security.gateways import another_gateway

pytestmark = pytest.mark.e2e


@dataclass
class Traffic:
    """A person who asks again and again, of one gateway, and what they got."""

    url: str
    headers: dict[str, str]
    answers: Counter[int] = field(default_factory=Counter)

    def has_gone_on(self) -> bool:
        """Wait until some more was asked, so that what just changed has been tried."""
        before = self.answers.total()
        return bool(wait_for(lambda: self.answers.total() > before + 5))

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Ask, as long as the block; every answer must be good."""
        stop = threading.Event()
        asking = threading.Thread(target=self._ask, args=(stop,), daemon=True)
        asking.start()
        try:
            yield
        finally:
            stop.set()
            asking.join(10)

    def asked_once(self) -> int:
        """The status of one more answer."""
        with httpx.Client(base_url=self.url, headers=self.headers, timeout=10) as client:
            return client.get("/api/v1/tickets").status_code

    def _ask(self, stop: threading.Event) -> None:
        with httpx.Client(base_url=self.url, headers=self.headers, timeout=10) as client:
            while not stop.is_set():
                for path in ("/api/v1/me", "/api/v1/tickets", "/api/v1/notifications"):
                    self.answers[client.get(path).status_code] += 1


def _traffic(portal: System, crawl: Crawl, port: int) -> Traffic:
    session = crawl.world.for_once("owner").browser.cookies["session"]
    headers = {"Host": urlsplit(portal.url).netloc, "Cookie": f"session={session}"}
    return Traffic(f"http://127.0.0.1:{port}", headers)


def _own_gateway(portal: System) -> Program:
    assert portal.stack.gateway is not None
    return portal.stack.gateway


def test_the_key_of_tokens_changes_without_a_refused_request(portal: System, crawl: Crawl) -> None:
    folder = portal.stack.keys.token_key_file.parent
    old = _traffic(portal, crawl, _own_gateway(portal).port)
    with old.flowing():
        assert old.has_gone_on()
        rotate.add(folder)
        rotate.use(folder)
        # A gateway that starts now signs with the new key; the one before goes on with the old.
        with another_gateway(portal, "gateway-new-key") as gateway:
            new = _traffic(portal, crawl, gateway.port)
            with new.flowing():
                assert old.has_gone_on() and new.has_gone_on()
    assert set(old.answers) == set(new.answers) == {200}


def test_a_dropped_key_opens_nothing_any_more(portal: System, crawl: Crawl) -> None:
    folder, own = portal.stack.keys.token_key_file.parent, _own_gateway(portal)
    try:
        with another_gateway(portal, "gateway-old-key") as gateway:
            old = _traffic(portal, crawl, gateway.port)
            assert old.asked_once() == 200
            rotate.add(folder)
            rotate.use(folder)
            rotate.drop(folder)
            assert old.asked_once() in (401, 503)
    finally:
        own.stop()
        own.start()
    assert _traffic(portal, crawl, own.port).asked_once() == 200

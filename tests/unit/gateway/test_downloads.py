"""Files on their way down: who reads slowly keeps nobody else from anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import httpx
import pytest
from aiohttp import web

from gateway.limits import AtOnce
from gateway.main import public_app
from gateway.portal import Portal, Rates
from gateway.upstream import Caller
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import URL, Visitor
from tests.unit.gateway.upstream import Received, Upstream

PHOTO = "/attachments/0192a000-0000-7000-8000-000000000009"
# More than the buffers between two processes hold.
CONTENT = bytes(12_000_000)
PATHS = (PHOTO, f"{PHOTO}/thumbnail", f"/api/v1{PHOTO}")


@pytest.fixture(autouse=True)
def _one_connection_of_each_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.upstream.CONNECTIONS", 1)
    monkeypatch.setattr("gateway.upstream.FILE_CONNECTIONS", 1)


@pytest.fixture
async def strict(portal: Portal, upstream: Upstream) -> AsyncIterator[Visitor]:
    """Budi before a gateway that gives each caller one file at once and lets nobody wait."""

    def give(_: Received) -> web.Response:
        return web.Response(body=CONTENT, content_type="image/jpeg")

    upstream.calls("GET", "/attachments/.*", give)
    own = replace(portal, downloads=AtOnce(1, wait_seconds=0))
    transport = httpx.ASGITransport(app=public_app(own))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        yield Visitor(client, own).as_customer()


async def begin_and_stop_reading(visitor: Visitor, path: str) -> list[str]:
    """Ask for a file and take nothing of it but the first chunk; gives what was sent."""
    sent: list[str] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])
        if len(sent) > 2:
            await asyncio.Event().wait()

    async def receive() -> Any:
        await asyncio.Event().wait()

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [
            (b"host", b"localhost:8000"),
            (b"cookie", f"session={samples.BUDI_TOKEN}".encode()),
        ],
        "client": ("127.0.0.1", 1),
    }
    await public_app(visitor.portal)(scope, receive, send)
    return sent


async def test_a_file_that_is_read_slowly_keeps_no_call_waiting(strict: Visitor) -> None:
    tickets = strict.portal.services.upstreams["ticket-service"]
    found = await tickets.open(PHOTO, Caller())
    assert (await strict.get(f"/tickets/{samples.NUMBER}")).status_code == 200
    found.close()


@pytest.mark.parametrize("path", PATHS)
async def test_who_takes_nothing_gets_no_more_and_gives_everything_back(
    strict: Visitor, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    with monkeypatch.context() as impatient:
        impatient.setattr("gateway.downloads.STALLED_SECONDS", 0)
        sent = await begin_and_stop_reading(strict, path)
    assert sent == ["http.response.start", "http.response.body", "http.response.body"]
    again = await strict.get(path)
    assert (again.status_code, len(again.content)) == (200, len(CONTENT))


@pytest.mark.parametrize("path", PATHS)
async def test_one_caller_fetches_only_so_many_files_at_once(strict: Visitor, path: str) -> None:
    session = await strict.portal.sessions.find(samples.BUDI_TOKEN)
    assert session is not None
    async with AsyncExitStack() as busy:
        place = strict.portal.downloads.hold(Caller(session.actor).holder)
        await busy.enter_async_context(place)
        refused = await strict.get(path)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
        assert (await strict.as_agent().get(path)).status_code == 200
    assert (await strict.as_customer().get(path)).status_code == 200


@pytest.mark.parametrize("path", [*PATHS, f"/users/{samples.DEWI_ID}/avatar"])
async def test_files_count_like_other_requests(
    portal: Portal, upstream: Upstream, path: str
) -> None:
    upstream.answers("GET", ".*/(attachments|avatar).*")
    few = replace(portal, rates=Rates(person=1, stranger=1))
    transport = httpx.ASGITransport(app=public_app(few))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        visitor = Visitor(client, few).as_customer()
        statuses = [(await visitor.get(path)).status_code for _ in range(2)]
    assert statuses == [200, 429]


async def test_a_place_that_becomes_free_goes_to_who_waits() -> None:
    places = AtOnce(1, wait_seconds=60)
    order: list[str] = []

    async def take(name: str) -> None:
        async with places.hold("budi"):
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(take("first"), take("second"), take("third"))
    assert order == ["first", "second", "third"]

"""Nobody fills the disk: a large form is read only from somebody who is known, and not for ever."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from gateway.limits import AtOnce
from gateway.main import public_app
from gateway.pages import MAX_FORM_BYTES
from gateway.portal import Portal, Rates
from gateway.upstream import Caller
from shared.auth import Actor
from shared.errors import NotFound
from shared.web import MAX_BODY_BYTES
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream

REPLIES = f"/tickets/{samples.NUMBER}/replies"
LINK_REPLIES = "/t/abc/replies"


@dataclass
class Body:
    """What a browser would send, without end; counts how often the gateway took of it."""

    taken: int = 0

    async def receive(self) -> Any:
        self.taken += 1
        return {"type": "http.request", "body": bytes(100_000), "more_body": True}


async def answer_to(
    portal: Portal, visitor: Visitor, path: str, body: Body, length: int | None = None
) -> int:
    """The status that a form of this length gets; None does not say how long it is."""
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.client.cookies.items())
    headers = [
        (b"host", b"localhost:8000"),
        (b"cookie", cookies.encode()),
        (b"content-type", b"multipart/form-data; boundary=x"),
    ]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
    }
    await public_app(portal)(scope, body.receive, send)
    status: int = sent[0]["status"]
    return status


def large_form(visitor: Visitor, **fields: str) -> dict[str, Any]:
    photo = ("modem.jpg", bytes(2 * MAX_BODY_BYTES), "image/jpeg")
    return {
        "data": {"csrf_token": visitor.csrf_token, "submission_id": "form-1", **fields},
        "files": {"photos": photo},
    }


@pytest.fixture
def linked(upstream: Upstream) -> Upstream:
    """The services with one valid link and a store."""
    found = {"ticket_id": samples.TICKET_ID, "number": samples.NUMBER, "user_id": samples.BUDI_ID}
    upstream.answers("POST", "/links/open", found)
    upstream.answers("POST", "/attachments", {"id": samples.TICKET_ID, "name": "modem.jpg"}, 201)
    upstream.answers("POST", "/tickets/.*/replies", {"number": samples.NUMBER}, 201)
    return upstream


@pytest.mark.parametrize("length", [MAX_FORM_BYTES, None])
@pytest.mark.parametrize(
    "path", ["/tickets/new", REPLIES, "/account/picture", "/admin/tickets/new"]
)
async def test_nothing_of_a_large_form_is_read_from_a_stranger(
    portal: Portal, visitor: Visitor, path: str, length: int | None
) -> None:
    body = Body()
    assert await answer_to(portal, visitor.as_stranger(), path, body, length) == 401
    assert body.taken == 0


async def test_nothing_of_a_large_form_for_staff_is_read_from_a_customer(
    portal: Portal, visitor: Visitor
) -> None:
    body = Body()
    status = await answer_to(portal, visitor.as_customer(), "/admin/tickets/new", body)
    assert (status, body.taken) == (403, 0)


async def test_nothing_of_a_large_form_is_read_through_an_unknown_link(
    portal: Portal, visitor: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("POST", "/links/open", NotFound())
    body = Body()
    assert await answer_to(portal, visitor.as_stranger(), LINK_REPLIES, body) == 404
    assert body.taken == 0


async def test_nothing_of_a_large_form_is_read_from_who_asks_too_often(
    portal: Portal, visitor: Visitor
) -> None:
    busy = replace(portal, rates=Rates(person=0, stranger=0))
    body = Body()
    assert await answer_to(busy, visitor.as_customer(), "/tickets/new", body) == 429
    assert body.taken == 0


async def test_a_form_that_says_it_is_too_large_is_not_read(
    portal: Portal, visitor: Visitor
) -> None:
    visitor.as_customer()
    for path, most in (("/tickets/new", MAX_FORM_BYTES), ("/account/profile", MAX_BODY_BYTES)):
        body = Body()
        assert await answer_to(portal, visitor, path, body, most + 1) == 413
        assert body.taken == 0


async def test_a_stranger_fills_no_disk_through_the_api(portal: Portal, visitor: Visitor) -> None:
    body = Body()
    status = await answer_to(portal, visitor.as_stranger(), "/api/v1/attachments", body)
    assert (status, body.taken) == (401, 0)


async def test_a_valid_link_sends_large_photos(visitor: Visitor, linked: Upstream) -> None:
    visitor.as_stranger()
    answer = await visitor.client.post(LINK_REPLIES, **large_form(visitor, body="Ini"))
    assert answer.status_code == 303
    assert len(linked.all("POST", "/attachments")) == 1


async def test_after_the_session_ended_the_words_come_back_and_a_large_form_asks_for_the_login(
    visitor: Visitor,
) -> None:
    visitor.client.cookies.set("session", "a-session-that-has-ended")
    words = {"csrf_token": visitor.csrf_token, "body": "Lampunya masih merah"}
    small = await visitor.client.post(REPLIES, data=words, files={"photos": ("a.jpg", b"x")})
    assert (small.status_code, words["body"] in small.text) == (401, True)
    large = await visitor.client.post(REPLIES, **large_form(visitor, body=words["body"]))
    assert large.status_code == 401


async def test_a_body_that_does_not_come_to_an_end_is_given_up(
    portal: Portal, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.limits.BODY_SECONDS", 0)

    class Waiting(Body):
        async def receive(self) -> Any:
            await asyncio.Event().wait()

    visitor.as_customer()
    for path in ("/tickets/new", "/account/profile"):
        assert await answer_to(portal, visitor, path, Waiting()) == 408


async def test_the_api_gives_up_such_a_body_too(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.limits.BODY_SECONDS", 0)

    async def endless() -> Any:
        await asyncio.Event().wait()
        yield b""

    visitor.as_customer()
    for path in ("tickets", "attachments"):
        answer = await visitor.client.post(
            f"/api/v1/{path}",
            content=endless(),
            headers={"X-CSRF-Token": visitor.csrf_token},
        )
        assert (answer.status_code, answer.json()["type"]) == (408, "urn:tanggap:too-slow")


async def test_a_third_large_form_of_one_person_waits_and_is_then_refused(
    portal: Portal, linked: Upstream
) -> None:
    strict = replace(portal, uploads=AtOnce(2, wait_seconds=0))
    transport = httpx.ASGITransport(app=public_app(strict))
    async with (
        AsyncExitStack() as busy,
        httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client,
    ):
        visitor = Visitor(client, strict).as_customer()
        budi = Caller(Actor(id=UUID(samples.BUDI_ID), kind="customer"))
        for _ in range(2):
            await busy.enter_async_context(strict.uploads.hold(budi.holder))
        body = Body()
        assert await answer_to(strict, visitor, REPLIES, body) == 429
        assert body.taken == 0
        small = await visitor.post(REPLIES, body="Tanpa foto")
        assert small.status_code == 303
        await busy.aclose()
        answer = await client.post(REPLIES, **large_form(visitor, body="Ini fotonya"))
        assert answer.status_code == 303

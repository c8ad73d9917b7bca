"""The JSON API: what passes, what is refused, what is translated."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from gateway.api.routes import TABLE, RouteTable
from gateway.clients import Services
from gateway.main import compose, public_app
from gateway.portal import Portal
from shared.errors import FieldError, Invalid, NotFound, TooManyRequests
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor, settings_for
from tests.unit.gateway.upstream import Upstream

ROUTES = RouteTable()


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.template)
def test_every_row_of_the_table_is_found(row: object) -> None:
    template = row.template  # type: ignore[attr-defined]
    path = "/".join("0abc-1.x" if part.startswith("{") else part for part in template.split("/"))
    assert ROUTES.find(path) is row


@pytest.mark.parametrize(
    "path",
    [
        "/sessions/resolve",
        "/links/open",
        "/tickets/",
        "/tickets/..",
        "/tickets/%2e%2e",
        "/tickets/..%2fsessions",
        "/tickets/1234-5674/fly",
        "/tickets//replies",
        "",
        "/",
    ],
)
def test_what_the_table_does_not_name_cannot_be_reached(path: str) -> None:
    assert ROUTES.find(path) is None


async def test_a_body_passes_unread_with_the_headers_that_matter(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.answers(
        "POST", "/tickets", {"number": samples.NUMBER}, 201,
        {"Location": f"/tickets/{samples.NUMBER}", "ETag": '"1"'},
    )  # fmt: skip
    visitor.as_customer()
    body = b'{"subject" :  "spaces stay"}'
    answer = await visitor.client.post(
        "/api/v1/tickets",
        content=body,
        headers={
            "Content-Type": "application/json",
            "Idempotency-Key": "k1",
            "If-Match": '"3"',
            "X-CSRF-Token": visitor.csrf_token,
            "X-Request-ID": "request-of-a-test",
            "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
        },
    )
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/tickets/{samples.NUMBER}"
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["x-request-id"] == "request-of-a-test"
    got = upstream.last("POST", "/tickets")
    assert got.body == body
    assert got.headers["Idempotency-Key"] == "k1"
    assert got.headers["If-Match"] == '"3"'
    assert got.headers["X-Request-ID"] == "request-of-a-test"
    assert got.headers["traceparent"].startswith(f"00-{'a' * 32}-")


async def test_who_one_is_cannot_be_said_from_outside(visitor: Visitor, upstream: Upstream) -> None:
    visitor.as_customer()
    await visitor.call(
        "GET",
        "/tickets?q=a+b&limit=5",
        X_Client_Address="6.6.6.6",
        X_Principal="somebody",
        X_Forwarded_For="6.6.6.6",
    )
    got = upstream.last("GET", "/tickets")
    assert got.query == "q=a+b&limit=5"
    assert got.headers["X-Client-Address"] == "127.0.0.1"
    assert got.headers["X-Principal"] != "somebody"
    assert got.headers["Authorization"].startswith("Bearer ey")
    assert "Cookie" not in got.headers


async def test_logging_in_sets_the_cookie_and_gives_the_form_token(
    visitor: Visitor, upstream: Upstream
) -> None:
    user = samples.session()["user"]
    opened = {"token": samples.BUDI_TOKEN, "expires_at": samples.LATER, "user": user}
    upstream.answers("POST", "/sessions", opened, 201)
    credentials = {"email": user["email"], "password": "x"}
    answer = await visitor.client.post("/api/v1/session", json=credentials)
    assert answer.status_code == 201
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"session={samples.BUDI_TOKEN};")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    assert answer.json() == {"user": user, "csrf_token": visitor.csrf_token}
    assert samples.BUDI_TOKEN not in answer.text


async def test_over_https_the_cookie_is_tied_to_its_host(
    portal: Portal, upstream: Upstream
) -> None:
    secure = replace(portal, site=replace(portal.site, url="https://portal.example"))
    opened = {"token": samples.BUDI_TOKEN, "expires_at": samples.LATER, "user": {}}
    upstream.answers("POST", "/sessions", opened, 201)
    transport = httpx.ASGITransport(app=public_app(secure))
    async with httpx.AsyncClient(transport=transport, base_url=secure.site.url) as client:
        answer = await client.post("/api/v1/session", json={})
        assert answer.headers["set-cookie"].startswith("__Host-session=")
        assert "Secure" in answer.headers["set-cookie"]
        assert "max-age=31536000" in answer.headers["strict-transport-security"]


async def test_a_changed_password_comes_back_as_a_cookie_only(
    visitor: Visitor, upstream: Upstream
) -> None:
    opened = {"token": "a-new-session-token-1", "expires_at": samples.LATER, "user": {"id": "x"}}
    upstream.answers("PUT", "/me/password", opened)
    visitor.as_customer()
    answer = await visitor.call("PUT", "/me/password", {})
    assert "a-new-session-token-1" not in answer.text
    assert answer.headers["set-cookie"].startswith("session=a-new-session-token-1;")


async def test_logging_out_ends_the_session_here_and_there(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.answers("DELETE", "/sessions/current", None, 204)
    visitor.as_customer()
    answer = await visitor.call("DELETE", "/session")
    assert answer.status_code == 204
    assert 'session=""' in answer.headers["set-cookie"]
    assert upstream.last("DELETE", "/sessions/current").json() == {"token": samples.BUDI_TOKEN}


async def test_an_unknown_path_and_a_wrong_method_are_problems(visitor: Visitor) -> None:
    unknown = await visitor.get("/api/v1/nowhere")
    assert unknown.status_code == 404
    assert unknown.headers["content-type"] == "application/problem+json"
    wrong = await visitor.client.put("/api/v1/tickets", json={})
    assert wrong.status_code == 405
    assert wrong.headers["allow"] == "GET, POST"
    assert (await visitor.client.put("/api/v1/session", json={})).headers["allow"] == "DELETE, POST"


async def test_a_body_over_one_megabyte_is_refused_also_without_a_length(
    visitor: Visitor, upstream: Upstream
) -> None:
    visitor.as_customer()
    headers = {"X-CSRF-Token": visitor.csrf_token}
    big = b"x" * 1_100_000
    told = await visitor.client.post("/api/v1/tickets", content=big, headers=headers)
    assert told.status_code == 413

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 100_000

    untold = await visitor.client.post("/api/v1/tickets", content=chunks(), headers=headers)
    assert untold.status_code == 413
    assert upstream.all("POST", "/tickets") == []


class TicketIsOdd(Invalid):
    """Some fields need another look."""


async def test_a_problem_is_told_in_the_callers_language(
    visitor: Visitor, upstream: Upstream
) -> None:
    fault = FieldError("/subject", "String should have …", "string_too_short", {"min_length": 3})
    upstream.refuses("POST", "/tickets", TicketIsOdd(fault))
    visitor.as_customer()
    told = (await visitor.call("POST", "/tickets", {})).json()
    assert told["type"] == "urn:tanggap:ticket-is-odd"
    assert told["title"] == "Beberapa isian perlu diperiksa lagi."
    assert told["errors"][0]["detail"] == "Minimal 3 karakter."
    english = await visitor.call("POST", "/tickets", {}, Accept_Language="en")
    assert english.headers["content-language"] == "en"
    assert english.json()["errors"][0]["detail"] == "At least 3 characters, please."


async def test_how_long_to_wait_passes(visitor: Visitor, upstream: Upstream) -> None:
    upstream.refuses("GET", "/tickets", TooManyRequests(retry_after=7))
    answer = await visitor.as_customer().get("/api/v1/tickets")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "7"


async def test_foreign_and_unknown_look_the_same(visitor: Visitor, upstream: Upstream) -> None:
    upstream.refuses("GET", "/tickets/.*", NotFound())
    visitor.as_customer()
    foreign = await visitor.get("/api/v1/tickets/1111-1111")
    unknown = await visitor.get("/api/v1/tickets/2222-2222")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content


async def test_a_service_that_is_down_is_a_503_at_once(tmp_path: Path) -> None:
    portal = compose(settings_for("http://127.0.0.1:1", tmp_path))
    transport = httpx.ASGITransport(app=public_app(portal))
    async with httpx.AsyncClient(transport=transport, base_url=portal.site.url) as client:
        answer = await client.get("/api/v1/categories")
    await portal.close()
    assert answer.status_code == 503
    assert answer.json()["params"] == {"service": "ticket-service"}
    assert int(answer.headers["retry-after"]) > 0


async def test_a_service_that_says_nothing_is_a_503_within_three_seconds(
    portal: Portal, tmp_path: Path
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    hung = compose(settings_for(f"http://127.0.0.1:{port}", tmp_path))
    broken = replace(portal, services=Services.over(hung.services.upstreams))
    transport = httpx.ASGITransport(app=public_app(broken))
    async with httpx.AsyncClient(transport=transport, base_url=broken.site.url) as client:
        started = time.monotonic()
        answer = await client.get("/api/v1/categories")
    assert time.monotonic() - started < 3
    assert answer.status_code == 503
    await hung.close()
    server.close()
    await server.wait_closed()


async def test_the_description_of_the_api_is_served(visitor: Visitor) -> None:
    answer = await visitor.get("/api/openapi.json")
    document = json.loads(answer.text)
    assert document["openapi"].startswith("3.1")
    assert {"/api/v1" + row.template.partition("{")[0] for row in TABLE} <= {
        path.partition("{")[0] for path in document["paths"]
    }
    assert not [path for path in document["paths"] if "resolve" in path or "links" in path]

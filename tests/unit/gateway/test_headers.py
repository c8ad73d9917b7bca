"""What every answer says besides its body."""

import re

import httpx
import pytest

from gateway.main import public_app
from gateway.portal import Portal
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.test_pages import CUSTOMER, PUBLIC, STAFF
from tests.unit.gateway.upstream import Upstream


def _policy(answer: httpx.Response) -> dict[str, str]:
    directives = answer.headers["content-security-policy"].split("; ")
    return {d.partition(" ")[0]: d.partition(" ")[2] for d in directives}


@pytest.mark.parametrize("path", [*PUBLIC, *CUSTOMER, *STAFF, "/nowhere", "/admin/nowhere"])
async def test_a_page_allows_nothing_inline(
    visitor: Visitor, upstream: Upstream, path: str
) -> None:
    upstream.answers("GET", "/tickets/[0-9-]+", samples.ticket(verbs=samples.STAFF_VERBS))
    answer = await (visitor if path in PUBLIC else visitor.as_agent()).get(path)
    policy = _policy(answer)
    assert policy["default-src"] == "'none'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["style-src"] == "'self'"
    assert re.fullmatch(r"'nonce-[\w-]{16,}'", policy["script-src"])
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not re.search(r"""\s(style|on[a-z]+)=|<style|javascript:""", answer.text)
    assert all("nonce=" in script for script in re.findall(r"<script[^>]*>", answer.text))


@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/v1/tickets", "/api/v1/nowhere"])
async def test_every_answer_has_safe_headers(visitor: Visitor, path: str) -> None:
    answer = await visitor.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_nothing_behind_a_login_is_kept(visitor: Visitor) -> None:
    visitor.as_customer()
    for path in ("/tickets", "/", "/api/v1/tickets"):
        assert (await visitor.get(path)).headers["cache-control"] == "no-store"


async def test_each_page_has_its_own_nonce(visitor: Visitor) -> None:
    first, second = await visitor.get("/api/docs"), await visitor.get("/api/docs")
    assert _policy(first)["script-src"] != _policy(second)["script-src"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_the_public_port_has_nothing_operational(visitor: Visitor, path: str) -> None:
    assert (await visitor.get(path)).status_code == 404


async def test_another_host_is_sent_to_the_portal(portal: Portal) -> None:
    transport = httpx.ASGITransport(app=public_app(portal))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        answer = await client.get("/tickets?state=active")
        assert answer.status_code == 308
        assert answer.headers["location"] == "http://localhost:8000/tickets?state=active"
        refused = await client.post("/login", data={"email": "a@b.example"})
        assert refused.status_code == 421


async def test_a_path_cannot_redirect_to_another_site(portal: Portal) -> None:
    transport = httpx.ASGITransport(app=public_app(portal))
    async with httpx.AsyncClient(transport=transport, base_url="http://evil.example") as client:
        answer = await client.get("http://evil.example//evil.example/x")
        assert answer.headers["location"].startswith("http://localhost:8000//")

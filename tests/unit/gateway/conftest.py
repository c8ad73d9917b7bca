"""The gateway in this process, in front of a small server that answers like the services."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc.jwk import OKPKey

from gateway.csrf import csrf_token
from gateway.main import compose, public_app
from gateway.portal import Portal
from gateway.settings import GatewaySettings
from tests.unit.gateway import samples
from tests.unit.gateway.upstream import Upstream, usual

SECRET = "a secret of these tests, long enough"
URL = "http://localhost:8000"


@pytest.fixture
def upstream() -> Upstream:
    """The services, with their usual answers."""
    return usual()


@dataclass
class Visitor:
    """A browser in front of the gateway."""

    client: httpx.AsyncClient
    portal: Portal

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page; redirects are not followed."""
        return await self.client.get(path, headers=_headers(headers))

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """Send a form with the token of this browser."""
        return await self.client.post(path, data={"csrf_token": self.csrf_token, **fields})

    async def call(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> httpx.Response:
        """Call the API with the form token where the call needs it."""
        given = {"X-CSRF-Token": self.csrf_token, **_headers(headers)}
        return await self.client.request(method, f"/api/v1{path}", json=body, headers=given)

    @property
    def csrf_token(self) -> str:
        """The token that the pages give this browser."""
        cookies = self.client.cookies
        return csrf_token(SECRET.encode(), cookies.get("session") or cookies.get("visitor") or "")

    def as_stranger(self) -> "Visitor":
        """Not logged in, but here before."""
        self.client.cookies.set("visitor", "a-browser-of-these-tests")
        return self

    def as_customer(self) -> "Visitor":
        """Logged in as Budi."""
        self.client.cookies.set("session", samples.BUDI_TOKEN)
        return self

    def as_agent(self) -> "Visitor":
        """Logged in as Dewi."""
        self.client.cookies.set("session", samples.DEWI_TOKEN)
        return self


@pytest.fixture(scope="session")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Portal:
    """What does not change from test to test: words, templates, files."""
    return compose(settings_for("http://127.0.0.1:1", tmp_path_factory.mktemp("keys")))


@pytest.fixture
async def portal(composed: Portal, upstream: Upstream, tmp_path: Path) -> AsyncIterator[Portal]:
    """The gateway before the services of this test; without Redis its limits count alone."""
    app = web.Application(client_max_size=8 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", upstream.serve)
    async with TestServer(app) as server:
        own = compose(settings_for(str(server.make_url("/")), tmp_path))
        portal = replace(own, templates=composed.templates, texts=composed.texts)
        yield portal
        await portal.close()


@pytest.fixture
async def visitor(portal: Portal) -> AsyncIterator[Visitor]:
    """A browser that nobody logged in with."""
    transport = httpx.ASGITransport(app=public_app(portal))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        yield Visitor(client, portal)


def settings_for(service_url: str, folder: Path, **given: str) -> GatewaySettings:
    """Settings that hold nothing of this machine's environment."""
    key_file = folder / "token-key.json"
    key = OKPKey.generate_key("Ed25519", {"kid": "test"})
    key_file.write_text(json.dumps(key.as_dict(private=True)))
    urls = {f"{name}_url": service_url for name in ("identity", "ticket", "notify", "analytics")}
    return GatewaySettings.model_validate(
        {
            **urls,
            "token_key_file": str(key_file),
            "secret": SECRET,
            "PUBLIC_URL": URL,
            "REDIS_URL": "redis://127.0.0.1:1/0",
            **given,
        }
    )


def without_nonce(page: str) -> str:
    """What a page says, without what no two pages have in common."""
    return re.sub(' nonce="[^"]*"', "", page)


def _headers(names: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in names.items()}

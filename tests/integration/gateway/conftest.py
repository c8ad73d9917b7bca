"""The gateway before the real identity- and ticket-service, each on a database of its own.

Events go from one to the other by hand, so that no broker is needed.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache

import httpx
import pytest
from joserfc.jwk import OKPKey
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.types import ASGIApp

from gateway.clients import Services
from gateway.main import compose, public_app
from gateway.portal import Portal
from gateway.sessions import Sessions, Tokens
from gateway.settings import GatewaySettings
from gateway.upstream import Upstream
from identity_service.roles.handlers import create_default_roles
from identity_service.seeds.handlers import plant
from identity_service.seeds.schemas import Seed
from shared.server import HttpServer
from tests.fixtures.feeding import feed, inbox_of, outbox_of
from tests.fixtures.http import Api, ApiFactory
from tests.fixtures.http import Tokens as TestTokens
from tests.fixtures.system import hidden_fields
from tests.fixtures.waiting import eventually

URL = "http://localhost:8000"
PASSWORD = "kuda laut 7 warna"
CHEAP_PASSWORDS = {
    "IDENTITY_ARGON2_MEMORY_KIB": "64",
    "IDENTITY_ARGON2_TIME_COST": "1",
    "IDENTITY_EVEN_ANSWER_SECONDS": "0",
}
PEOPLE = {
    "budi": ("Budi Santoso", "customer"),
    "sari": ("Sari Wulandari", "customer"),
    "dewi": ("Dewi Lestari", "agent"),
    "agus": ("Agus Admin", "admin"),
}


@dataclass
class Browser:
    """A browser without JavaScript."""

    client: httpx.AsyncClient

    async def get(self, path: str) -> httpx.Response:
        """A page; redirects are not followed."""
        return await self.client.get(path)

    async def submit(self, path: str, page: str = "", **fields: str) -> httpx.Response:
        """Fill the form that posts to `path` and send it."""
        shown = await self.client.get(page or path)
        assert shown.status_code == 200, shown.text
        hidden = hidden_fields(shown.text, path)
        return await self.client.post(path, data=hidden | fields)

    async def report(self, **fields: str) -> str:
        """Report something; gives the ticket's number."""
        usual = {"category": "down", "subject": "Internet mati", "description": "Sejak pagi"}
        answer = await self.submit("/tickets/new", **usual | fields)
        assert answer.status_code == 303, answer.text
        found = re.match(r"/tickets/([\d-]+)\?done=received", answer.headers["location"])
        assert found, answer.headers["location"]
        return found.group(1)


@dataclass
class House:
    """The portal with its two services and the people in it."""

    portal: Portal
    identity: Api
    tickets: Api
    _browsers: list[Browser] = field(default_factory=list)

    def browser(self) -> Browser:
        """Somebody who is not logged in."""
        transport = httpx.ASGITransport(app=public_app(self.portal))
        browser = Browser(httpx.AsyncClient(transport=transport, base_url=URL))
        self._browsers.append(browser)
        return browser

    async def logged_in(self, who: str) -> Browser:
        """One of the people, through the login form."""
        browser = self.browser()
        answer = await browser.submit("/login", email=f"{who}@example.test", password=PASSWORD)
        assert answer.status_code == 303, answer.text
        return browser

    async def spread_news(self) -> None:
        """Let ticket-service hear what identity-service said so far."""
        inbox = inbox_of("ticket", self.tickets.db)
        await feed(inbox, await outbox_of(self.identity.db))

    async def close(self) -> None:
        """Let everybody go home."""
        for browser in self._browsers:
            await browser.client.aclose()
        await self.portal.close()


@pytest.fixture(scope="session")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Portal:
    """Words, templates and files of the gateway; its services are those of each test."""
    key = OKPKey.generate_key("Ed25519", {"kid": "unused"})
    key_file = tmp_path_factory.mktemp("gateway") / "key.json"
    key_file.write_text(json.dumps(key.as_dict(private=True)))
    return compose(
        GatewaySettings.model_validate(
            {
                "token_key_file": str(key_file),
                "secret": "a secret of these tests, long enough",
                "PUBLIC_URL": URL,
                "REDIS_URL": "redis://127.0.0.1:1/0",
            }
        )
    )


@pytest.fixture
async def house(composed: Portal, api: ApiFactory, tokens: TestTokens) -> AsyncIterator[House]:
    """Everything running, with two customers, an agent and an admin."""
    identity = await api("identity", **CHEAP_PASSWORDS)
    tickets = await api("ticket")
    await _settle(identity)
    async with served(identity.app) as identity_url, served(tickets.app) as ticket_url:
        minted = Tokens(tokens.minter)
        urls = {"identity-service": identity_url, "ticket-service": ticket_url}
        names = ("identity-service", "ticket-service", "notify-service", "analytics-service")
        nowhere = "http://127.0.0.1:1"
        services = Services.over({n: Upstream(n, urls.get(n, nowhere), minted) for n in names})
        sessions = Sessions(services.identity.resolve_session)
        keys = Sessions(services.keys.resolve_api_key)
        portal = replace(composed, services=services, sessions=sessions, keys=keys)
        house = House(portal, identity, tickets)
        await house.spread_news()
        yield house
        await house.close()


async def _settle(identity: Api) -> None:
    seed = Seed.model_validate(
        {
            "teams": [{"key": "noc", "name": "NOC"}],
            "areas": [{"key": "sby", "kind": "region", "name": "Surabaya"}],
            "users": [
                {
                    "email": f"{key}@example.test",
                    "name": name,
                    "role": role,
                    "password": PASSWORD,
                    "teams": [] if role == "customer" else ["noc"],
                }
                for key, (name, role) in PEOPLE.items()
            ],
            "lines": [
                {
                    "number": "1001-2001",
                    "email": "budi@example.test",
                    "plan": "Rumah 50 Mbps",
                    "address": "Jl. Melati 12",
                    "area": "sby",
                }
            ],
        }
    )
    hashes = {user.email: _cheap_hash() for user in seed.users}
    async with identity.db.transaction() as tx:
        await create_default_roles(tx)
        await plant(tx, seed, hashes, "Asia/Jakarta")


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """The app on a port of its own, because the gateway's client speaks TCP."""
    server = HttpServer(app, "127.0.0.1", 0)
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started, every=0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


@cache
def _cheap_hash() -> str:
    return PasswordHash((Argon2Hasher(1, 64, 1),)).hash(PASSWORD)

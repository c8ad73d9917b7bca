"""identity-service on a database of its own, with one person of each role."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from identity_service.roles.domain import DEFAULTS
from identity_service.roles.handlers import create_default_roles
from identity_service.seeds.handlers import plant
from identity_service.seeds.schemas import Seed
from shared.auth import ANONYMOUS, Actor
from shared.events.identity import LinkAnnounced, LinkIssued
from shared.ids import derived_id
from shared.links import LinkKeys, sign_code, sign_link
from tests.builders import GATEWAY
from tests.fixtures.environment import LINK_KEYS
from tests.fixtures.http import Api, ApiFactory

# A hash that takes a millisecond, and no waiting until known and unknown addresses look alike.
CHEAP = {
    "IDENTITY_ARGON2_MEMORY_KIB": "64",
    "IDENTITY_ARGON2_TIME_COST": "1",
    "IDENTITY_EVEN_ANSWER_SECONDS": "0",
}
PASSWORD = "kuda laut 7 warna"
STRANGER = {"name": "Ani Wijaya", "email": "ani@example.test", "password": "sepeda biru 42"}
ROLES = ("customer", "agent", "technician", "supervisor", "admin")

SEED = Seed.model_validate(
    {
        "teams": [{"key": "noc", "name": "NOC"}, {"key": "field", "name": "Lapangan"}],
        "areas": [
            {"key": "sby", "kind": "region", "name": "Surabaya"},
            {"key": "sby-rkt", "kind": "pop", "name": "Rungkut", "parent": "sby"},
            {"key": "sby-rkt-1", "kind": "olt", "name": "OLT Rungkut 1", "parent": "sby-rkt"},
            {"key": "sby-rkt-1-a", "kind": "odp", "name": "ODP A", "parent": "sby-rkt-1"},
        ],
        "users": [
            {
                "email": f"{role}@example.test",
                "name": f"Orang {role.title()}",
                "role": role,
                "password": PASSWORD,
                "teams": [] if role == "customer" else ["noc"],
            }
            for role in ROLES
        ]
        + [
            {
                "email": "joko@example.test",
                "name": "Joko Widodo",
                "role": "customer",
                "password": PASSWORD,
                "phone": "0812-3456-7890",
            }
        ],
        "lines": [
            {
                "number": "PN-001",
                "email": "customer@example.test",
                "plan": "Fiber 50",
                "address": "Jl. Melati 12",
                "area": "sby-rkt-1-a",
            },
            {
                "number": "PN-002",
                "email": "joko@example.test",
                "plan": "Fiber 20",
                "address": "Jl. Mawar 3",
                "area": None,
            },
        ],
    }
)


@dataclass(frozen=True, slots=True)
class House:
    """The service and the people in it; `act` gives somebody's actor as the gateway would."""

    api: Api

    def act(self, role: str) -> Actor:
        """The seeded person of this role."""
        if role == "anonymous":
            return ANONYMOUS
        found = next(r for r in DEFAULTS if r.name == role)
        teams = () if role == "customer" else (derived_id("team", "noc"),)
        return Actor(user_id(role), found.kind, perms=found.permissions, teams=teams)

    async def post(
        self,
        path: str,
        body: object = None,
        actor: Actor = ANONYMOUS,
        address: str = "203.0.113.7",
        **headers: str,
    ) -> httpx.Response:
        """POST from a client address."""
        return await self.api.post(path, body, actor, x_client_address=address, **headers)

    async def put(self, path: str, body: object, actor: Actor, **headers: str) -> httpx.Response:
        """PUT from a client address."""
        sent = {"X-Client-Address": "203.0.113.7"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.api.request("PUT", path, actor=actor, json=body, headers=sent)

    async def log_in(
        self, email: str, password: str = PASSWORD, address: str = "203.0.113.7"
    ) -> httpx.Response:
        """Try to log in."""
        return await self.post("/sessions", {"email": email, "password": password}, address=address)

    async def token(self, email: str, password: str = PASSWORD) -> str:
        """The token of a new session."""
        answer = await self.log_in(email, password)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    async def resolve(self, token: str) -> httpx.Response:
        """Ask whose session it is, as the gateway does."""
        return await self.api.post("/sessions/resolve", {"token": token}, GATEWAY)

    async def register(self, address: str = "203.0.113.7", **given: Any) -> httpx.Response:
        """Register as a stranger."""
        return await self.post("/registrations", STRANGER | given, address=address)

    async def links(self, email: str, purpose: str) -> list[str]:
        """The tokens of the links that were sent to an address, oldest first."""
        issued = [
            LinkIssued.model_validate(event)
            for event in await self.events("link.issued")
            if event["email"] == email and event["purpose"] == purpose
        ]
        keys = LinkKeys.parse(LINK_KEYS)
        return [sign_link(keys, link.purpose, link.link_id, link.expires_at) for link in issued]

    async def announced(self, message: str) -> list[LinkAnnounced]:
        """The messages of this name with a link or a code, oldest first."""
        said = map(LinkAnnounced.model_validate, await self.events("link.announced"))
        return [one for one in said if one.message == message]

    async def announced_link(self, message: str) -> str:
        """The token in the newest of these messages."""
        one = (await self.announced(message))[-1]
        keys = LinkKeys.parse(LINK_KEYS)
        return sign_link(keys, one.purpose, one.link_id, one.expires_at)

    async def announced_code(self, message: str) -> str:
        """The code in the newest of these messages."""
        one = (await self.announced(message))[-1]
        return sign_code(LinkKeys.parse(LINK_KEYS), one.purpose, one.link_id, one.expires_at)

    async def events(self, type: str) -> list[dict[str, Any]]:
        """What the outbox holds of this type, oldest first."""
        rows = await self.fetch("SELECT payload FROM outbox WHERE type = $1 ORDER BY id", type)
        return [orjson.loads(row["payload"]) for row in rows]

    async def versions(self, aggregate_id: UUID | str) -> list[tuple[int, str]]:
        """Versions and types of the events about one thing."""
        rows = await self.fetch(
            "SELECT aggregate_version, type FROM outbox WHERE aggregate_id = $1 ORDER BY id",
            UUID(str(aggregate_id)),
        )
        return [(row["aggregate_version"], row["type"]) for row in rows]

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[Any]:
        """Rows of the database."""
        async with self.api.db.read() as connection:
            rows: Sequence[Any] = await connection.fetch(sql, *arguments)
        return rows

    async def execute(self, sql: str, *arguments: Any) -> None:
        """Change the database behind the service's back, to let time pass for instance."""
        async with self.api.db.read() as connection:
            await connection.execute(sql, *arguments)


@pytest.fixture
async def house(api: ApiFactory, tmp_path: Path) -> House:
    """The service, its roles and its people."""
    return await settled(api, tmp_path)


async def settled(api: ApiFactory, folder: Path, **more: str) -> House:
    """The service with settings of its own, its roles and its people."""
    service = await api("identity", **CHEAP, FILES_URL=(folder / "files").as_uri(), **more)
    hashes = {user.email: _cheap_hash() for user in SEED.users}
    async with service.db.transaction() as tx:
        await create_default_roles(tx)
        await plant(tx, SEED, hashes, "Asia/Jakarta")
    return House(service)


def user_id(role: str) -> UUID:
    """The id of the seeded person of a role, or of `joko`."""
    return derived_id("user", f"{role}@example.test")


def slug(answer: httpx.Response) -> str:
    """Which problem this is."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return str(answer.json()["type"]).removeprefix("urn:tanggap:")


def faults(answer: httpx.Response) -> dict[str, str]:
    """Pointer → code of a 422 answer."""
    assert answer.status_code == 422, answer.text
    return {error["pointer"]: error["code"] for error in answer.json()["errors"]}


@cache
def _cheap_hash() -> str:
    return PasswordHash((Argon2Hasher(1, 64, 1),)).hash(PASSWORD)

"""What tests of imports share: uploading a file and letting a worker run it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from identity_service.imports.runner import ImportRunner
from shared.auth import Actor
from shared.files import Files
from tests.integration.identity.conftest import House

AREAS = (
    "key,kind,name,parent\n"
    "sda-1-a,odp,ODP Sidoarjo A,sda-1\n"
    "sda,region,Sidoarjo,\n"
    "sda-1,olt,OLT Sidoarjo 1,sda-kota\n"
    "sda-kota,pop,Sidoarjo Kota,sda\n"
)
CUSTOMERS = (
    "Nama;E-mail;No. HP;Bahasa\n"
    "Ani Wijaya;ani@example.test;0812 1111 2222;Indonesia\n"
    "Budi Hartono;budi@example.test;+62 813 1111 2222;en\n"
)
LINES = (
    "number,email,plan,address,area,state,latitude,longitude\n"
    'PN-100,customer@example.test,Fiber 100,"Jl. Anggrek 5, Rungkut",sby-rkt-1-a,aktif,"-7,325",112.78\n'
    "PN-101,joko@example.test,Fiber 20,Jl. Mawar 9,,isolir,,\n"
)


@dataclass(frozen=True, slots=True)
class Importing:
    """Somebody who imports into a house, and a worker."""

    house: House
    files: Path
    role: str = "admin"

    @property
    def actor(self) -> Actor:
        return self.house.act(self.role)

    def runner(self, batch: int = 500) -> ImportRunner:
        """A worker of its own."""
        files = Files.at(self.files.as_uri())
        return ImportRunner(self.house.api.db, files, "Asia/Jakarta", batch=batch)

    async def upload(
        self, kind: str, content: str | bytes, name: str = "daftar.csv", **headers: str
    ) -> httpx.Response:
        """Send a file."""
        token = self.house.api.tokens.token_for(self.actor, "identity-service")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.house.api.client.post(
            "/imports",
            data={"kind": kind},
            files={"file": (name, content if isinstance(content, bytes) else content.encode())},
            headers={"Authorization": f"Bearer {token}"} | sent,
        )

    async def received(self, kind: str, content: str | bytes) -> dict[str, Any]:
        """A file that could be read."""
        answer = await self.upload(kind, content)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def queue(self, import_id: str, verb: str, **options: object) -> httpx.Response:
        """Let an import wait for its turn."""
        return await self.house.post(f"/imports/{import_id}/{verb}", options, self.actor)

    async def run(self, kind: str, content: str | bytes, **options: object) -> dict[str, Any]:
        """Upload a file and import it at once."""
        return await self._through(kind, content, "start", options)

    async def check(self, kind: str, content: str | bytes, **options: object) -> dict[str, Any]:
        """Upload a file and look what would come of it."""
        return await self._through(kind, content, "check", options)

    async def show(self, import_id: str) -> dict[str, Any]:
        """What is known of an import now."""
        found: dict[str, Any] = (
            await self.house.api.get(f"/imports/{import_id}", self.actor)
        ).json()
        return found

    async def faults(self, import_id: str) -> list[tuple[int, str, str]]:
        """Row, field and code of everything that was refused."""
        answer = await self.house.api.get(f"/imports/{import_id}/faults", self.actor, limit="1000")
        return [(f["row"], f["field"], f["code"]) for f in answer.json()["items"]]

    async def _through(
        self, kind: str, content: str | bytes, verb: str, options: dict[str, object]
    ) -> dict[str, Any]:
        job = await self.received(kind, content)
        answer = await self.queue(job["id"], verb, **options)
        assert answer.status_code == 202, answer.text
        assert await self.runner().run_next()
        return await self.show(job["id"])


def tally(job: dict[str, Any]) -> tuple[int, int, int, int]:
    """Created, updated, unchanged, failed."""
    found = job["tally"]
    return found["created"], found["updated"], found["unchanged"], found["failed"]

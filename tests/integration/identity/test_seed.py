"""The seed command: makes what is missing, leaves what exists as people left it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from identity_service.roles.handlers import create_default_roles
from identity_service.worker import seed
from shared.ids import derived_id
from shared.service import Process
from tests.fixtures.environment import process_of, service_named
from tests.fixtures.http import Api, ApiFactory
from tests.integration.identity.conftest import CHEAP, PASSWORD, SEED, House, slug

FILE: dict[str, Any] = SEED.model_dump(mode="json")


@pytest.fixture
async def empty(api: ApiFactory) -> House:
    """The service with its roles and nobody in it."""
    service: Api = await api("identity", **CHEAP)
    async with service.db.transaction() as tx:
        await create_default_roles(tx)
    return House(service)


def process(house: House) -> Process:
    """The process that runs the command."""
    return process_of(service_named("identity"), house.api.db, Path("nowhere"), **CHEAP)


async def plant(house: House, path: Path, content: Any = FILE) -> None:
    """Write the file and run the command."""
    await asyncio.to_thread(path.write_text, json.dumps(content))
    await seed(process(house), [str(path)])


async def test_what_the_file_names_is_there_and_can_log_in(empty: House, tmp_path: Path) -> None:
    await plant(empty, tmp_path / "seed.json")

    assert (await empty.log_in("joko@example.test", PASSWORD)).status_code == 201
    assert len(await empty.events("user.registered")) == 6
    assert len(await empty.events("line.created")) == 2
    assert (await empty.events("link.issued")) == []


async def test_planting_again_changes_nothing(empty: House, tmp_path: Path) -> None:
    await plant(empty, tmp_path / "seed.json")
    joko = derived_id("user", "joko@example.test")
    await empty.api.patch(f"/users/{joko}", {"name": "Diganti"}, empty.act("admin"))
    before = await empty.fetch("SELECT aggregate_id, aggregate_version FROM outbox ORDER BY id")

    other = json.loads(json.dumps(FILE))
    other["users"][-1]["password"] = "kata sandi lain 1"
    await plant(empty, tmp_path / "seed.json", other)

    after = await empty.fetch("SELECT aggregate_id, aggregate_version FROM outbox ORDER BY id")
    assert after == before
    assert (await empty.log_in("joko@example.test", PASSWORD)).json()["user"]["name"] == "Diganti"


async def test_what_is_new_in_the_file_is_added(empty: House, tmp_path: Path) -> None:
    await plant(empty, tmp_path / "seed.json", FILE | {"users": FILE["users"][:1], "lines": []})
    await plant(empty, tmp_path / "seed.json")

    assert len(await empty.events("user.registered")) == 6
    assert len(await empty.events("team.created")) == 2


async def test_a_person_without_a_password_is_invited(empty: House, tmp_path: Path) -> None:
    """How the first administrator of a real installation comes in."""
    first = {"email": "kepala@example.test", "name": "Kepala", "role": "admin"}
    await plant(empty, tmp_path / "seed.json", {"users": [first]})

    (token,) = await empty.links("kepala@example.test", "invite")
    body = {"token": token, "password": "kuda laut 7 warna"}
    assert (await empty.post("/invitations/accept", body)).status_code == 200
    assert (await empty.log_in("kepala@example.test")).json()["user"]["role"] == "admin"


async def test_a_file_that_cannot_be_planted_leaves_nothing_behind(
    empty: House, tmp_path: Path
) -> None:
    broken = FILE | {"lines": [FILE["lines"][0] | {"email": "nobody@example.test"}]}
    with pytest.raises(Exception, match="customer"):
        await plant(empty, tmp_path / "seed.json", broken)

    assert await empty.fetch("SELECT 1 FROM app_user") == []
    assert slug(await empty.log_in("joko@example.test")) == "invalid-credentials"


async def test_a_file_with_unknown_fields_is_refused(empty: House, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="surprise"):
        await plant(empty, tmp_path / "seed.json", {"surprise": []})

"""Who is erased leaves nothing but an id, and everybody is told."""

from dataclasses import replace
from typing import Any

import pytest

from shared.auth import Actor
from shared.events import CONTRACTS
from shared.ids import derived_id
from shared.permissions import Permission
from tests.integration.identity.conftest import PASSWORD, House, faults, slug, user_id

JOKO = user_id("joko")
TRACES = ("Joko", "Widodo", "joko@", "6281234567890", "Mawar")
ME = {"current_password": PASSWORD, "is_final": True}


async def _everything(house: House) -> str:
    """All rows of all tables, as one text."""
    tables = await house.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = [
        str(dict(row))
        for table in tables
        for row in await house.fetch(f'SELECT * FROM "{table["tablename"]}"')
    ]
    return "\n".join(rows)


async def _joko(house: House) -> Any:
    """The actor of Joko, who has done what leaves traces."""
    await house.token("joko@example.test")
    await house.register(email="joko@example.test", name="Joko Widodo")
    actor = Actor(JOKO, "customer")
    await house.api.patch("/me", {"name": "Joko W."}, actor)
    await house.execute(
        "INSERT INTO idempotency_key (principal, key, request_hash, body) VALUES ($1, 'k', '', '{}')",
        str(JOKO),
    )
    return actor


async def test_nothing_of_an_erased_person_is_left_in_any_table(house: House) -> None:
    joko = await _joko(house)
    before = await _everything(house)
    assert all(trace in before for trace in TRACES)

    answer = await house.post("/me/erase", ME, joko)

    assert answer.status_code == 204
    after = await _everything(house)
    assert [trace for trace in TRACES if trace in after] == []
    assert (await house.log_in("joko@example.test")).status_code == 401
    assert (await house.api.get("/me", joko)).status_code == 401


async def test_every_table_that_belongs_to_people_is_emptied_of_them(house: House) -> None:
    joko = await _joko(house)
    await house.post("/me/erase", ME, joko)

    owned = await house.fetch(
        """
        SELECT conrelid::regclass::text AS name, a.attname AS column
        FROM pg_constraint c JOIN pg_attribute a
            ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.confrelid = 'app_user'::regclass AND c.contype = 'f'
        """
    )
    left = {
        row["name"]
        for row in owned
        if await house.fetch(f"SELECT 1 FROM {row['name']} WHERE {row['column']} = $1", JOKO)
    }
    assert {"session", "credential", "link", "api_key"} < {row["name"] for row in owned}
    assert left == {"service_line"}


async def test_everybody_is_told_with_the_next_version_and_an_id_alone(house: House) -> None:
    joko = await _joko(house)
    versions = await house.versions(JOKO)
    await house.post("/me/erase", ME, joko)

    assert await house.versions(JOKO) == [*versions, (versions[-1][0] + 1, "user.erased")]
    assert await house.events("user.erased") == [{"user_id": str(JOKO)}]
    for row in await house.fetch("SELECT type, payload FROM outbox"):
        CONTRACTS[row["type"]].model_validate_json(row["payload"])


async def test_a_line_keeps_its_number_and_place_in_the_network(house: House) -> None:
    await house.post("/me/erase", ME, await _joko(house))

    (line,) = await house.fetch("SELECT * FROM service_line WHERE number = 'PN-002'")
    assert (line["user_id"], line["address"], line["state"]) == (JOKO, "", "ended")
    told = (await house.events("line.updated"))[-1]["line"]
    assert (told["id"], told["address"], told["state"]) == (
        str(derived_id("line", "PN-002")),
        "",
        "ended",
    )


async def test_a_wrong_password_or_half_a_wish_erases_nobody(house: House) -> None:
    joko = await _joko(house)
    wrong = await house.post("/me/erase", ME | {"current_password": "salah"}, joko)
    unsure = await house.post("/me/erase", ME | {"is_final": False}, joko)

    assert faults(wrong) == {"/current_password": "password_wrong"}
    assert faults(unsure) == {"/is_final": "not_said_clearly"}
    assert await house.events("user.erased") == []
    rows = await house.fetch("SELECT 1 FROM audit_entry WHERE action = 'user.password_refused'")
    assert rows


async def test_an_administrator_erases_somebody_once(house: House) -> None:
    path = f"/users/{JOKO}/erase"
    stale = await house.post(path, {"is_final": True}, house.act("admin"), if_match='"7"')
    done = await house.post(path, {"is_final": True}, house.act("admin"), if_match='"1"')
    again = await house.post(path, {"is_final": True}, house.act("admin"))

    assert (stale.status_code, done.status_code, again.status_code) == (412, 204, 404)
    (entry,) = await house.fetch("SELECT * FROM audit_entry WHERE action = 'user.erased'")
    assert (entry["actor_id"], entry["target_id"]) == (user_id("admin"), JOKO)
    assert (await house.api.get(f"/users/{JOKO}", house.act("admin"))).status_code == 404
    listed = (await house.api.get("/users", house.act("admin"))).json()["items"]
    assert str(JOKO) not in {user["id"] for user in listed}


@pytest.mark.parametrize("verb", ["deactivate", "reactivate", "invitation"])
async def test_who_is_erased_cannot_be_brought_back(house: House, verb: str) -> None:
    await house.post(f"/users/{JOKO}/erase", {"is_final": True}, house.act("admin"))
    answer = await house.post(f"/users/{JOKO}/{verb}", {}, house.act("admin"))
    assert (answer.status_code, slug(answer)) == (404, "user-not-found")


async def test_the_last_administrator_stays(house: House) -> None:
    answers = [
        await house.post("/me/erase", ME, house.act("admin")),
        await house.post(
            f"/users/{user_id('admin')}/erase", {"is_final": True}, house.act("admin")
        ),
    ]
    assert {(a.status_code, slug(a)) for a in answers} == {(409, "last-admin")}


async def test_nobody_erases_somebody_who_may_do_more(house: House) -> None:
    agent = house.act("agent")
    eraser = replace(agent, perms=agent.perms | {Permission.USER_ERASE})
    path = f"/users/{user_id('supervisor')}/erase"
    answer = await house.post(path, {"is_final": True}, eraser)
    assert (answer.status_code, slug(answer)) == (403, "rights-exceeded")


async def test_the_address_can_be_used_for_a_new_account(house: House) -> None:
    await house.post("/me/erase", ME, await _joko(house))

    await house.register(email="joko@example.test")

    assert len(await house.links("joko@example.test", "verify")) == 1
    rows = await house.fetch("SELECT id FROM app_user WHERE email = 'joko@example.test'")
    assert rows[0]["id"] != JOKO


async def test_an_erased_person_keeps_no_role_of_their_own(house: House) -> None:
    await house.execute(
        """
        INSERT INTO role SELECT (jsonb_populate_record(r,
            jsonb_build_object('id', gen_random_uuid(), 'name', 'khusus'))).*
        FROM role r WHERE name = 'customer'
        """
    )
    await house.execute("UPDATE app_user SET role = 'khusus' WHERE id = $1", JOKO)
    await house.post("/me/erase", ME, Actor(JOKO, "customer"))
    (left,) = await house.fetch("SELECT role FROM app_user WHERE id = $1", JOKO)
    assert left["role"] == "customer"

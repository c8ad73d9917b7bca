"""Keys of programs: shown once, never more than their maker may do, gone when revoked."""

from dataclasses import replace
from typing import Any, cast

import httpx

from identity_service.api_keys.domain import key_hash
from identity_service.api_keys.queries import resolve_api_key
from shared.db import Tx
from shared.permissions import Permission
from tests.builders import GATEWAY
from tests.fixtures.databases import Templates
from tests.integration.identity.conftest import PASSWORD, House, faults, slug, user_id
from tests.integration.identity.test_second_factor import set_up

WANTED = {"name": "Pemantau", "scopes": ["ticket.read_all"], "current_password": PASSWORD}


async def _made(house: House, **given: Any) -> dict[str, Any]:
    answer = await house.post("/api-keys", WANTED | given, house.act("admin"))
    assert answer.status_code == 201, answer.text
    return cast(dict[str, Any], answer.json())


async def _resolve(house: House, key: str) -> httpx.Response:
    return await house.api.post("/api-keys/resolve", {"key": key}, GATEWAY)


async def test_a_key_is_shown_once_and_stored_as_a_hash(house: House) -> None:
    made = await _made(house)

    assert made["key"].startswith(made["prefix"] + "_")
    assert len(made["key"].rpartition("_")[2]) * 5 == 160
    assert made["is_read_only"] and made["calls_per_minute"] == 600
    (row,) = await house.fetch("SELECT * FROM api_key")
    assert row["key_hash"] == key_hash(made["key"])
    assert made["key"] not in str(dict(row))
    listed = await house.api.get("/api-keys", house.act("admin"))
    assert made["key"] not in listed.text
    assert listed.json()["items"][0]["prefix"] == made["prefix"]


async def test_a_repeated_request_makes_no_second_key_and_shows_none(house: House) -> None:
    first, second = [
        await house.post("/api-keys", WANTED, house.act("admin"), idempotency_key="k")
        for _ in range(2)
    ]

    assert first.status_code == second.status_code == 201
    assert second.json() == first.json() | {"key": None}
    (row,) = await house.fetch("SELECT body FROM idempotency_key")
    assert first.json()["key"] not in row["body"]


async def test_a_key_tells_whom_it_acts_for_and_what_it_may(house: House) -> None:
    made = await _made(house, networks=["203.0.113.7", "10.1.2.3/8"], calls_per_minute=30)

    answer = await _resolve(house, made["key"])

    assert answer.status_code == 200
    body = answer.json()
    assert body["user"]["id"] == str(user_id("admin"))
    assert body["perms"] == ["ticket.read_all"]
    assert body["teams"] == [str(team) for team in house.act("admin").teams]
    assert body["key"] == {
        "id": made["id"],
        "is_read_only": True,
        "networks": ["203.0.113.7/32", "10.0.0.0/8"],
        "calls_per_minute": 30,
    }


async def test_a_key_holds_nothing_that_its_maker_lacks(house: House) -> None:
    actor = replace(house.act("agent"), perms=house.act("agent").perms | {Permission.API_KEY_EDIT})

    for scope in (Permission.USER_EDIT, Permission.API_KEY_EDIT):
        answer = await house.post("/api-keys", WANTED | {"scopes": [scope]}, actor)
        assert faults(answer) == {"/scopes": "scope_not_yours"}
    answer = await house.post("/api-keys", WANTED | {"scopes": ["role.edit"]}, house.act("admin"))
    assert faults(answer) == {"/scopes": "scope_not_yours"}


async def test_what_the_maker_loses_the_key_loses_with_the_next_question(house: House) -> None:
    made = await _made(house, scopes=["ticket.read_all", "report.read"])
    await house.execute("UPDATE role SET permissions = '{report.read}' WHERE name = 'admin'")

    assert (await _resolve(house, made["key"])).json()["perms"] == ["report.read"]

    await house.execute("UPDATE app_user SET is_active = false WHERE id = $1", user_id("admin"))
    assert slug(await _resolve(house, made["key"])) == "api-key-not-valid"


async def test_a_revoked_an_expired_and_an_unknown_key_are_the_same(house: House) -> None:
    revoked, expired = await _made(house), await _made(house)
    for _ in range(2):
        answer = await house.api.delete(f"/api-keys/{revoked['id']}", None, house.act("admin"))
        assert answer.status_code == 204
    await house.execute(
        "UPDATE api_key SET expires_at = now() - interval '1 second' WHERE prefix = $1",
        expired["prefix"],
    )

    answers = [
        await _resolve(house, key)
        for key in (revoked["key"], expired["key"], "tgp_00000000_" + "a" * 32)
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1


async def test_the_last_use_is_noted_once_a_minute_at_most(house: House) -> None:
    made = await _made(house)
    seen = []
    for moved in ("0 seconds", "0 seconds", "61 seconds"):
        await house.execute(
            "UPDATE api_key SET last_used_at = last_used_at - $1::text::interval", moved
        )
        await _resolve(house, made["key"])
        (row,) = await house.fetch("SELECT last_used_at FROM api_key")
        seen.append(row["last_used_at"])

    assert seen[0] == seen[1] < seen[2]


async def test_resolving_reads_no_table_through(house: House, templates: Templates) -> None:
    made = await _made(house)
    await house.execute(
        """
        INSERT INTO api_key (id, user_id, name, prefix, key_hash, scopes, is_read_only,
            calls_per_minute, expires_at)
        SELECT gen_random_uuid(), $1, 'x', n::text, sha256(n::text::bytea), '{}', true, 1, now()
        FROM generate_series(1, 2000) n
        """,
        user_id("admin"),
    )
    async with templates.owner(house.api.db) as owner:
        await owner.execute("ANALYZE api_key")

    class Explained:
        async def fetchrow(self, sql: str, *arguments: Any) -> Any:
            plan = await house.fetch("EXPLAIN " + sql, *arguments)
            return "\n".join(row[0] for row in plan)

    plan = str(await resolve_api_key(cast(Tx, Explained()), key_hash(made["key"])))
    assert "Index Scan using api_key_hash" in plan
    assert "Seq Scan on api_key" not in plan


async def test_a_person_has_fifty_valid_keys_at_most(house: House) -> None:
    await _made(house)
    await house.execute(
        """
        INSERT INTO api_key (id, user_id, name, prefix, key_hash, scopes, is_read_only,
            calls_per_minute, expires_at)
        SELECT gen_random_uuid(), $1, 'x', n::text, sha256(n::text::bytea), '{}', true, 1,
            now() + interval '1 day'
        FROM generate_series(1, 49) n
        """,
        user_id("admin"),
    )

    answer = await house.post("/api-keys", WANTED, house.act("admin"))
    assert (answer.status_code, slug(answer)) == (409, "too-many-api-keys")

    await house.execute("UPDATE api_key SET revoked_at = now() WHERE prefix = '1'")
    assert (await house.post("/api-keys", WANTED, house.act("admin"))).status_code == 201


async def test_keys_come_in_pages_the_newest_first(house: House) -> None:
    made = [(await _made(house, name=f"Kunci {n}"))["id"] for n in range(3)]

    first = (await house.api.get("/api-keys", house.act("admin"), limit="2")).json()
    rest = await house.api.get("/api-keys", house.act("admin"), limit="2", cursor=first["next"])

    assert [key["id"] for key in first["items"] + rest.json()["items"]] == made[::-1]
    assert rest.json()["next"] is None


async def test_odd_wishes_are_refused_at_their_field(house: House) -> None:
    for given, pointer in (
        ({"name": ""}, "/name"),
        ({"scopes": ["fly"]}, "/scopes/0"),
        ({"valid_days": 0}, "/valid_days"),
        ({"valid_days": 367}, "/valid_days"),
        ({"networks": ["300.1.1.1"]}, "/networks/0"),
        ({"networks": ["10.0.0.0/33"]}, "/networks/0"),
        ({"calls_per_minute": 0}, "/calls_per_minute"),
        ({"calls_per_minute": 12_001}, "/calls_per_minute"),
        ({"key": "tgp_mine"}, "/key"),
    ):
        answer = await house.post("/api-keys", WANTED | given, house.act("admin"))
        assert list(faults(answer)) == [pointer], given


async def test_an_unknown_key_cannot_be_revoked(house: House) -> None:
    answer = await house.api.delete(f"/api-keys/{user_id('joko')}", None, house.act("admin"))
    assert (answer.status_code, slug(answer)) == (404, "api-key-not-found")


async def test_who_made_and_revoked_a_key_stands_in_the_audit_log(house: House) -> None:
    made = await _made(house)
    for _ in range(2):
        await house.api.delete(f"/api-keys/{made['id']}", None, house.act("admin"))

    rows = await house.fetch("SELECT * FROM audit_entry WHERE action LIKE 'api_key.%' ORDER BY id")
    assert [row["action"] for row in rows] == ["api_key.created", "api_key.revoked"]
    assert {row["actor_id"] for row in rows} == {user_id("admin")}
    assert {row["target_label"] for row in rows} == {made["prefix"]}
    assert rows[0]["after"]["scopes"] == ["ticket.read_all"]
    assert made["key"] not in str(rows)


async def test_a_known_key_that_is_refused_is_noted_once_a_minute(house: House) -> None:
    made = await _made(house)
    for key in (made["key"], made["key"], "tgp_00000000_" + "a" * 32):
        refused = {"key": key, "reason": "key-from-elsewhere"}
        answer = await house.post("/api-keys/refused", refused, GATEWAY, address="198.51.100.9")
        assert answer.status_code == 204

    (entry,) = await house.fetch("SELECT * FROM audit_entry WHERE action = 'api_key.refused'")
    assert (entry["actor_kind"], entry["actor_id"]) == ("api_client", user_id("admin"))
    assert (entry["target_label"], entry["client_address"]) == (made["prefix"], "198.51.100.9")
    assert entry["after"] == {"reason": "key-from-elsewhere"}


async def test_a_session_alone_makes_no_key(house: House) -> None:
    app = await set_up(house, "admin")
    for proof, expected in (
        ({"current_password": "salah"}, {"/current_password": "password_wrong"}),
        ({}, {"/code": "code_needed"}),
        ({"code": "000000"}, {"/code": "code_wrong"}),
    ):
        answer = await house.post("/api-keys", WANTED | proof, house.act("admin"))
        assert faults(answer) == expected
    assert await house.fetch("SELECT * FROM api_key") == []
    refused = await house.fetch("SELECT * FROM audit_entry WHERE action = 'user.password_refused'")
    assert len(refused) == 3

    code = await app.code()
    answers = [
        await house.post(
            "/api-keys", WANTED | {"code": code}, house.act("admin"), idempotency_key="k"
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]


async def test_the_owner_is_told_of_a_new_key(house: House) -> None:
    made = await _made(house)

    (event,) = await house.events("user.security_changed")
    assert (event["change"], event["user_id"]) == ("api_key_created", str(user_id("admin")))
    assert made["key"] not in str(event)

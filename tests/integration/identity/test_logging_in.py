"""From a password to a session, and what a wrong one tells."""

import asyncio
import hashlib
from uuid import UUID

from tests.fixtures.http import ApiFactory
from tests.integration.identity.conftest import PASSWORD, House, faults, slug, user_id


async def test_the_right_password_begins_a_session(house: House) -> None:
    answer = await house.log_in("customer@example.test")

    assert answer.status_code == 201
    body = answer.json()
    assert len(body["token"]) >= 43
    assert body["user"] == {
        "id": str(user_id("customer")),
        "kind": "customer",
        "role": "customer",
        "name": "Orang Customer",
        "email": "customer@example.test",
        "language": "id",
        "time_zone": "Asia/Jakarta",
        "avatar_id": None,
    }


async def test_only_the_hash_of_a_token_is_stored(house: House) -> None:
    token = await house.token("customer@example.test")

    rows = await house.fetch("SELECT * FROM session")
    assert [row["token_hash"] for row in rows] == [hashlib.sha256(token.encode()).digest()]
    assert token not in str([dict(row) for row in rows])


async def test_the_session_remembers_where_it_began(house: House) -> None:
    await house.post(
        "/sessions",
        {"email": "agent@example.test", "password": PASSWORD},
        address="2001:db8::1",
        x_client_agent="Firefox",
    )

    (row,) = await house.fetch("SELECT client_address, client_agent FROM session")
    assert tuple(row) == ("2001:db8::1", "Firefox")


async def test_the_address_may_be_typed_in_capitals_and_with_spaces_around(house: House) -> None:
    assert (await house.log_in(" Customer@EXAMPLE.test ")).status_code == 201


async def test_wrong_password_and_unknown_address_get_the_same_answer(house: House) -> None:
    wrong = await house.log_in("customer@example.test", "bukan ini")
    unknown = await house.log_in("nobody@example.test", "bukan ini")

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.content == unknown.content
    assert slug(wrong) == "invalid-credentials"


async def test_an_unknown_address_costs_a_hash_too(house: House) -> None:
    hashes: list[str | None] = []
    passwords = house.api.app.state.passwords
    verify = passwords.verify

    async def noted(password: str, stored: str | None) -> object:
        hashes.append(stored)
        return await verify(password, stored)

    passwords.verify = noted
    await house.log_in("nobody@example.test", "bukan ini")
    await house.log_in("customer@example.test", "bukan ini")

    assert len(hashes) == 2


async def test_a_person_without_a_password_cannot_log_in(house: House) -> None:
    await house.execute("DELETE FROM credential WHERE user_id = $1", user_id("agent"))

    assert slug(await house.log_in("agent@example.test")) == "invalid-credentials"


async def test_a_deactivated_person_hears_it_only_with_the_right_password(house: House) -> None:
    await house.execute("UPDATE app_user SET is_active = false WHERE id = $1", user_id("joko"))

    assert slug(await house.log_in("joko@example.test", "bukan ini")) == "invalid-credentials"
    assert slug(await house.log_in("joko@example.test")) == "account-deactivated"
    assert await house.fetch("SELECT 1 FROM session") == []


async def test_the_parts_of_a_long_password_after_the_72nd_byte_count(house: House) -> None:
    long = "x1" * 36 + "ujung"
    hashed = await house.api.app.state.passwords.hash(long)
    await house.execute(
        "UPDATE credential SET password_hash = $2 WHERE user_id = $1", user_id("joko"), hashed
    )

    assert slug(await house.log_in("joko@example.test", long[:72])) == "invalid-credentials"
    assert (await house.log_in("joko@example.test", long)).status_code == 201


async def test_keyboards_that_compose_letters_differently_agree(house: House) -> None:
    hashed = await house.api.app.state.passwords.hash("café di jalan")
    await house.execute(
        "UPDATE credential SET password_hash = $2 WHERE user_id = $1", user_id("joko"), hashed
    )

    decomposed = "cafe\N{COMBINING ACUTE ACCENT} di jalan"
    assert (await house.log_in("joko@example.test", decomposed)).status_code == 201


async def test_a_hash_of_weaker_parameters_is_replaced_at_log_in(
    api: ApiFactory, house: House
) -> None:
    stronger = await api("identity", house.api.db, IDENTITY_ARGON2_MEMORY_KIB="128")

    answer = await stronger.post("/sessions", {"email": "joko@example.test", "password": PASSWORD})

    assert answer.status_code == 201
    (row,) = await house.fetch(
        "SELECT password_hash FROM credential WHERE user_id = $1", user_id("joko")
    )
    assert "m=128," in row["password_hash"]
    assert (await house.log_in("joko@example.test")).status_code == 201


async def test_logging_in_does_not_hold_a_connection_while_it_hashes(
    api: ApiFactory, house: House
) -> None:
    answers = await asyncio.gather(
        *(house.log_in("joko@example.test", address=f"198.51.100.{n}") for n in range(40))
    )

    assert {answer.status_code for answer in answers} == {201}


async def test_bad_input_is_refused_with_pointers(house: House) -> None:
    answer = await house.post("/sessions", {"email": "nope", "password": "", "otp": "1"})

    assert faults(answer) == {
        "/email": "email",
        "/password": "string_too_short",
        "/otp": "extra_forbidden",
    }


async def test_each_log_in_is_a_new_session(house: House) -> None:
    first, second = await house.token("joko@example.test"), await house.token("joko@example.test")

    ids = {UUID((await house.resolve(token)).json()["session_id"]) for token in (first, second)}
    assert len(ids) == 2

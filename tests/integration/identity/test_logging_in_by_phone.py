"""Logging in by a phone number: only where its owner has proven it, and otherwise like an unknown one."""

import asyncio
from collections import Counter

import httpx

from tests.integration.identity.conftest import PASSWORD, House, faults, slug, user_id

NUMBER = "+6281234567890"
JOKO = "joko@example.test"


async def prove(house: House, role: str = "joko") -> None:
    """Let somebody have proven the number."""
    await house.execute(
        "UPDATE app_user SET phone = $2, is_phone_verified = true WHERE id = $1",
        user_id(role),
        NUMBER,
    )


async def log_in(house: House, phone: str = NUMBER, password: str = PASSWORD) -> httpx.Response:
    return await house.post("/sessions", {"phone": phone, "password": password})


async def test_a_proven_number_logs_its_owner_in_however_it_is_written(house: House) -> None:
    await prove(house)

    for phone in (NUMBER, "0812-3456-7890", "0812 3456 7890", "62 812 3456 7890", " 081234567890"):
        answer = await log_in(house, phone)
        assert answer.status_code == 201, phone
        assert answer.json()["user"]["email"] == JOKO


async def test_an_unproven_number_is_like_an_unknown_one(house: House) -> None:
    unproven = await log_in(house)
    unknown = await log_in(house, "+6281111111111")

    assert slug(unproven) == slug(unknown) == "invalid-credentials"
    assert unproven.content == unknown.content


async def test_a_wrong_password_is_like_an_unknown_number(house: House) -> None:
    await prove(house)

    wrong = await log_in(house, password="salah")
    unknown = await log_in(house, "+6281111111111")

    assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content)


async def test_every_answer_compares_one_hash(house: House) -> None:
    """So an unknown number takes as long as a known one."""
    compared = []
    passwords = house.api.app.state.passwords
    verify = passwords.verify

    async def counted(password: str, stored: str | None) -> object:
        compared.append(stored)
        return await verify(password, stored)

    passwords.verify = counted
    await log_in(house)
    await log_in(house, "+6281111111111")
    assert compared == [None, None]


async def test_tries_by_number_and_by_address_are_counted_together(house: House) -> None:
    await prove(house)

    by_number = [log_in(house, password=f"tebakan {n}") for n in range(8)]
    by_address = [house.log_in(JOKO, f"tebakan {n}") for n in range(8)]
    answers = await asyncio.gather(*by_number, *by_address)

    assert Counter(answer.status_code for answer in answers) == {401: 10, 429: 6}


async def test_success_by_number_forgets_the_tries(house: House) -> None:
    await prove(house)
    for _ in range(9):
        await house.log_in(JOKO, "salah")

    assert (await log_in(house)).status_code == 201
    assert (await house.log_in(JOKO, "salah")).status_code == 401


async def test_another_number_of_the_same_person_is_unproven(house: House) -> None:
    await prove(house)
    change = {"phone": "0811222333"}

    edited = await house.api.patch(f"/users/{user_id('joko')}", change, house.act("admin"))

    assert edited.json()["is_phone_verified"] is False
    assert (await log_in(house, "0811222333")).status_code == 401
    assert (await log_in(house)).status_code == 401


async def test_a_deactivated_owner_hears_so_only_with_the_right_password(house: House) -> None:
    await prove(house)
    await house.execute("UPDATE app_user SET is_active = false WHERE id = $1", user_id("joko"))

    assert slug(await log_in(house)) == "account-deactivated"
    assert slug(await log_in(house, password="salah")) == "invalid-credentials"


async def test_what_is_no_number_is_refused_as_bad_input(house: House) -> None:
    for phone in ("", "12", "abc", "+", "0" * 31, "٠٨١٢x", [], ["081234567890"], {}, 7):
        answer = await house.post("/sessions", {"phone": phone, "password": PASSWORD})
        assert list(faults(answer)) == ["/phone"], phone


async def test_address_and_number_together_or_neither_is_refused(house: House) -> None:
    both = {"email": JOKO, "phone": NUMBER, "password": PASSWORD}
    for body in (both, {"password": PASSWORD}):
        assert faults(await house.post("/sessions", body)) == {"/email": "one_of_two"}


async def test_a_forgotten_password_may_be_asked_for_by_number(house: House) -> None:
    await house.post("/password-resets", {"phone": NUMBER})
    assert await house.links(JOKO, "reset") == []

    await prove(house)
    answer = await house.post("/password-resets", {"phone": "081234567890"})

    assert answer.json() == {"status": "accepted"}
    assert len(await house.links(JOKO, "reset")) == 1

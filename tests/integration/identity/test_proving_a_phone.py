"""A phone number counts once the code that was sent to it has been typed."""

import asyncio
from collections import Counter

import pytest

from shared.auth import Actor
from tests.integration.identity.conftest import PASSWORD, House, faults, slug, user_id

OLD, NEW = "+6281234567890", "+62811222333"
JOKO = "joko@example.test"


def joko() -> Actor:
    return Actor(user_id("joko"), "customer")


async def ask(house: House, phone: str = NEW, actor: Actor | None = None) -> int:
    """Ask for a code; gives the status."""
    body = {"phone": phone, "current_password": PASSWORD}
    return (await house.put("/me/phone", body, actor or joko())).status_code


async def prove(house: House, code: object, actor: Actor | None = None) -> int:
    return (await house.post("/me/phone/proof", {"code": code}, actor or joko())).status_code


async def proven(house: House, phone: str = OLD, actor: Actor | None = None) -> None:
    """Ask and prove."""
    assert await ask(house, phone, actor) == 202
    assert await prove(house, await house.announced_code("phone_code"), actor) == 200


async def test_nothing_changes_before_the_code_is_typed(house: House) -> None:
    assert await ask(house) == 202

    (message,) = await house.announced("phone_code")
    assert (message.channel, message.address) == ("phone", NEW)
    me = (await house.api.get("/me", joko())).json()
    assert (me["phone"], me["is_phone_verified"], me["pending_phone"]) == (OLD, False, NEW)
    assert await house.events("user.updated") == []


async def test_the_code_makes_the_number_count_and_ends_the_other_sessions(house: House) -> None:
    session = await house.token(JOKO)
    await ask(house)
    code = await house.announced_code("phone_code")

    answer = await house.post("/me/phone/proof", {"code": f" {code} "}, joko())

    assert (await house.resolve(session)).status_code == 401
    assert (await house.resolve(answer.json()["token"])).status_code == 200
    me = (await house.api.get("/me", joko())).json()
    assert (me["phone"], me["is_phone_verified"], me["pending_phone"]) == (NEW, True, None)
    by_phone = await house.post("/sessions", {"phone": NEW, "password": PASSWORD})
    assert by_phone.status_code == 201
    (event,) = await house.events("user.updated")
    assert event["changes"] == {"phone": [OLD, NEW], "is_phone_verified": [False, True]}


async def test_the_mailbox_and_the_proven_old_number_are_told(house: House) -> None:
    await proven(house, OLD)
    assert await house.announced("phone_changed") == []

    await proven(house, NEW)

    (mail,) = await house.announced("phone_changed")
    (text,) = await house.announced("number_replaced")
    assert (mail.address, mail.purpose) == (JOKO, "not_me")
    assert (text.channel, text.address) == ("phone", OLD)


async def test_the_present_number_is_proven_in_the_same_way(house: House) -> None:
    await proven(house, OLD)

    (event,) = await house.events("user.updated")
    assert event["changes"] == {"is_phone_verified": [False, True]}


async def test_the_password_must_be_right(house: House) -> None:
    body = {"phone": NEW, "current_password": "salah"}
    for answer in (
        await house.put("/me/phone", body, joko()),
        await house.post("/me/phone/removal", {"current_password": "salah"}, joko()),
    ):
        assert faults(answer) == {"/current_password": "password_wrong"}
    assert await house.announced("phone_code") == []


async def test_a_code_works_once(house: House) -> None:
    await ask(house)
    code = await house.announced_code("phone_code")

    assert await prove(house, code) == 200
    again = await house.post("/me/phone/proof", {"code": code}, joko())
    assert slug(again) == "no-code-expected"


async def test_only_the_newest_code_works_and_only_for_ten_minutes(house: House) -> None:
    await ask(house)
    first = await house.announced_code("phone_code")
    await ask(house, OLD)
    second = await house.announced_code("phone_code")

    if first != second:
        answer = await house.post("/me/phone/proof", {"code": first}, joko())
        assert faults(answer) == {"/code": "code_wrong"}
    await house.execute("UPDATE link SET expires_at = now() - interval '1 second'")
    assert await prove(house, second) == 404


async def test_somebody_elses_code_is_worth_nothing(house: House) -> None:
    await ask(house)
    code = await house.announced_code("phone_code")

    assert await prove(house, code, house.act("customer")) == 404
    assert (await house.api.get("/me", joko())).json()["is_phone_verified"] is False


async def test_guessing_at_once_is_stopped_after_five_tries(house: House) -> None:
    await ask(house)
    right = await house.announced_code("phone_code")
    wrong = [f"{n:06}" for n in range(12) if f"{n:06}" != right]

    found = await asyncio.gather(*(prove(house, code) for code in wrong))

    assert Counter(found) == {422: 5, 429: len(wrong) - 5}
    assert await prove(house, right) == 429


@pytest.mark.parametrize(
    "code",
    ["", "12345", "1234567", "12 34 56", "abcdef", "１２３４５６", ["123456"], [], {}, 123456],
)
async def test_what_is_no_code_is_bad_input(house: House, code: object) -> None:
    await ask(house)
    answer = await house.post("/me/phone/proof", {"code": code}, joko())
    assert list(faults(answer)) == ["/code"]


async def test_whoever_proves_a_number_last_has_it(house: House) -> None:
    await proven(house, OLD)

    await proven(house, OLD, house.act("customer"))

    before = (await house.api.get("/me", joko())).json()
    assert (before["phone"], before["is_phone_verified"]) == (OLD, False)
    answer = await house.post("/sessions", {"phone": OLD, "password": PASSWORD})
    assert answer.json()["user"]["email"] == "customer@example.test"


async def test_whoever_loses_a_number_to_another_account_is_told_by_mail(house: House) -> None:
    await proven(house, OLD)

    await proven(house, OLD, house.act("customer"))

    (told,) = await house.events("user.security_changed")
    assert (told["email"], told["change"]) == (JOKO, "phone_taken")
    rows = await house.fetch(
        "SELECT actor_id, after FROM audit_entry"
        " WHERE action = 'user.phone_changed' AND target_id = $1 ORDER BY id",
        user_id("joko"),
    )
    assert rows[-1]["actor_id"] == user_id("customer")
    assert "is_phone_verified" in str(rows[-1]["after"])


async def test_two_who_prove_one_number_at_once_do_not_both_have_it(house: House) -> None:
    people = [joko(), house.act("customer"), house.act("agent")]
    codes = []
    for actor in people:
        assert await ask(house, NEW, actor) == 202
        codes.append(await house.announced_code("phone_code"))

    found = await asyncio.gather(*map(prove, [house] * 3, codes, people))

    assert found == [200, 200, 200]
    rows = await house.fetch("SELECT 1 FROM app_user WHERE phone = $1 AND is_phone_verified", NEW)
    assert len(rows) == 1


async def test_a_number_is_removed_with_the_password(house: House) -> None:
    await proven(house, OLD)

    answer = await house.post("/me/phone/removal", {"current_password": PASSWORD}, joko())

    assert (await house.resolve(answer.json()["token"])).status_code == 200
    me = (await house.api.get("/me", joko())).json()
    assert (me["phone"], me["is_phone_verified"]) == (None, False)
    assert len(await house.announced("number_replaced")) == 1


async def test_codes_are_limited_by_account_number_and_block(house: House) -> None:
    assert [await ask(house) for _ in range(4)] == [202] * 3 + [429]
    customer = house.act("customer")
    assert [await ask(house, NEW, customer) for _ in range(3)] == [202] * 3
    assert await ask(house, NEW, house.act("supervisor")) == 429
    await house.execute("UPDATE try_count SET count = 200 WHERE count = 6")
    assert await ask(house, NEW[:-1] + "9", house.act("agent")) == 429
    assert await ask(house, "+6285700000001", house.act("agent")) == 202

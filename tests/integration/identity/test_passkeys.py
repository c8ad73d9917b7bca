"""Passkeys: made, used, refused, removed."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.authenticator import Authenticator, b64
from tests.integration.identity.conftest import PASSWORD, House, faults, slug, user_id
from tests.integration.identity.test_second_factor import delete, pending, set_up

PATH = "/me/passkeys"


async def options_for(house: House, role: str = "customer", **proof: str) -> dict[str, Any]:
    """What this person's browser makes a passkey from."""
    body = {"current_password": PASSWORD, **proof}
    answer = await house.post(f"{PATH}/options", body, house.act(role))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["public_key"]
    return found


async def added(house: House, role: str = "customer", **proof: str) -> Authenticator:
    """A passkey of this person."""
    phone = Authenticator()
    body = {"name": "Ponsel", "credential": phone.make(await options_for(house, role, **proof))}
    answer = await house.post(PATH, body, house.act(role))
    assert answer.status_code == 200, answer.text
    return phone


async def log_in(house: House, phone: Authenticator, **changed: Any) -> httpx.Response:
    """Sign what the service wants to be signed."""
    offered = await house.post("/sessions/passkey/options")
    assert offered.status_code == 200, offered.text
    credential = phone.sign(offered.json()["public_key"]) | changed
    return await house.post("/sessions/passkey", {"credential": credential})


async def passkeys(house: House, role: str = "customer") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await house.api.get(PATH, house.act(role))).json()["items"]
    return items


async def test_a_passkey_opens_a_session_without_a_password(house: House) -> None:
    before = await house.token("customer@example.test")
    phone = await added(house)
    assert (await house.resolve(before)).status_code == 401
    answer = await log_in(house, phone)
    assert answer.status_code == 201
    resolved = (await house.resolve(answer.json()["token"])).json()
    assert resolved["user"]["email"] == "customer@example.test"
    (shown,) = await passkeys(house)
    assert shown["name"] == "Ponsel"
    assert shown["last_used_at"]
    assert [e["change"] for e in await house.events("user.security_changed")] == ["passkey_added"]


async def test_a_passkey_is_two_factors(house: House) -> None:
    app = await set_up(house)
    phone = await added(house, "agent", code=await app.code())
    assert (await log_in(house, phone)).status_code == 201
    assert await pending(house)


async def test_the_browser_is_asked_for_a_lock_and_not_twice_for_the_same_key(
    house: House,
) -> None:
    phone = await added(house)
    options = await options_for(house)
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["rp"]["id"] == "localhost"
    assert [known["id"] for known in options["excludeCredentials"]] == [b64(phone.credential_id)]
    again = await house.post(
        PATH, {"name": "Lagi", "credential": phone.make(options)}, house.act("customer")
    )
    assert slug(again) == "passkey-known-already"
    joko = house.act("agent")
    stolen = phone.make(await options_for(house, "agent"))
    answer = await house.post(PATH, {"name": "Lain", "credential": stolen}, joko)
    assert slug(answer) == "passkey-known-already"


async def test_making_one_wants_password_and_code(house: House) -> None:
    app = await set_up(house)
    agent = house.act("agent")
    for body, expected in (
        ({"current_password": "salah"}, {"/current_password": "password_wrong"}),
        ({"current_password": PASSWORD}, {"/code": "code_needed"}),
        ({"current_password": PASSWORD, "code": "000000"}, {"/code": "code_wrong"}),
    ):
        assert faults(await house.post(f"{PATH}/options", body, agent)) == expected
    await options_for(house, "agent", code=await app.code())


@pytest.mark.parametrize(
    "phone",
    [
        Authenticator(origin="https://evil.test"),
        Authenticator(host="evil.test"),
        Authenticator(is_verified=False),
    ],
    ids=["another origin", "another host", "nobody unlocked it"],
)
async def test_what_was_not_made_for_us_is_not_kept(house: House, phone: Authenticator) -> None:
    credential = phone.make(await options_for(house))
    answer = await house.post(PATH, {"name": "x", "credential": credential}, house.act("customer"))
    assert faults(answer) == {"/credential": "passkey_not_valid"}
    assert await passkeys(house) == []


async def test_a_challenge_is_good_once_for_its_own_person_and_not_for_long(house: House) -> None:
    options = await options_for(house)
    customer, agent = house.act("customer"), house.act("agent")
    body = {"name": "x", "credential": Authenticator().make(options)}
    assert faults(await house.post(PATH, body, agent)) == {"/credential": "passkey_not_valid"}
    assert (await house.post(PATH, body, customer)).status_code == 200
    again = {"name": "x", "credential": Authenticator().make(options)}
    assert faults(await house.post(PATH, again, customer)) == {"/credential": "passkey_not_valid"}
    late = Authenticator().make(await options_for(house))
    await house.execute("UPDATE passkey_challenge SET expires_at = now()")
    answer = await house.post(PATH, {"name": "x", "credential": late}, customer)
    assert faults(answer) == {"/credential": "passkey_not_valid"}


async def test_a_signature_opens_once(house: House) -> None:
    phone = await added(house)
    offered = (await house.post("/sessions/passkey/options")).json()["public_key"]
    body = {"credential": phone.sign(offered)}
    answers = await asyncio.gather(*(house.post("/sessions/passkey", body) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401]


async def test_a_copied_key_is_noticed_by_its_counter(house: House) -> None:
    phone = await added(house)
    phone.count = 5
    assert (await log_in(house, phone)).status_code == 201
    phone.count = 3
    assert slug(await log_in(house, phone)) == "passkey-not-known"


async def test_every_other_answer_is_refused_alike(house: House) -> None:
    phone = await added(house)
    other = Authenticator(user_handle=phone.user_handle)
    assert slug(await log_in(house, other)) == "passkey-not-known"
    imitated = Authenticator(credential_id=phone.credential_id, user_handle=phone.user_handle)
    assert slug(await log_in(house, imitated)) == "passkey-not-known"
    phone.is_verified = False
    assert slug(await log_in(house, phone)) == "passkey-not-known"
    phone.is_verified, phone.origin = True, "https://evil.test"
    assert slug(await log_in(house, phone)) == "passkey-not-known"
    phone.origin = "http://localhost:8000"
    made = phone.make(await options_for(house))
    answer = await house.post("/sessions/passkey", {"credential": made})
    assert slug(answer) == "passkey-not-known"
    rows = await house.fetch("SELECT after FROM audit_entry WHERE action = 'session.refused'")
    assert len(rows) == 5


@pytest.mark.parametrize(
    "credential",
    [
        {},
        [],
        "x",
        {"id": "x", "rawId": "x", "type": "password", "response": {"clientDataJSON": "x"}},
        {"id": "é", "rawId": "x", "type": "public-key", "response": {"clientDataJSON": "x"}},
    ],
)
async def test_what_is_no_credential_is_told_so(house: House, credential: object) -> None:
    answer = await house.post("/sessions/passkey", {"credential": credential})
    assert answer.status_code == 422


@pytest.mark.parametrize("client", ["x", "e30", "W10", "bnVsbA", "eyJjaGFsbGVuZ2UiOjF9", "gA"])
async def test_odd_answers_of_authenticators_are_no_crash(house: House, client: str) -> None:
    credential: dict[str, Any] = {"id": "eA", "rawId": "eA", "type": "public-key"}
    credential |= {"response": {"clientDataJSON": client, "attestationObject": "gA"}}
    answer = await house.post("/sessions/passkey", {"credential": credential})
    assert slug(answer) == "passkey-not-known"
    body = {"name": "x", "credential": credential}
    answer = await house.post(PATH, body, house.act("customer"))
    assert faults(answer) == {"/credential": "passkey_not_valid"}


async def test_who_is_deactivated_stays_outside(house: House) -> None:
    phone = await added(house, "agent")
    await house.post(f"/users/{user_id('agent')}/deactivate", {}, house.act("admin"))
    assert slug(await log_in(house, phone)) == "account-deactivated"


async def test_a_passkey_is_renamed_and_removed_by_its_owner_only(house: House) -> None:
    phone = await added(house)
    (known,) = await passkeys(house)
    path = f"{PATH}/{known['id']}"
    customer, agent = house.act("customer"), house.act("agent")
    renamed = await house.api.patch(path, {"name": "Ponsel lama"}, customer)
    assert renamed.json()["name"] == "Ponsel lama"
    assert slug(await house.api.patch(path, {"name": "x"}, agent)) == "passkey-not-found"
    proof = {"current_password": PASSWORD}
    assert slug(await delete(house, path, agent, proof)) == "passkey-not-found"
    wrong = await delete(house, path, customer, {"current_password": "salah"})
    assert faults(wrong) == {"/current_password": "password_wrong"}
    answer = await delete(house, path, customer, proof)
    assert (await house.resolve(answer.json()["token"])).status_code == 200
    assert await passkeys(house) == []
    assert slug(await log_in(house, phone)) == "passkey-not-known"
    actions = await house.fetch("SELECT action FROM audit_entry WHERE action LIKE 'passkey.%'")
    assert sorted(row["action"] for row in actions) == ["passkey.added", "passkey.removed"]


async def test_nobody_has_more_than_twenty(house: House) -> None:
    await house.execute(
        """
        INSERT INTO passkey (id, user_id, credential_id, public_key, sign_count, name, is_synced)
        SELECT gen_random_uuid(), $1, int4send(n), ''::bytea, 0, 'x', false
        FROM generate_series(1, 20) AS n
        """,
        user_id("customer"),
    )
    body = {"current_password": PASSWORD}
    answer = await house.post(f"{PATH}/options", body, house.act("customer"))
    assert slug(answer) == "too-many-passkeys"

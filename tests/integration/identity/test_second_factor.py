"""The second step of logging in: set up, typed, used up, lost, taken away."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest

from shared.auth import Actor
from tests.fixtures.http import ApiFactory
from tests.integration.identity.conftest import (
    PASSWORD,
    House,
    faults,
    settled,
    slug,
    user_id,
)

PATH = "/me/second-factor"
AGENT = "agent@example.test"


@dataclass(frozen=True, slots=True)
class App:
    """Somebody's authenticator, and their recovery codes."""

    house: House
    totp: pyotp.TOTP
    recovery_codes: list[str]

    async def code(self) -> str:
        """A code that has not been used yet: time has passed since the last one."""
        await self.house.execute("UPDATE second_factor SET last_step = 0")
        return self.totp.now()


async def secret_of(house: House, actor: Actor) -> pyotp.TOTP:
    """Begin to set an app up."""
    answer = await house.post(f"{PATH}/secret", actor=actor)
    assert answer.status_code == 201, answer.text
    return pyotp.TOTP(answer.json()["secret"])


async def set_up(house: House, role: str = "agent") -> App:
    """Switch the second step on."""
    totp = await secret_of(house, house.act(role))
    body = {"current_password": PASSWORD, "code": totp.now()}
    answer = await house.put(PATH, body, house.act(role))
    assert answer.status_code == 200, answer.text
    return App(house, totp, answer.json()["recovery_codes"])


async def pending(house: House, email: str = AGENT) -> str:
    """The token of a log-in that waits for its code."""
    answer = await house.log_in(email)
    assert answer.status_code == 202, answer.text
    assert set(answer.json()) == {"pending_token", "expires_at"}
    return str(answer.json()["pending_token"])


async def type_code(
    house: House, token: str, code: str, address: str = "203.0.113.7"
) -> httpx.Response:
    """The second step."""
    body = {"pending_token": token, "code": code}
    return await house.post("/sessions/second-step", body, address=address)


async def delete(house: House, path: str, actor: Actor, body: Any = None) -> httpx.Response:
    headers = {"X-Client-Address": "203.0.113.7"}
    return await house.api.request("DELETE", path, actor=actor, json=body, headers=headers)


async def test_a_code_is_asked_for_once_an_app_is_set_up(house: House) -> None:
    before = await house.token(AGENT)
    app = await set_up(house)
    assert (await house.resolve(before)).status_code == 401
    token = await pending(house)
    assert (await house.resolve(token)).status_code == 401
    answer = await type_code(house, token, await app.code())
    assert answer.status_code == 201
    resolved = (await house.resolve(answer.json()["token"])).json()
    assert resolved["second_factor"] == "on"
    assert set(resolved["perms"]) == house.act("agent").perms
    shown = (await house.api.get(PATH, house.act("agent"))).json()
    assert shown["state"] == "on"
    assert shown["recovery_codes_left"] == 10


async def test_setting_up_shows_the_same_secret_until_it_is_proven_and_never_after(
    house: House,
) -> None:
    agent = house.act("agent")
    assert slug(await house.api.get(f"{PATH}/secret", agent)) == "secret-not-shown"
    totp = await secret_of(house, agent)
    assert (await secret_of(house, agent)).secret == totp.secret
    shown = (await house.api.get(f"{PATH}/secret", agent)).json()
    query = parse_qs(urlsplit(shown["uri"]).query)
    assert query["secret"] == [totp.secret]
    (row,) = await house.fetch("SELECT sealed_secret FROM second_factor")
    assert totp.secret.encode() not in row["sealed_secret"]
    await house.execute("UPDATE second_factor SET created_at = now() - interval '2 hours'")
    totp = await secret_of(house, agent)
    assert totp.secret not in shown["uri"]
    await house.put(PATH, {"current_password": PASSWORD, "code": totp.now()}, agent)
    assert (await house.api.get(f"{PATH}/secret", agent)).status_code == 404
    again = await house.post(f"{PATH}/secret", actor=agent)
    assert slug(again) == "second-factor-already-on"


async def test_it_is_on_only_after_a_right_code_and_the_password(house: House) -> None:
    agent = house.act("agent")
    totp = await secret_of(house, agent)
    bad = await house.put(PATH, {"current_password": PASSWORD, "code": "000000"}, agent)
    assert faults(bad) == {"/code": "code_wrong"}
    bad = await house.put(PATH, {"current_password": "salah", "code": totp.now()}, agent)
    assert faults(bad) == {"/current_password": "password_wrong"}
    bad = await house.put(PATH, {"current_password": PASSWORD}, agent)
    assert faults(bad) == {"/code": "missing"}
    assert (await house.log_in(AGENT)).status_code == 201
    reasons = await house.fetch(
        "SELECT after FROM audit_entry WHERE action = 'user.password_refused' ORDER BY id"
    )
    assert len(reasons) == 2


async def test_a_code_is_good_for_one_log_in_even_when_two_come_at_once(house: House) -> None:
    app = await set_up(house)
    code = await app.code()
    tokens = [await pending(house) for _ in range(2)]
    answers = await asyncio.gather(*(type_code(house, token, code) for token in tokens))
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    refused = next(answer for answer in answers if answer.status_code == 422)
    assert faults(refused) == {"/code": "code_wrong"}


async def test_a_pending_log_in_is_good_once_for_ten_minutes_and_its_own_person(
    house: House,
) -> None:
    app = await set_up(house)
    token = await pending(house)
    assert (await type_code(house, token, await app.code())).status_code == 201
    assert slug(await type_code(house, token, await app.code())) == "log-in-not-pending"
    token = await pending(house)
    await house.execute("UPDATE pending_log_in SET expires_at = now()")
    assert slug(await type_code(house, token, await app.code())) == "log-in-not-pending"
    for bad in ("x" * 43, "0", "x" * 201, ""):
        answer = await type_code(house, bad, await app.code())
        assert answer.status_code in (401, 422)
    body = {"pending_token": [token], "code": [await app.code()]}
    answer = await house.post("/sessions/second-step", body)
    assert set(faults(answer)) == {"/pending_token", "/code"}
    admins = await set_up(house, "admin")
    token = await pending(house)
    assert faults(await type_code(house, token, await admins.code())) == {"/code": "code_wrong"}


async def test_another_password_ends_what_was_pending(house: House) -> None:
    app = await set_up(house)
    token = await pending(house)
    await house.execute("UPDATE credential SET changed_at = now() + interval '1 second'")
    assert slug(await type_code(house, token, await app.code())) == "log-in-not-pending"


async def test_a_deactivated_person_does_not_get_in_with_a_code(house: House) -> None:
    app = await set_up(house)
    token = await pending(house)
    await house.post(f"/users/{user_id('agent')}/deactivate", {}, house.act("admin"))
    assert slug(await type_code(house, token, await app.code())) == "account-deactivated"


async def test_a_recovery_code_opens_once_and_its_owner_hears_of_it(house: House) -> None:
    app = await set_up(house)
    code = app.recovery_codes[3]
    token = await pending(house)
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    assert faults(await type_code(house, token, wrong)) == {"/code": "code_wrong"}
    assert (await type_code(house, token, f" {code.upper()}")).status_code == 201
    token = await pending(house)
    assert faults(await type_code(house, token, code)) == {"/code": "code_wrong"}
    shown = (await house.api.get(PATH, house.act("agent"))).json()
    assert shown["recovery_codes_left"] == 9
    changes = [event["change"] for event in await house.events("user.security_changed")]
    assert changes == ["second_factor_on", "recovery_code_used"]
    stored = [row["code_hash"] for row in await house.fetch("SELECT code_hash FROM recovery_code")]
    assert all(row.startswith("$argon2id$") for row in stored)


async def test_one_recovery_code_typed_twice_at_once_opens_once(house: House) -> None:
    app = await set_up(house)
    tokens = [await pending(house) for _ in range(2)]
    code = app.recovery_codes[0]
    answers = await asyncio.gather(*(type_code(house, token, code) for token in tokens))
    assert sorted(answer.status_code for answer in answers) == [201, 422]


async def test_new_recovery_codes_make_the_old_ones_useless(house: House) -> None:
    app = await set_up(house)
    agent = house.act("agent")
    missing = await house.post(f"{PATH}/recovery-codes", {"current_password": PASSWORD}, agent)
    assert faults(missing) == {"/code": "code_needed"}
    body = {"current_password": PASSWORD, "code": await app.code()}
    answer = await house.post(f"{PATH}/recovery-codes", body, agent)
    fresh = answer.json()["recovery_codes"]
    assert len(fresh) == len(set(fresh)) == 10
    token = await pending(house)
    assert (await type_code(house, token, app.recovery_codes[0])).status_code == 422
    assert (await type_code(house, token, fresh[0])).status_code == 201


async def test_it_is_switched_off_with_password_and_code(house: House) -> None:
    app = await set_up(house)
    agent = house.act("agent")
    other = await house.log_in(AGENT)
    assert other.status_code == 202
    for body, expected in (
        ({"current_password": PASSWORD}, {"/code": "code_needed"}),
        ({"current_password": PASSWORD, "code": "123"}, {"/code": "code_wrong"}),
        ({"current_password": "salah", "code": "123"}, {"/current_password": "password_wrong"}),
    ):
        assert faults(await delete(house, PATH, agent, body)) == expected
    body = {"current_password": PASSWORD, "code": await app.code()}
    answer = await delete(house, PATH, agent, body)
    assert answer.status_code == 200
    assert (await house.resolve(answer.json()["token"])).status_code == 200
    assert (await house.log_in(AGENT)).status_code == 201
    assert await house.fetch("SELECT 1 FROM recovery_code") == []
    again = await delete(house, PATH, agent, {"current_password": PASSWORD})
    assert slug(again) == "second-factor-not-on"


async def test_parallel_wrong_codes_stop_at_the_limit_without_stopping_the_owner_elsewhere(
    house: House,
) -> None:
    app = await set_up(house)
    token = await pending(house)
    tries = [type_code(house, token, f"00000{n}", "198.51.100.9") for n in range(10)]
    tries += [type_code(house, token, f"00001{n}", "198.51.100.9") for n in range(10)]
    answers = await asyncio.gather(*tries)
    statuses = [answer.status_code for answer in answers]
    assert sorted(set(statuses)) == [422, 429]
    assert statuses.count(422) == 10
    assert int(next(a for a in answers if a.status_code == 429).headers["retry-after"]) > 0
    stopped = await type_code(house, token, await app.code(), "198.51.100.9")
    assert stopped.status_code == 429
    assert (await type_code(house, token, await app.code())).status_code == 201


async def test_many_addresses_together_guess_no_better_than_one(house: House) -> None:
    await set_up(house)
    token = await pending(house)
    statuses = [
        (await type_code(house, token, "000000", f"198.51.100.{n}")).status_code for n in range(41)
    ]
    assert statuses == [422] * 40 + [429]


async def test_every_step_is_written_down_without_a_secret(house: House) -> None:
    app = await set_up(house)
    token = await pending(house)
    await type_code(house, token, "000000")
    await type_code(house, token, app.recovery_codes[0])
    await delete(
        house,
        PATH,
        house.act("agent"),
        {"current_password": PASSWORD, "code": app.recovery_codes[1]},
    )
    rows = await house.fetch(
        "SELECT action FROM audit_entry WHERE target_id = $1 ORDER BY id", user_id("agent")
    )
    actions = [row["action"] for row in rows if row["action"] != "session.begun"]
    assert actions == [
        "second_factor.on",
        "session.second_step_refused",
        "second_factor.recovery_used",
        "second_factor.recovery_used",
        "second_factor.off",
    ]
    everything = str(await house.fetch("SELECT * FROM audit_entry")) + str(
        await house.events("user.security_changed")
    )
    for secret in (app.totp.secret, *app.recovery_codes, token):
        assert secret not in everything


async def test_an_administrator_helps_who_lost_everything(house: House) -> None:
    app = await set_up(house)
    session = await type_code(house, await pending(house), await app.code())
    path = f"/users/{user_id('agent')}/second-factor"
    assert slug(await delete(house, path, house.act("agent"))) == "not-permitted"
    assert (await delete(house, path, house.act("admin"))).status_code == 204
    assert (await house.resolve(session.json()["token"])).status_code == 401
    assert (await house.log_in(AGENT)).status_code == 201
    assert slug(await delete(house, path, house.act("admin"))) == "second-factor-not-on"
    assert [e["change"] for e in await house.events("user.security_changed")] == [
        "second_factor_on",
        "second_factor_removed",
    ]


async def test_nobody_removes_the_second_factor_of_somebody_with_more_rights(house: House) -> None:
    await set_up(house, "admin")
    path = f"/users/{user_id('admin')}/second-factor"
    assert slug(await delete(house, path, house.act("supervisor"))) == "rights-exceeded"
    assert (await house.log_in("admin@example.test")).status_code == 202


@pytest.mark.parametrize(("role", "state"), [("agent", "needed"), ("customer", "off")])
async def test_where_it_is_required_staff_have_no_rights_without_it(
    api: ApiFactory, tmp_path: Path, role: str, state: str
) -> None:
    house = await settled(api, tmp_path, STAFF_SECOND_FACTOR="required")
    token = await house.token(f"{role}@example.test")
    resolved = (await house.resolve(token)).json()
    assert resolved["second_factor"] == state
    assert resolved["perms"] == resolved["teams"] == []
    app = await set_up(house, role)
    answer = await type_code(house, await pending(house, f"{role}@example.test"), await app.code())
    resolved = (await house.resolve(answer.json()["token"])).json()
    assert resolved["second_factor"] == "on"
    assert set(resolved["perms"]) == house.act(role).perms


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/me/email", {"email": "baru@example.test"}),
        ("PUT", "/me/phone", {"phone": "0812 3456 7000"}),
        ("POST", "/me/phone/removal", {}),
        ("PUT", "/me/password", {"new_password": "jendela hijau 5"}),
    ],
)
async def test_password_address_and_number_ask_for_a_code_too(
    house: House, method: str, path: str, body: dict[str, str]
) -> None:
    app = await set_up(house)

    async def asked(**code: str) -> httpx.Response:
        given = body | {"current_password": PASSWORD} | code
        headers = {"X-Client-Address": "203.0.113.7"}
        agent = house.act("agent")
        return await house.api.request(method, path, actor=agent, json=given, headers=headers)

    assert faults(await asked()) == {"/code": "code_needed"}
    assert faults(await asked(code="000000")) == {"/code": "code_wrong"}
    answer = await asked(code=await app.code())
    assert answer.status_code in (200, 202), answer.text

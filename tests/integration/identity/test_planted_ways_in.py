"""“It was not me” closes what a thief may have opened, and leaves what its owner made before."""

import httpx

from tests.integration.identity.conftest import PASSWORD, House, slug, user_id
from tests.integration.identity.test_passkeys import added, log_in
from tests.integration.identity.test_second_factor import delete, pending, set_up, type_code

OWNER = "customer@example.test"
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36"
LAPTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"


async def from_device(house: House, agent: str) -> httpx.Response:
    body = {"email": OWNER, "password": PASSWORD}
    return await house.post("/sessions", body, x_client_agent=agent)


async def not_me(house: House) -> None:
    """Follow the link of the newest notice."""
    body = {"purpose": "not_me", "token": await house.announced_link("new_sign_in")}
    assert (await house.post("/recoveries", body)).status_code == 202


async def age(house: House) -> None:
    """Let a week pass over what there is."""
    for table, column in (
        ("passkey", "created_at"),
        ("second_factor", "confirmed_at"),
        ("company_account", "created_at"),
    ):
        await house.execute(f"UPDATE {table} SET {column} = {column} - interval '8 days'")


async def test_a_passkey_made_since_opens_nothing_any_more(house: House) -> None:
    before = await added(house)
    await age(house)
    await from_device(house, PHONE)
    await from_device(house, LAPTOP)
    planted = await added(house)
    assert (await log_in(house, planted)).status_code == 201
    await not_me(house)
    assert slug(await log_in(house, planted)) == "passkey-not-known"
    assert (await log_in(house, before)).status_code == 201


async def test_an_app_set_up_since_locks_nobody_out(house: House) -> None:
    await from_device(house, PHONE)
    await from_device(house, LAPTOP)
    await set_up(house, "customer")
    waiting = await pending(house, OWNER)
    await not_me(house)
    assert await house.fetch("SELECT 1 FROM second_factor") == []
    assert slug(await type_code(house, waiting, "123456")) == "log-in-not-pending"


async def test_an_employees_app_stays_whoever_reads_their_mail(house: House) -> None:
    for agent in (PHONE, LAPTOP):
        body = {"email": "agent@example.test", "password": PASSWORD}
        await house.post("/sessions", body, x_client_agent=agent)
    await set_up(house)
    await not_me(house)
    assert len(await house.fetch("SELECT 1 FROM second_factor")) == 1


async def test_codes_with_a_wrong_password_do_not_keep_the_owner_out(house: House) -> None:
    app = await set_up(house)
    wrong = {"current_password": "salah sekali", "code": "000000"}
    for _ in range(4):
        for _ in range(10):
            await delete(house, "/me/second-factor", house.act("agent"), wrong)
        await house.execute("DELETE FROM try_count WHERE count > 5")
    token = await pending(house)
    assert (await type_code(house, token, await app.code())).status_code == 201
    rows = await house.fetch("SELECT count FROM try_count WHERE count > 5")
    assert rows == []


async def test_an_app_set_up_long_before_stays(house: House) -> None:
    await from_device(house, PHONE)
    app = await set_up(house, "customer")
    await age(house)
    await house.execute("UPDATE link SET created_at = now() - interval '1 day'")
    answer = await from_device(house, LAPTOP)
    await type_code(house, answer.json()["pending_token"], await app.code())
    await not_me(house)
    assert len(await house.fetch("SELECT 1 FROM second_factor")) == 1


async def test_a_company_account_linked_since_is_unlinked(house: House) -> None:
    await from_device(house, PHONE)
    await from_device(house, LAPTOP)
    await house.execute(
        """
        INSERT INTO company_account (id, user_id, issuer, subject, email)
        VALUES (gen_random_uuid(), $1, 'https://login.test', '7', $2)
        """,
        user_id("customer"),
        OWNER,
    )
    await not_me(house)
    assert await house.fetch("SELECT 1 FROM company_account") == []


async def test_nobody_takes_their_own_second_step_away_as_if_helping_a_colleague(
    house: House,
) -> None:
    await set_up(house, "supervisor")
    path = f"/users/{user_id('supervisor')}/second-factor"
    assert slug(await delete(house, path, house.act("supervisor"))) == "not-your-own"
    assert (await delete(house, path, house.act("admin"))).status_code == 204


async def test_a_right_password_does_not_forget_wrong_codes(house: House) -> None:
    await set_up(house)
    agent, statuses = house.act("agent"), []
    now, following = PASSWORD, "gajah mada 99 x"
    for _ in range(5):
        for _ in range(9):
            wrong = {"current_password": now, "code": "000000"}
            answer = await delete(house, "/me/second-factor", agent, wrong)
            statuses.append(answer.status_code)
        change = {"current_password": now, "new_password": following}
        await house.put("/me/password", change, agent)
        now, following = following, now
    assert statuses.count(422) <= 40
    assert statuses[-1] == 429


async def test_what_one_session_began_no_other_is_shown_or_confirms(house: House) -> None:
    agent, thief, owner = house.act("agent"), str(user_id("joko")), str(user_id("agent"))
    path = "/me/second-factor/secret"
    known = await house.post(path, actor=agent, x_session=thief)
    assert slug(await house.api.get(path, agent, x_session=owner)) == "secret-not-shown"
    own = await house.post(path, actor=agent, x_session=owner)
    assert own.json()["secret"] != known.json()["secret"]
    assert slug(await house.api.get(path, agent, x_session=thief)) == "secret-not-shown"
    body = {"current_password": PASSWORD, "code": "123456"}
    answer = await house.put("/me/second-factor", body, agent, x_session=thief)
    assert slug(answer) == "secret-not-shown"

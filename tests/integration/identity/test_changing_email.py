"""Another e-mail address: proven by its mailbox, told to the old one, which can take it back."""

import pytest

from shared.auth import Actor
from tests.integration.identity.conftest import PASSWORD, House, faults, slug, user_id

JOKO, NEW = "joko@example.test", "joko.baru@example.test"
NEXT = "jendela hijau 5"


def joko() -> Actor:
    return Actor(user_id("joko"), "customer")


async def ask(
    house: House, email: str = NEW, password: str = PASSWORD, actor: Actor | None = None
) -> int:
    """Ask for the change; gives the status."""
    body = {"email": email, "current_password": password}
    return (await house.put("/me/email", body, actor or joko())).status_code


async def confirm(house: House, token: object) -> int:
    return (await house.post("/email-changes/confirm", {"token": token})).status_code


async def changed(house: House) -> None:
    """Ask and confirm."""
    assert await ask(house) == 202
    assert await confirm(house, await house.announced_link("email_proof")) == 200


async def recover(house: House, token: str, purpose: str = "email_undo") -> int:
    """Use a lifeline; gives the status."""
    answer = await house.post("/recoveries", {"purpose": purpose, "token": token})
    assert answer.status_code != 202 or answer.json() == {"status": "accepted"}
    return answer.status_code


async def test_nothing_changes_before_the_new_address_is_proven(house: House) -> None:
    assert await ask(house) == 202

    (message,) = await house.announced("email_proof")
    assert (message.address, message.channel) == (NEW, "email")
    me = (await house.api.get("/me", joko())).json()
    assert (me["email"], me["pending_email"]) == (JOKO, NEW)
    assert (await house.log_in(JOKO)).status_code == 201
    assert (await house.log_in(NEW)).status_code == 401
    assert await house.events("user.updated") == []


async def test_the_proof_changes_it_ends_every_session_and_tells_the_old_address(
    house: House,
) -> None:
    session = await house.token(JOKO)
    await ask(house)
    token = await house.announced_link("email_proof")

    assert (await house.api.get(f"/email-changes/{token}")).json() == {"email": NEW}
    assert await confirm(house, token) == 200

    assert (await house.resolve(session)).status_code == 401
    assert (await house.log_in(JOKO)).status_code == 401
    assert (await house.log_in(NEW)).status_code == 201
    (event,) = await house.events("user.updated")
    assert event["changes"] == {"email": [JOKO, NEW]}
    (notice,) = await house.announced("email_changed")
    assert (notice.address, notice.purpose) == (JOKO, "email_undo")
    rows = await house.fetch(
        "SELECT action, before, after FROM audit_entry WHERE target_id = $1", user_id("joko")
    )
    entry = next(row for row in rows if row["action"] == "user.email_changed")
    assert JOKO not in str(entry["before"]) and NEW not in str(entry["after"])


async def test_the_password_must_be_right(house: House) -> None:
    body = {"email": NEW, "current_password": "salah"}
    answer = await house.put("/me/email", body, joko())
    assert faults(answer) == {"/current_password": "password_wrong"}
    assert await house.announced("email_proof") == []


async def test_a_link_proves_once_and_only_the_newest_one_does(house: House) -> None:
    await ask(house, "lain@example.test")
    first = await house.announced_link("email_proof")
    await ask(house)
    second = await house.announced_link("email_proof")

    assert await confirm(house, first) == 404
    assert await confirm(house, second) == 200
    assert await confirm(house, second) == 404
    assert (await house.api.get(f"/email-changes/{second}")).status_code == 404


async def test_an_expired_or_foreign_link_proves_nothing(house: House) -> None:
    await ask(house)
    token = await house.announced_link("email_proof")
    await house.post("/password-resets", {"email": JOKO})
    (reset,) = await house.links(JOKO, "reset")

    assert await confirm(house, reset) == 404
    assert await recover(house, token) == 404
    await house.execute("UPDATE link SET expires_at = now() - interval '1 second'")
    assert await confirm(house, token) == 404


@pytest.mark.parametrize("token", ["", [], ["a"], None, 7])
async def test_what_is_no_token_is_bad_input(house: House, token: object) -> None:
    answer = await house.post("/email-changes/confirm", {"token": token})
    assert list(faults(answer)) == ["/token"]


async def test_an_address_with_an_account_gets_the_same_answer_and_its_owner_hears(
    house: House,
) -> None:
    for actor in (joko(), house.act("customer")):
        assert await ask(house, "agent@example.test", actor=actor) == 202

    assert await house.announced("email_proof") == []
    assert len(await house.links("agent@example.test", "account_exists")) == 1


@pytest.mark.parametrize("email", [NEW, "agent@example.test", "ani@example.test"])
async def test_the_own_profile_does_not_tell_who_has_an_account(house: House, email: str) -> None:
    await house.register(email="ani@example.test")

    assert await ask(house, email) == 202

    me = (await house.api.get("/me", joko())).json()
    assert (me["email"], me["pending_email"]) == (JOKO, email)


async def test_an_address_that_was_taken_meanwhile_is_refused_at_the_proof(house: House) -> None:
    await ask(house)
    token = await house.announced_link("email_proof")
    await house.execute("UPDATE app_user SET email = $1 WHERE id = $2", NEW, user_id("agent"))

    answer = await house.post("/email-changes/confirm", {"token": token})

    assert slug(answer) == "email-taken"
    assert (await house.log_in(JOKO)).status_code == 201


async def test_the_own_address_is_no_other_one(house: House) -> None:
    body = {"email": "JOKO@example.test", "current_password": PASSWORD}
    assert faults(await house.put("/me/email", body, joko())) == {"/email": "same_email"}


async def test_asking_is_limited_by_account_and_by_address(house: House) -> None:
    assert [await ask(house) for _ in range(2)] == [202, 429]
    assert [await ask(house, f"lain{n}@example.test") for n in range(5)] == [202] * 4 + [429]


async def test_one_stranger_does_not_keep_the_owner_of_an_address_from_proving_it(
    house: House,
) -> None:
    people = [house.act(role) for role in ("customer", "agent", "supervisor")]
    for _ in range(3):
        await ask(house, actor=people[0])

    assert await ask(house) == 202

    assert [await ask(house, actor=actor) for actor in people] == [429, 202, 429]
    assert len(await house.announced("email_proof")) == 3


async def test_the_old_address_takes_the_account_back(house: House) -> None:
    await changed(house)
    thief = await house.token(NEW)

    assert await recover(house, await house.announced_link("email_changed")) == 202

    assert (await house.resolve(thief)).status_code == 401
    for email in (JOKO, NEW):
        assert (await house.log_in(email)).status_code == 401
    assert await house.links(NEW, "reset") == []
    (reset,) = await house.links(JOKO, "reset")
    body = {"token": reset, "password": NEXT}
    assert (await house.post("/password-resets/accept", body)).status_code == 200
    assert (await house.log_in(JOKO, NEXT)).status_code == 201
    assert (await house.log_in(NEW, NEXT)).status_code == 401


async def test_what_a_thief_does_meanwhile_leaves_the_owner_the_way_back(house: House) -> None:
    await changed(house)
    lifeline = await house.announced_link("email_changed")
    body = {"current_password": PASSWORD, "new_password": NEXT}
    assert (await house.put("/me/password", body, joko())).status_code == 200
    assert await ask(house, "pencuri2@example.test", NEXT) == 202
    assert await confirm(house, await house.announced_link("email_proof")) == 200
    of_thief = await house.announced_link("email_changed")

    assert await recover(house, lifeline) == 202

    assert (await house.api.get("/me", joko())).json()["email"] == JOKO
    assert await recover(house, of_thief) == 404
    assert await recover(house, lifeline) == 404


async def test_a_newer_lifeline_does_not_end_the_older_one(house: House) -> None:
    await changed(house)
    lifeline = await house.announced_link("email_changed")
    await ask(house, "pencuri2@example.test")
    await confirm(house, await house.announced_link("email_proof"))
    assert await recover(house, await house.announced_link("email_changed")) == 202

    assert await recover(house, lifeline) == 202

    assert (await house.api.get("/me", joko())).json()["email"] == JOKO


async def test_nobody_gets_an_address_that_its_owner_can_take_back(house: House) -> None:
    await changed(house)

    assert (await house.register(email=JOKO)).status_code == 202
    assert await house.links(JOKO, "verify") == []
    invitation = {"name": "Ani", "email": JOKO, "role": "customer"}
    assert slug(await house.post("/users", invitation, house.act("admin"))) == "email-taken"
    body = {"email": JOKO, "current_password": PASSWORD}
    assert (await house.put("/me/email", body, house.act("customer"))).status_code == 202
    token = await house.announced_link("email_proof")
    assert await confirm(house, token) == 409
    assert await recover(house, await house.announced_link("email_changed")) == 202


async def test_whoever_changed_their_address_may_have_the_old_one_again(house: House) -> None:
    await changed(house)

    assert await ask(house, JOKO) == 202
    assert await confirm(house, await house.announced_link("email_proof")) == 200

    assert (await house.log_in(JOKO)).status_code == 201
    assert await recover(house, await house.announced_link("email_changed")) == 202
    assert (await house.api.get("/me", joko())).json()["email"] == NEW


async def test_after_the_days_of_grace_the_address_is_free(house: House) -> None:
    await changed(house)
    await house.execute("UPDATE link SET expires_at = now() - interval '1 second'")

    assert (await house.register(email=JOKO)).status_code == 202
    assert len(await house.links(JOKO, "verify")) == 1


async def test_the_way_back_is_closed_for_whoever_was_deactivated(house: House) -> None:
    await changed(house)
    lifeline = await house.announced_link("email_changed")
    path = f"/users/{user_id('joko')}"
    assert (await house.post(f"{path}/deactivate", {}, house.act("admin"))).status_code == 200
    assert (await house.post(f"{path}/reactivate", {}, house.act("admin"))).status_code == 200

    assert await recover(house, lifeline) == 404

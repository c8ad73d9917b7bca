"""A forgotten password: a link to the mailbox, and nothing that tells a stranger who exists."""

import pytest

from tests.integration.identity.conftest import House, faults, slug, user_id

JOKO = "joko@example.test"
NEXT = "jendela hijau 5"


async def ask(house: House, email: str = JOKO, address: str = "203.0.113.7") -> int:
    """Ask for a link; gives the status."""
    answer = await house.post("/password-resets", {"email": email}, address=address)
    assert answer.status_code == 429 or answer.json() == {"status": "accepted"}
    return answer.status_code


async def link(house: House) -> str:
    """A fresh link to joko's mailbox."""
    assert await ask(house) == 202
    return (await house.links(JOKO, "reset"))[-1]


async def accept(house: House, token: object, password: str = NEXT) -> int:
    """Set a password with a link; gives the status."""
    body = {"token": token, "password": password}
    return (await house.post("/password-resets/accept", body)).status_code


async def test_the_link_sets_a_password_ends_every_session_and_tells_the_owner(
    house: House,
) -> None:
    sessions = [await house.token(JOKO) for _ in range(2)]
    token = await link(house)

    shown = await house.api.get(f"/password-resets/{token}")
    assert shown.json()["email"] == JOKO
    answer = await house.post("/password-resets/accept", {"token": token, "password": NEXT})

    assert answer.json()["user"]["email"] == JOKO
    assert {(await house.resolve(session)).status_code for session in sessions} == {401}
    assert (await house.log_in(JOKO)).status_code == 401
    assert (await house.log_in(JOKO, NEXT)).status_code == 201
    assert len(await house.events("user.password_changed")) == 1
    rows = await house.fetch("SELECT action FROM audit_entry WHERE target_id = $1", user_id("joko"))
    assert {"user.reset_asked_for", "user.password_reset"} <= {row["action"] for row in rows}


async def test_looking_at_a_link_does_not_use_it(house: House) -> None:
    token = await link(house)

    for _ in range(3):
        assert (await house.api.get(f"/password-resets/{token}")).status_code == 200

    assert await accept(house, token) == 200


async def test_a_link_works_once_and_takes_the_others_along(house: House) -> None:
    first = await link(house)
    await house.execute("UPDATE link SET created_at = created_at - interval '5 minutes'")
    second = await link(house)

    assert await accept(house, second) == 200

    for token in (first, second):
        assert await accept(house, token, "pohon kelapa 88") == 404
        assert (await house.api.get(f"/password-resets/{token}")).status_code == 404
    assert (await house.log_in(JOKO, NEXT)).status_code == 201


async def test_an_expired_a_forged_and_a_foreign_link_set_nothing(house: House) -> None:
    token = await link(house)
    parts = token.split(".")
    forged = ".".join([parts[0], str(int(parts[1]) + 3600), *parts[2:]])
    await house.register()
    (of_other_purpose,) = await house.links("ani@example.test", "verify")

    for wrong in (forged, token[:-2], f"{token}x", "a.b.c.d", of_other_purpose):
        assert await accept(house, wrong) == 404, wrong
    await house.execute("UPDATE link SET expires_at = now() - interval '1 second'")
    assert await accept(house, token) == 404
    assert (await house.log_in(JOKO)).status_code == 201


@pytest.mark.parametrize("token", ["", [], ["a"], None, 7, {"a": 1}, "x" * 300])
async def test_what_is_no_token_is_refused_as_bad_input(house: House, token: object) -> None:
    answer = await house.post("/password-resets/accept", {"token": token, "password": NEXT})
    assert list(faults(answer)) == ["/token"]


async def test_known_and_unknown_addresses_get_the_same_answer_and_only_owners_a_mail(
    house: House,
) -> None:
    await house.register()
    await house.execute("UPDATE app_user SET is_active = false WHERE id = $1", user_id("agent"))
    mails = {
        JOKO: 1,
        "nobody@example.test": 0,
        "ani@example.test": 0,
        "agent@example.test": 0,
    }

    for email, count in mails.items():
        assert await ask(house, email) == 202
        assert len(await house.links(email, "reset")) == count, email


async def test_asking_is_limited_alike_for_known_and_unknown(house: House) -> None:
    for email in (JOKO, "nobody@example.test"):
        found = [await ask(house, email) for _ in range(6)]
        assert found == [202] * 5 + [429]


async def test_strangers_from_everywhere_cannot_fill_a_mailbox(house: House) -> None:
    for n in range(14):
        await house.execute("UPDATE link SET created_at = created_at - interval '2 minutes'")
        assert await ask(house, address=f"198.51.100.{n}") == 202

    assert len(await house.links(JOKO, "reset")) == 10


async def test_strangers_who_use_up_the_mails_of_a_day_do_not_keep_the_owner_out(
    house: House,
) -> None:
    for n in range(10):
        await house.execute("UPDATE link SET created_at = created_at - interval '2 minutes'")
        await ask(house, address=f"198.51.100.{n}")
    await house.execute(
        "UPDATE link SET created_at = created_at - interval '2 minutes', expires_at = now()"
    )

    assert await accept(house, await link(house)) == 200

    assert len(await house.links(JOKO, "reset")) == 11


async def test_two_requests_within_a_minute_send_one_mail(house: House) -> None:
    for _ in range(3):
        await ask(house)

    assert len(await house.links(JOKO, "reset")) == 1


async def test_the_new_password_must_be_hard_to_guess(house: House) -> None:
    token = await link(house)

    for password, code in (
        ("password123", "password_common"),
        ("joko-widodo-1", "password_context"),
    ):
        body = {"token": token, "password": password}
        answer = await house.post("/password-resets/accept", body)
        assert faults(answer) == {"/password": code}
    assert await accept(house, token) == 200


async def test_whoever_is_deactivated_meanwhile_gets_no_new_password(house: House) -> None:
    token = await link(house)
    await house.execute("UPDATE app_user SET is_active = false WHERE id = $1", user_id("joko"))

    assert (await house.api.get(f"/password-resets/{token}")).status_code == 404
    assert await accept(house, token) == 404


async def test_changing_the_password_oneself_makes_the_link_useless(house: House) -> None:
    token = await link(house)
    body = {"current_password": "kuda laut 7 warna", "new_password": NEXT}
    me = type(house.act("customer"))(user_id("joko"), "customer")
    assert (await house.put("/me/password", body, me)).status_code == 200

    assert await accept(house, token, "pohon kelapa 88") == 404


async def test_one_names_oneself_in_one_way(house: House) -> None:
    both = await house.post("/password-resets", {"email": JOKO, "phone": "081234567890"})
    none = await house.post("/password-resets", {})

    for answer in (both, none):
        assert faults(answer) == {"/email": "one_of_two"}
    assert slug(both) == "invalid"

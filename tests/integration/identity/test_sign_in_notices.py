"""A sign-in with an unknown program or from an unknown place is told, with a way to lock the door."""

from tests.integration.identity.conftest import PASSWORD, House, slug, user_id

JOKO = "joko@example.test"
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36"
NEWER = PHONE.replace("120.0.0.0", "131.0.6778.81")
LAPTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"


async def log_in(house: House, agent: str = PHONE, address: str = "203.0.113.7") -> str:
    """Log in with a program from somewhere; gives the session."""
    body = {"email": JOKO, "password": PASSWORD}
    answer = await house.post("/sessions", body, address=address, x_client_agent=agent)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


async def notices(house: House) -> int:
    return len(await house.announced("new_sign_in"))


async def test_the_first_sign_in_and_familiar_ones_are_not_told(house: House) -> None:
    await log_in(house)
    await log_in(house)
    await log_in(house, NEWER)
    await log_in(house, address="203.0.250.9")

    assert await notices(house) == 0


async def test_another_program_is_told_in_words_of_ours(house: House) -> None:
    await log_in(house)
    await log_in(house, LAPTOP)

    (notice,) = await house.announced("new_sign_in")
    assert (notice.address, notice.purpose) == (JOKO, "not_me")
    assert notice.about == {"browser": "Firefox", "system": "Windows", "address": "203.0.113.7"}
    await log_in(house, LAPTOP)
    assert await notices(house) == 1


async def test_what_a_program_calls_itself_never_stands_in_the_message(house: House) -> None:
    await log_in(house)
    await log_in(house, "Segera buka https://penipu.example dan masukkan sandi Anda")

    (notice,) = await house.announced("new_sign_in")
    assert notice.about["browser"] == notice.about["system"] == ""


async def test_another_place_is_told(house: House) -> None:
    await log_in(house)
    await log_in(house, address="198.51.100.9")
    await log_in(house, address="2001:db8::1")

    assert await notices(house) == 2


async def test_what_was_not_seen_for_half_a_year_is_unknown_again(house: House) -> None:
    await log_in(house)
    await log_in(house, LAPTOP)
    await house.execute(
        "UPDATE known_device SET last_seen_at = last_seen_at - interval '181 days' WHERE mark IN"
        " (SELECT mark FROM known_device ORDER BY last_seen_at LIMIT 1)"
    )
    await log_in(house)
    await log_in(house, LAPTOP)
    assert await notices(house) == 2


async def test_notices_are_at_most_ten_a_day(house: House) -> None:
    await log_in(house)
    for n in range(12):
        await log_in(house, address=f"198.{n}.100.9")

    assert await notices(house) == 10


async def test_the_link_locks_everybody_out_until_the_owner_sets_a_password(house: House) -> None:
    sessions = [await log_in(house), await log_in(house, LAPTOP)]
    token = await house.announced_link("new_sign_in")

    answer = await house.post("/recoveries", {"purpose": "not_me", "token": token})

    assert {(await house.resolve(session)).status_code for session in sessions} == {401}
    assert (await house.log_in(JOKO)).status_code == 401
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    (reset,) = await house.links(JOKO, "reset")
    body = {"token": reset, "password": "jendela hijau 5"}
    assert (await house.post("/password-resets/accept", body)).status_code == 200
    assert (await house.log_in(JOKO, "jendela hijau 5")).status_code == 201
    again = await house.post("/recoveries", {"purpose": "not_me", "token": token})
    assert slug(again) == "link-not-valid"
    rows = await house.fetch("SELECT action FROM audit_entry WHERE target_id = $1", user_id("joko"))
    assert "user.alarm_raised" in {row["action"] for row in rows}


async def test_a_thief_who_changes_the_password_does_not_make_the_link_useless(
    house: House,
) -> None:
    await log_in(house)
    await log_in(house, LAPTOP)
    token = await house.announced_link("new_sign_in")
    me = type(house.act("customer"))(user_id("joko"), "customer")
    body = {"current_password": PASSWORD, "new_password": "milik pencuri 1"}
    assert (await house.put("/me/password", body, me)).status_code == 200

    answer = await house.post("/recoveries", {"purpose": "not_me", "token": token})

    assert answer.status_code == 202
    assert (await house.log_in(JOKO, "milik pencuri 1")).status_code == 401


async def test_a_thief_who_changes_the_address_is_not_sent_the_link_for_a_password(
    house: House,
) -> None:
    await log_in(house)
    await log_in(house, LAPTOP)
    token = await house.announced_link("new_sign_in")
    me = type(house.act("customer"))(user_id("joko"), "customer")
    for email in ("pencuri1@example.test", "pencuri2@example.test"):
        body = {"email": email, "current_password": PASSWORD}
        assert (await house.put("/me/email", body, me)).status_code == 202
        proof = {"token": await house.announced_link("email_proof")}
        assert (await house.post("/email-changes/confirm", proof)).status_code == 200

    answer = await house.post("/recoveries", {"purpose": "not_me", "token": token})

    assert answer.status_code == 202
    assert (await house.api.get("/me", me)).json()["email"] == JOKO
    sent = await house.events("link.issued")
    assert [one["email"] for one in sent if one["purpose"] == "reset"] == [JOKO]


async def test_marks_name_nobody_and_no_place(house: House) -> None:
    await log_in(house)
    rows = await house.fetch("SELECT mark FROM known_device")
    assert len(rows) == 2 and all(len(row["mark"]) == 32 for row in rows)

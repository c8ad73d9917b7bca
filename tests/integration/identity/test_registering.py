"""From a stranger's words to a customer with a proven address."""

import asyncio
import time
from collections.abc import Awaitable

import httpx

from tests.fixtures.http import ApiFactory
from tests.integration.identity.conftest import (
    CHEAP,
    PASSWORD,
    STRANGER,
    House,
    faults,
    slug,
    user_id,
)

ANI = STRANGER["email"]
OWN = STRANGER["password"]


async def test_a_stranger_becomes_a_customer_once_the_address_is_proven(house: House) -> None:
    answer = await house.register(phone="0812 1111 2222", language="en")
    assert answer.status_code == 202
    assert answer.json() == {"status": "accepted"}

    (registered,) = [e for e in await house.events("user.registered") if e["user"]["email"] == ANI]
    assert registered["user"]["is_email_verified"] is False
    assert registered["user"]["kind"] == registered["user"]["role"] == "customer"
    (token,) = await house.links(ANI, "verify")
    proven = await house.post("/registrations/verify", {"token": token})
    assert proven.status_code == 200
    assert proven.json()["user"]["email"] == ANI

    session = await house.log_in(ANI, OWN)
    assert session.status_code == 201
    assert session.json()["user"]["language"] == "en"
    (updated,) = await house.events("user.updated")
    assert updated["changes"] == {"is_email_verified": [False, True]}
    assert updated["user"]["phone"] == "+6281211112222"


async def test_before_proof_the_right_password_says_what_is_missing(house: House) -> None:
    await house.register()

    assert slug(await house.log_in(ANI, "bukan ini")) == "invalid-credentials"
    answer = await house.log_in(ANI, OWN)
    assert answer.status_code == 403
    assert slug(answer) == "email-not-verified"
    assert await house.fetch("SELECT 1 FROM session") == []


async def test_known_and_unknown_addresses_get_the_same_bytes(house: House) -> None:
    await house.execute("UPDATE app_user SET is_active = false WHERE id = $1", user_id("joko"))
    emails = (ANI, ANI, "customer@example.test", "joko@example.test", "agent@example.test")

    answers = [await house.register(email=email) for email in emails]

    assert {(a.status_code, a.content) for a in answers} == {(202, b'{"status":"accepted"}')}
    headers = [{k: v for k, v in a.headers.items() if k != "x-request-id"} for a in answers]
    assert all(h == headers[0] for h in headers)


async def test_resending_says_the_same_for_every_address(house: House) -> None:
    await house.register()
    emails = (ANI, "customer@example.test", "nobody@example.test", "agent@example.test")

    answers = [await house.post("/registrations/resend", {"email": email}) for email in emails]

    assert {(a.status_code, a.content) for a in answers} == {(202, b'{"status":"accepted"}')}


async def test_registering_does_the_same_amount_of_hashing_for_every_address(
    house: House,
) -> None:
    hashed: list[str] = []
    passwords = house.api.app.state.passwords
    hash_password = passwords.hash

    async def noted(password: str) -> str:
        hashed.append(password)
        return str(await hash_password(password))

    passwords.hash = noted
    for email in (ANI, "customer@example.test", "agent@example.test"):
        await house.register(email=email)

    assert hashed == [OWN] * 3


async def test_no_answer_about_an_address_comes_before_its_time(
    api: ApiFactory, house: House
) -> None:
    slow = await api("identity", house.api.db, **CHEAP | {"IDENTITY_EVEN_ANSWER_SECONDS": "0.3"})
    for path, body in (
        ("/registrations", STRANGER),
        ("/registrations", STRANGER | {"email": "customer@example.test"}),
        ("/registrations", STRANGER | {"password": "password123"}),
        ("/registrations/resend", {"email": ANI}),
        ("/registrations/resend", {"email": "nobody@example.test"}),
    ):
        began = time.monotonic()
        await slow.post(path, body)
        assert time.monotonic() - began >= 0.3, (path, body)


async def test_the_owner_of_a_known_address_is_told_once_a_day(house: House) -> None:
    for _ in range(3):
        await house.register(email="customer@example.test", name="Bukan Dia")

    assert len(await house.links("customer@example.test", "account_exists")) == 1
    assert await house.links("customer@example.test", "verify") == []
    assert await house.versions(user_id("customer")) == [(1, "user.registered")]

    await house.execute("UPDATE link SET created_at = created_at - interval '25 hours'")
    await house.register(email="customer@example.test")
    assert len(await house.links("customer@example.test", "account_exists")) == 2


async def test_a_known_address_keeps_its_password(house: House) -> None:
    await house.register(email="customer@example.test")

    assert (await house.log_in("customer@example.test", OWN)).status_code == 401
    assert (await house.log_in("customer@example.test", PASSWORD)).status_code == 201


async def test_the_notice_that_an_account_exists_opens_nothing(house: House) -> None:
    await house.register(email="customer@example.test")
    (token,) = await house.links("customer@example.test", "account_exists")

    for path, body in (
        ("/registrations/verify", {"token": token}),
        ("/invitations/accept", {"token": token, "password": OWN}),
    ):
        assert slug(await house.post(path, body)) == "link-not-valid"


async def test_a_deactivated_person_is_not_let_in_by_registering(house: House) -> None:
    await house.execute("UPDATE app_user SET is_active = false WHERE id = $1", user_id("joko"))
    await house.register(email="joko@example.test")

    assert await house.events("link.issued") == []
    assert await house.fetch("SELECT 1 FROM registration") == []


async def test_registering_twice_sends_one_mail(house: House) -> None:
    await house.register()
    await house.register(password="kapal selam 9")

    assert len(await house.links(ANI, "verify")) == 1


async def test_asking_again_sends_three_more_mails_a_day_a_minute_apart(house: House) -> None:
    await house.register()

    await house.post("/registrations/resend", {"email": ANI})
    assert len(await house.links(ANI, "verify")) == 1
    for count in (2, 3, 4, 4, 4):
        await house.execute("UPDATE link SET created_at = created_at - interval '61 seconds'")
        await house.post("/registrations/resend", {"email": ANI}, address=f"198.51.100.{count}")
        assert len(await house.links(ANI, "verify")) == count


async def test_every_link_that_was_sent_works_until_one_is_used(house: House) -> None:
    await house.register()
    await house.execute("UPDATE link SET created_at = created_at - interval '61 seconds'")
    await house.post("/registrations/resend", {"email": ANI})
    first, second = await house.links(ANI, "verify")

    assert (await house.post("/registrations/verify", {"token": first})).status_code == 200
    for token in (first, second):
        assert slug(await house.post("/registrations/verify", {"token": token})) == "link-not-valid"


async def test_a_link_used_twice_at_once_counts_once(house: House) -> None:
    await house.register()
    (token,) = await house.links(ANI, "verify")

    answers = await asyncio.gather(
        *(house.post("/registrations/verify", {"token": token}) for _ in range(6))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404, 404, 404]
    assert len(await house.events("user.updated")) == 1


async def test_a_link_dies_with_its_day(house: House) -> None:
    await house.register()
    (token,) = await house.links(ANI, "verify")
    await house.execute("UPDATE link SET expires_at = now() - interval '1 second'")

    assert slug(await house.post("/registrations/verify", {"token": token})) == "link-not-valid"


async def test_links_of_another_kind_or_another_key_do_not_verify(house: House) -> None:
    await house.register()
    (token,) = await house.links(ANI, "verify")
    link, expires, kid, mac = token.split(".")
    forged = (
        f"{link}.{int(expires) + 1}.{kid}.{mac}",
        f"{link}.{expires}.other.{mac}",
        f"{link}.{expires}.{kid}.{mac[:-1]}",
        f"{link}.{expires}.{kid}",
        "x",
        "é" * 20,
    )
    for wrong in forged:
        answer = await house.post("/registrations/verify", {"token": wrong})
        assert (answer.status_code, slug(answer)) == (404, "link-not-valid")
    assert slug(await house.api.get(f"/invitations/{token}")) == "link-not-valid"


async def test_the_same_key_twice_is_one_registration(house: House) -> None:
    def submit() -> Awaitable[httpx.Response]:
        return house.post("/registrations", STRANGER, x_principal="pre-1", idempotency_key="form-1")

    answers = await asyncio.gather(*(submit() for _ in range(3)))

    assert {answer.status_code for answer in answers} == {202}
    assert len(await house.fetch("SELECT 1 FROM registration")) == 1


async def test_what_is_kept_for_repeated_requests_does_not_depend_on_the_password(
    house: House,
) -> None:
    """Its plain hash beside the known name and address would be a gift to whoever steals a copy."""
    for number, password in enumerate((OWN, "kapal selam 9")):
        await house.post(
            "/registrations", STRANGER | {"password": password}, idempotency_key=f"k{number}"
        )

    rows = await house.fetch("SELECT request_hash FROM idempotency_key")
    assert len(rows) == 2
    assert rows[0] == rows[1]


async def test_many_strangers_with_one_address_at_once_make_one_account(house: House) -> None:
    answers = await asyncio.gather(
        *(house.register(address=f"198.51.100.{n}", name=f"Ani {n}") for n in range(8))
    )

    assert {answer.status_code for answer in answers} == {202}
    registered = [e for e in await house.events("user.registered") if e["user"]["email"] == ANI]
    assert len(registered) == 1
    assert len(await house.links(ANI, "verify")) == 1


async def test_a_weak_password_is_refused_before_anything_is_told(house: House) -> None:
    for email in (ANI, "customer@example.test"):
        answer = await house.register(email=email, password="password123")
        assert faults(answer) == {"/password": "password_common"}
    for password in ("AniWijaya1", "ani-wijaya", "PadiNET2025"):
        answer = await house.register(password=password)
        assert faults(answer) == {"/password": "password_context"}


async def test_bad_fields_are_refused_with_pointers(house: House) -> None:
    answer = await house.post(
        "/registrations",
        {
            "name": "  ",
            "email": "аni@example.test",
            "password": "short",
            "phone": "12",
            "language": "jv",
            "role": "admin",
        },
    )

    assert faults(answer) == {
        "/name": "string_too_short",
        "/email": "email",
        "/password": "string_too_short",
        "/phone": "phone",
        "/language": "literal_error",
        "/role": "extra_forbidden",
    }


async def test_an_address_in_capitals_is_the_same_address(house: House) -> None:
    await house.register()
    await house.register(email="ANI@Example.TEST")

    rows = await house.fetch("SELECT email FROM app_user WHERE lower(email) = lower($1)", ANI)
    assert [row["email"] for row in rows] == [ANI]

"""Strangers who type somebody else's address, before or after its owner."""

from dataclasses import dataclass

import httpx
import pytest

from tests.integration.identity.conftest import STRANGER, House, faults, slug

ANI = STRANGER["email"]
OWNERS = STRANGER["password"]
THIEFS = "pencuri ulung 99"
THIEF = {"name": "Pencuri", "password": THIEFS, "address": "198.51.100.66"}


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What the owner of the address can do with the mail that came."""

    house: House

    async def prove(self, password: str | None = None) -> httpx.Response:
        """Use the newest link, with a password where one is given."""
        token = (await self.house.links(ANI, "verify"))[-1]
        body = {"token": token} | ({"password": password} if password else {})
        return await self.house.post("/registrations/verify", body)


@pytest.fixture
async def mailbox(house: House) -> Mailbox:
    """The mailbox of ani@example.test."""
    return Mailbox(house)


async def test_a_stranger_who_was_first_does_not_get_the_account_that_the_owner_proves(
    house: House, mailbox: Mailbox
) -> None:
    await house.register(**THIEF)
    await house.register()

    assert faults(await mailbox.prove()) == {"/password": "password_needed"}
    assert (await mailbox.prove(OWNERS)).json()["user"]["name"] == STRANGER["name"]

    assert (await house.log_in(ANI, OWNERS)).status_code == 201
    assert (await house.log_in(ANI, THIEFS, "198.51.100.66")).status_code == 401


async def test_nor_does_a_stranger_who_comes_after_the_owner(
    house: House, mailbox: Mailbox
) -> None:
    await house.register()
    await house.register(**THIEF)

    assert faults(await mailbox.prove()) == {"/password": "password_needed"}
    assert (await mailbox.prove(OWNERS)).status_code == 200
    assert (await house.log_in(ANI, THIEFS)).status_code == 401


async def test_a_wrong_password_beside_the_link_proves_nothing_and_is_limited(
    house: House, mailbox: Mailbox
) -> None:
    await house.register()
    await house.register(**THIEF)

    answers = [await mailbox.prove("tebakan salah") for _ in range(11)]

    assert [faults(a)["/password"] for a in answers[:10]] == ["password_wrong"] * 10
    assert slug(answers[10]) == "too-many-tries"
    assert await house.events("user.updated") == []


async def test_what_a_stranger_typed_is_gone_once_the_owner_has_proven(
    house: House, mailbox: Mailbox
) -> None:
    await house.register(**THIEF, phone="081299999999")
    await house.register()
    await mailbox.prove(OWNERS)

    assert await house.fetch("SELECT 1 FROM registration") == []
    (updated,) = await house.events("user.updated")
    assert updated["user"]["name"] == STRANGER["name"]
    assert updated["user"]["phone"] is None
    assert updated["changes"]["name"] == ["Pencuri", STRANGER["name"]]


async def test_a_stranger_who_comes_later_does_not_outlive_the_owners_registration(
    house: House, mailbox: Mailbox
) -> None:
    await house.register()
    await house.execute("UPDATE registration SET expires_at = now() + interval '1 minute'")
    await house.register(**THIEF)
    await house.execute("UPDATE registration SET expires_at = expires_at - interval '6 days'")

    assert faults(await mailbox.prove()) == {"/password": "password_needed"}
    assert (await mailbox.prove(OWNERS)).status_code == 200


async def test_a_flood_of_registrations_keeps_the_newest_five(house: House) -> None:
    for number in range(8):
        await house.register(name=f"Ani {number}", address=f"198.51.100.{number}")

    rows = await house.fetch("SELECT name FROM registration ORDER BY created_at")
    assert [row["name"] for row in rows] == [f"Ani {number}" for number in range(3, 8)]


async def test_registering_does_not_open_an_invited_employees_account(house: House) -> None:
    body = {"name": "Ani", "email": ANI, "role": "agent"}
    await house.post("/users", body, house.act("admin"))

    await house.register(**THIEF)

    assert await house.links(ANI, "verify") == []
    assert await house.fetch("SELECT 1 FROM registration") == []
    assert (await house.log_in(ANI, THIEFS)).status_code == 401


async def test_an_invited_customer_who_registers_shows_the_password_with_the_link(
    house: House, mailbox: Mailbox
) -> None:
    body = {"name": "Ani", "email": ANI, "role": "customer"}
    await house.post("/users", body, house.act("agent"))
    await house.register(**THIEF)

    assert faults(await mailbox.prove()) == {"/password": "password_needed"}

    (invitation,) = await house.links(ANI, "invite")
    accepted = await house.post("/invitations/accept", {"token": invitation, "password": OWNERS})
    assert accepted.status_code == 200
    assert slug(await mailbox.prove(THIEFS)) == "link-not-valid"
    assert (await house.log_in(ANI, THIEFS)).status_code == 401
    assert (await house.log_in(ANI, OWNERS)).status_code == 201


async def test_another_persons_link_does_not_prove_mine(house: House) -> None:
    await house.register()
    await house.register(email="budi@example.test", password=THIEFS)
    (budis,) = await house.links("budi@example.test", "verify")

    answer = await house.post("/registrations/verify", {"token": budis, "password": OWNERS})

    assert faults(answer) == {"/password": "password_wrong"}
    rows = await house.fetch("SELECT 1 FROM app_user WHERE email = $1 AND is_email_verified", ANI)
    assert rows == []

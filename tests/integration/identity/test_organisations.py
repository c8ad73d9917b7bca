"""Organisations: who belongs to them, who sees what, and who may say so."""

import pytest

from shared.auth import Actor
from tests.integration.identity.conftest import House, slug, user_id

CUSTOMER, JOKO = user_id("customer"), user_id("joko")


@pytest.fixture
async def maju(house: House) -> str:
    """An organisation that nobody belongs to yet."""
    made = await house.post("/organisations", {"name": "PT Maju"}, house.act("admin"))
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def belong(house: House, maju: str, who: str, membership: str) -> None:
    """Make a seeded customer a member."""
    path = f"/organisations/{maju}/members/{user_id(who)}"
    answer = await house.put(path, {"membership": membership}, house.act("admin"))
    assert answer.status_code == 200, answer.text


def joko() -> Actor:
    """A customer of the seed."""
    return Actor(JOKO, "customer")


async def test_an_organisation_is_told_of_and_written_down(house: House, maju: str) -> None:
    renamed = await house.api.request(
        "PATCH", f"/organisations/{maju}", actor=house.act("admin"), json={"name": "PT Maju Jaya"}
    )

    assert renamed.json()["name"] == "PT Maju Jaya"
    assert await house.versions(maju) == [(1, "organisation.created"), (2, "organisation.updated")]
    rows = await house.fetch("SELECT action FROM audit_entry WHERE target_kind = 'organisation'")
    assert {row["action"] for row in rows} == {"organisation.created", "organisation.changed"}


async def test_a_name_is_taken_once_whatever_its_capitals(house: House, maju: str) -> None:
    again = await house.post("/organisations", {"name": "pt maju"}, house.act("admin"))
    assert slug(again) == "organisation-exists"
    other = await house.post("/organisations", {"name": "CV Lain"}, house.act("admin"))
    path = f"/organisations/{other.json()['id']}"
    taken = await house.api.request(
        "PATCH", path, actor=house.act("admin"), json={"name": "PT MAJU"}
    )
    assert slug(taken) == "organisation-exists"


@pytest.mark.parametrize(
    ("membership", "sees", "manages"),
    [("own", False, False), ("company_read", True, False), ("company_manage", True, True)],
)
async def test_a_session_says_what_its_person_sees(
    house: House, maju: str, membership: str, sees: bool, manages: bool
) -> None:
    token = await house.token("joko@example.test")
    assert (await house.resolve(token)).json()["organisation"] is None

    await belong(house, maju, "joko", membership)

    found = (await house.resolve(token)).json()
    assert found["organisation"] == {"id": maju, "name": "PT Maju", "membership": membership}
    assert found["orgs"] == ([maju] if sees else [])
    assert found["manages"] == ([maju] if manages else [])
    event = (await house.events("user.updated"))[-1]
    assert (event["user"]["organisation_id"], event["user"]["membership"]) == (maju, membership)


async def test_sight_ends_with_the_membership_and_with_the_organisation(
    house: House, maju: str
) -> None:
    token = await house.token("joko@example.test")
    await belong(house, maju, "joko", "company_manage")
    off = {"is_active": False}
    await house.api.request("PATCH", f"/organisations/{maju}", actor=house.act("admin"), json=off)
    assert (await house.resolve(token)).json()["orgs"] == []
    assert (await house.api.get(f"/organisations/{maju}", joko())).status_code == 404
    on = {"is_active": True}
    await house.api.request("PATCH", f"/organisations/{maju}", actor=house.act("admin"), json=on)
    assert (await house.resolve(token)).json()["orgs"] == [maju]

    gone = await house.api.request(
        "DELETE", f"/organisations/{maju}/members/{JOKO}", actor=house.act("admin")
    )

    assert gone.status_code == 204
    assert (await house.resolve(token)).json()["orgs"] == []


async def test_who_manages_an_organisation_looks_after_its_members(house: House, maju: str) -> None:
    await belong(house, maju, "joko", "company_manage")
    await belong(house, maju, "customer", "own")

    members = (await house.api.get(f"/organisations/{maju}/members", joko())).json()["items"]
    assert {m["id"] for m in members} == {str(JOKO), str(CUSTOMER)}
    path = f"/organisations/{maju}/members/{CUSTOMER}"
    raised = await house.put(path, {"membership": "company_read"}, joko())
    assert raised.json()["membership"] == "company_read"
    assert (await house.api.request("DELETE", path, actor=joko())).status_code == 204
    back = await house.put(path, {"membership": "own"}, joko())
    assert slug(back) == "member-not-found"


@pytest.mark.parametrize("membership", ["own", "company_read"])
async def test_who_does_not_manage_an_organisation_finds_none(
    house: House, maju: str, membership: str
) -> None:
    await belong(house, maju, "joko", membership)
    await belong(house, maju, "customer", "own")
    unknown = "01920000-0000-7000-8000-000000000000"
    for organisation in (maju, unknown):
        path = f"/organisations/{organisation}"
        answers = [
            await house.api.get(path, joko()),
            await house.api.get(f"{path}/members", joko()),
            await house.put(f"{path}/members/{JOKO}", {"membership": "company_manage"}, joko()),
            await house.api.request("DELETE", f"{path}/members/{CUSTOMER}", actor=joko()),
        ]
        assert {(a.status_code, slug(a)) for a in answers} == {(404, "organisation-not-found")}


async def test_nobody_manages_the_organisation_of_others(house: House, maju: str) -> None:
    other = await house.post("/organisations", {"name": "CV Lain"}, house.act("admin"))
    await belong(house, str(other.json()["id"]), "joko", "company_manage")
    await belong(house, maju, "customer", "own")

    answer = await house.put(
        f"/organisations/{maju}/members/{CUSTOMER}", {"membership": "company_read"}, joko()
    )
    assert slug(answer) == "organisation-not-found"
    path = f"/organisations/{other.json()['id']}/members/{CUSTOMER}"
    assert slug(await house.put(path, {"membership": "own"}, joko())) == "member-not-found"
    drawn = await house.put(path, {"membership": "own"}, house.act("admin"))
    assert slug(drawn) == "member-elsewhere"


async def test_staff_belong_to_no_organisation(house: House, maju: str) -> None:
    path = f"/organisations/{maju}/members/{user_id('agent')}"
    answer = await house.put(path, {"membership": "own"}, house.act("admin"))
    assert answer.json()["errors"][0]["code"] == "role_kind"


async def test_organisations_are_found_by_a_part_of_their_name(house: House, maju: str) -> None:
    for name in ("CV Angin", "PT Zebra"):
        await house.post("/organisations", {"name": name}, house.act("admin"))
    admin = house.act("admin")
    first = (await house.api.get("/organisations", admin, limit="2")).json()
    after = first["next"]
    rest = (await house.api.get("/organisations", admin, limit="2", cursor=after)).json()
    names = [o["name"] for o in first["items"] + rest["items"]]
    assert names == ["CV Angin", "PT Maju", "PT Zebra"]
    found = (await house.api.get("/organisations", admin, q="maj")).json()["items"]
    assert [o["name"] for o in found] == ["PT Maju"]

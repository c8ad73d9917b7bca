"""People as staff see and change them."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from shared.ids import derived_id, uuid7
from tests.integration.identity.conftest import House, faults, slug, user_id


async def names(house: House, **asked: str) -> list[str]:
    """The names in a list of people."""
    answer = await house.api.get("/users", house.act("agent"), **asked)
    assert answer.status_code == 200, answer.text
    return [person["name"] for person in answer.json()["items"]]


async def test_people_are_listed_by_name(house: House) -> None:
    assert await names(house) == [
        "Joko Widodo",
        "Orang Admin",
        "Orang Agent",
        "Orang Customer",
        "Orang Supervisor",
        "Orang Technician",
    ]


async def test_a_list_is_narrowed_by_role_kind_team_and_state(house: House) -> None:
    await house.execute("UPDATE app_user SET is_active = false WHERE id = $1", user_id("joko"))

    assert await names(house, role="customer") == ["Joko Widodo", "Orang Customer"]
    assert await names(house, kind="customer", is_active="true") == ["Orang Customer"]
    assert len(await names(house, team=str(house.act("agent").teams[0]))) == 4
    assert await names(house, team=str(uuid7())) == []


async def test_people_are_found_by_a_part_of_name_address_or_phone(house: House) -> None:
    asked = {
        "joko": True,
        "JOKO@": True,
        "oko wid": True,
        "0812-3456": True,
        "62 812 3456 7890": True,
        "+6281234567890": True,
        "%": False,
        "_oko": False,
        "\\": False,
        "budi": False,
    }
    assert {q: "Joko Widodo" in await names(house, q=q) for q in asked} == asked


async def test_pages_join_without_gap_or_double_also_for_equal_names(house: House) -> None:
    await house.execute("UPDATE app_user SET name = 'Sama'")
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await house.api.get("/users", house.act("agent"), limit="2", **cursor)
        page = answer.json()
        seen += [person["id"] for person in page["items"]]
        if page["next"] is None:
            break
        assert len(page["items"]) == 2
        cursor = {"cursor": page["next"]}

    assert len(seen) == len(set(seen)) == 6


async def test_a_list_refuses_what_it_does_not_know(house: House) -> None:
    for asked, pointer in (
        ({"limit": "0"}, "?limit"),
        ({"limit": "101"}, "?limit"),
        ({"cursor": "bukan"}, "?cursor"),
        ({"cursor": "WzFd"}, "?cursor"),
        ({"cursor": "e30"}, "?cursor"),
        ({"kind": "robot"}, "?kind"),
        ({"team": "noc"}, "?team"),
        ({"q": "\0"}, "?q"),
        ({"sort": "name"}, "?sort"),
    ):
        answer = await house.api.get("/users", house.act("agent"), **asked)
        assert list(faults(answer)) == [pointer], asked


async def test_one_person_is_shown_with_a_version(house: House) -> None:
    answer = await house.api.get(f"/users/{user_id('joko')}", house.act("agent"))

    assert answer.headers["etag"] == '"1"'
    shown = answer.json()
    created_at = shown.pop("created_at")
    assert created_at.endswith("Z")
    assert shown == {
        "id": str(user_id("joko")),
        "kind": "customer",
        "role": "customer",
        "name": "Joko Widodo",
        "email": "joko@example.test",
        "phone": "+6281234567890",
        "language": "id",
        "time_zone": "Asia/Jakarta",
        "avatar_id": None,
        "is_active": True,
        "is_email_verified": True,
        "is_phone_verified": False,
        "team_ids": [],
        "organisation_id": None,
        "membership": None,
        "version": 1,
    }


async def test_editing_tells_what_changed(house: House) -> None:
    path = f"/users/{user_id('joko')}"
    change = {"name": "Joko W.", "phone": None, "language": "en", "time_zone": "Asia/Makassar"}

    answer = await house.api.patch(path, change, house.act("supervisor"), if_match='"1"')

    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    (event,) = await house.events("user.updated")
    assert event["changes"] == {
        "name": ["Joko Widodo", "Joko W."],
        "phone": ["+6281234567890", None],
        "language": ["id", "en"],
        "time_zone": ["Asia/Jakarta", "Asia/Makassar"],
    }
    assert event["user"]["name"] == "Joko W."


async def test_editing_nothing_writes_nothing(house: House) -> None:
    path = f"/users/{user_id('joko')}"
    for change in ({}, {"name": "Joko Widodo"}, {"name": None, "role": None, "team_ids": None}):
        answer = await house.api.patch(path, change, house.act("admin"))
        assert answer.json()["version"] == 1
    assert await house.events("user.updated") == []


async def test_a_lost_race_is_told(house: House) -> None:
    path = f"/users/{user_id('joko')}"
    await house.api.patch(path, {"name": "Satu"}, house.act("admin"), if_match='"1"')

    answer = await house.api.patch(path, {"name": "Dua"}, house.act("admin"), if_match='"1"')

    assert answer.status_code == 412
    assert answer.json()["params"] == {"version": 2}
    assert slug(answer) == "user-changed-meanwhile"


async def test_an_unknown_person_is_not_there(house: House) -> None:
    admin, path = house.act("admin"), f"/users/{uuid7()}"
    answers = [
        await house.api.get(path, admin),
        await house.api.patch(path, {"name": "X"}, admin),
        await house.post(f"{path}/deactivate", None, admin),
        await house.post(f"{path}/reactivate", None, admin),
        await house.post(f"{path}/invitation", None, admin),
    ]
    assert {(a.status_code, slug(a)) for a in answers} == {(404, "user-not-found")}


async def test_nobody_changes_somebody_with_more_rights(house: House) -> None:
    supervisor, admin = house.act("supervisor"), f"/users/{user_id('admin')}"

    for answer in (
        await house.api.patch(admin, {"name": "X"}, supervisor),
        await house.api.patch(admin, {"role": "agent"}, supervisor),
        await house.post(f"{admin}/deactivate", None, supervisor),
    ):
        assert answer.status_code == 403
        assert "role.edit" in answer.json()["params"]["missing"]


async def test_nobody_gives_a_role_beyond_their_own_rights_to_anybody(house: House) -> None:
    supervisor = house.act("supervisor")

    for whom in ("agent", "supervisor"):
        answer = await house.api.patch(f"/users/{user_id(whom)}", {"role": "admin"}, supervisor)
        assert slug(answer) == "rights-exceeded"
    (row,) = await house.fetch("SELECT count(*) AS n FROM app_user WHERE role = 'admin'")
    assert row["n"] == 1


async def test_customers_do_not_become_staff_nor_staff_customers(house: House) -> None:
    admin = house.act("admin")
    for whom, role in (("joko", "agent"), ("agent", "customer")):
        answer = await house.api.patch(f"/users/{user_id(whom)}", {"role": role}, admin)
        assert faults(answer) == {"/role": "role_kind"}


async def test_another_role_ends_the_sessions_of_whoever_gets_it(house: House) -> None:
    token = await house.token("agent@example.test")

    answer = await house.api.patch(
        f"/users/{user_id('agent')}", {"role": "technician"}, house.act("admin")
    )

    assert answer.json()["role"] == "technician"
    assert (await house.resolve(token)).status_code == 401


async def test_teams_are_given_and_taken(house: House) -> None:
    (field,) = await house.fetch("SELECT id FROM team WHERE key = 'field'")
    path, admin = f"/users/{user_id('agent')}", house.act("admin")

    answer = await house.api.patch(path, {"team_ids": [str(field["id"])] * 2}, admin)

    assert answer.json()["team_ids"] == [str(field["id"])]
    assert (await house.api.patch(path, {"team_ids": []}, admin)).json()["team_ids"] == []
    unknown = await house.api.patch(path, {"team_ids": [str(uuid7())]}, admin)
    assert faults(unknown) == {"/team_ids": "unknown_team"}


@pytest.mark.parametrize("role", ["supervisor", "admin"])
async def test_nobody_changes_their_own_role_or_teams(house: House, role: str) -> None:
    """With another team or role one would see more; what stays the same may be sent."""
    path, me = f"/users/{user_id(role)}", house.act(role)
    noc, field = (str(derived_id("team", key)) for key in ("noc", "field"))
    answers = [
        await house.api.patch(path, change, me)
        for change in ({"team_ids": [noc, field]}, {"team_ids": []}, {"role": "agent"})
    ]
    in_the_role = "last-admin" if role == "admin" else "not-your-own-rights"
    assert [slug(a) for a in answers] == ["not-your-own-rights"] * 2 + [in_the_role]
    kept = {"name": "Nama Baru", "role": role, "team_ids": [noc]}
    assert (await house.api.patch(path, kept, me)).status_code == 200


async def test_who_sees_their_teams_only_gives_nobody_another_team(house: House) -> None:
    here = house.act("technician")
    more = {"user.edit", "user.invite_staff"}
    here = replace(here, perms=here.perms | more)
    path = f"/users/{user_id('technician')}"
    noc, field = (str(derived_id("team", key)) for key in ("noc", "field"))
    somebody = replace(here, id=uuid7())
    beyond = await house.api.patch(path, {"team_ids": [noc, field]}, somebody)
    person = {"name": "Ani", "role": "technician", "email": "ani@example.test"}
    invited = await house.post("/users", person | {"team_ids": [field]}, somebody)
    assert (slug(beyond), slug(invited)) == ("team-beyond-your-own",) * 2
    within = await house.post("/users", person | {"team_ids": [noc]}, somebody)
    assert within.status_code == 201, within.text


async def test_a_team_out_of_use_keeps_its_members_but_takes_no_new_ones(house: House) -> None:
    rows = {r["key"]: str(r["id"]) for r in await house.fetch("SELECT key, id FROM team")}
    admin = house.act("admin")
    for key in rows:
        await house.api.patch(f"/teams/{rows[key]}", {"is_active": False}, admin)
    path = f"/users/{user_id('agent')}"

    kept = await house.api.patch(path, {"name": "X", "team_ids": [rows["noc"]]}, admin)
    new = await house.api.patch(path, {"team_ids": [rows["noc"], rows["field"]]}, admin)

    assert kept.status_code == 200
    assert faults(new) == {"/team_ids": "unknown_team"}


async def test_deactivating_ends_sessions_at_once_and_reactivating_lets_in_again(
    house: House,
) -> None:
    token = await house.token("joko@example.test")
    path = f"/users/{user_id('joko')}"

    answer = await house.post(f"{path}/deactivate", None, house.act("supervisor"))

    assert answer.json()["is_active"] is False
    assert (await house.resolve(token)).status_code == 401
    assert (await house.log_in("joko@example.test")).status_code == 403
    again = await house.post(f"{path}/deactivate", None, house.act("supervisor"))
    assert slug(again) == "user-already-deactivated"

    assert (await house.post(f"{path}/reactivate", None, house.act("admin"))).status_code == 200
    assert (await house.resolve(token)).status_code == 401
    assert (await house.log_in("joko@example.test")).status_code == 201
    second = await house.post(f"{path}/reactivate", None, house.act("admin"))
    assert slug(second) == "user-already-active"
    assert await house.versions(user_id("joko")) == [
        (1, "user.registered"),
        (2, "user.deactivated"),
        (3, "user.reactivated"),
    ]


async def test_a_log_in_under_way_does_not_survive_deactivation(house: House) -> None:
    passwords = house.api.app.state.passwords
    verify = passwords.verify

    async def deactivated_meanwhile(password: str, stored: str | None) -> Any:
        verdict = await verify(password, stored)
        path = f"/users/{user_id('joko')}/deactivate"
        await house.post(path, None, house.act("admin"))
        return verdict

    passwords.verify = deactivated_meanwhile
    answer = await house.log_in("joko@example.test")

    assert slug(answer) == "account-deactivated"
    assert await house.fetch("SELECT 1 FROM session") == []


async def test_the_last_admin_stays(house: House) -> None:
    admin, path = house.act("admin"), f"/users/{user_id('admin')}"

    answers = [
        await house.post(f"{path}/deactivate", None, admin),
        await house.api.patch(path, {"role": "supervisor"}, admin),
    ]

    assert [slug(a) for a in answers] == ["last-admin", "last-admin"]
    assert (await house.log_in("admin@example.test")).status_code == 201


async def test_an_invited_admin_who_never_came_does_not_count(house: House) -> None:
    admin = house.act("admin")
    body = {"name": "Kedua", "email": "kedua@example.test", "role": "admin"}
    assert (await house.post("/users", body, admin)).status_code == 201

    answer = await house.post(f"/users/{user_id('admin')}/deactivate", None, admin)

    assert slug(answer) == "last-admin"


async def test_two_admins_who_remove_each_other_at_once_leave_one(house: House) -> None:
    for turn in range(5):
        await house.execute(
            "UPDATE app_user SET role = 'admin', is_active = true WHERE id = ANY($1)",
            [user_id("admin"), user_id("supervisor")],
        )
        verbs = [f"/users/{user_id(who)}/deactivate" for who in ("admin", "supervisor")]

        answers = await asyncio.gather(
            *(house.post(path, None, house.act("admin")) for path in verbs)
        )

        assert sorted(a.status_code for a in answers) == [200, 409], turn

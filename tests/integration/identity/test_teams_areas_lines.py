"""Teams, the network tree and service lines: data with events."""

from typing import Any

from shared.ids import derived_id, uuid7
from tests.integration.identity.conftest import House, faults, slug, user_id


def area_id(key: str) -> str:
    """The id of a seeded node."""
    return str(derived_id("area", key))


async def test_a_team_is_made_renamed_and_put_out_of_use(house: House) -> None:
    admin = house.act("admin")
    answer = await house.post("/teams", {"key": "billing", "name": "Tagihan"}, admin)
    assert answer.status_code == 201
    team = answer.json()

    path = f"/teams/{team['id']}"
    changed = await house.api.patch(
        path, {"name": "Keuangan", "is_active": False}, admin, if_match=answer.headers["etag"]
    )
    assert changed.json() == team | {"name": "Keuangan", "is_active": False, "version": 2}
    assert await house.versions(team["id"]) == [(1, "team.created"), (2, "team.updated")]
    stale = await house.api.patch(path, {"name": "X"}, admin, if_match='"1"')
    assert slug(stale) == "team-changed-meanwhile"
    again = await house.post("/teams", {"key": "billing", "name": "Lain"}, admin)
    assert slug(again) == "team-exists"
    missing = await house.api.patch(f"/teams/{uuid7()}", {"name": "X"}, admin)
    assert slug(missing) == "team-not-found"


async def test_teams_are_listed_in_pages(house: House) -> None:
    first = (await house.api.get("/teams", house.act("technician"), limit="1")).json()
    rest = (
        await house.api.get("/teams", house.act("technician"), limit="1", cursor=first["next"])
    ).json()

    assert [t["key"] for t in first["items"] + rest["items"]] == ["field", "noc"]
    assert rest["next"] is None


async def test_a_node_knows_the_way_from_the_root(house: House) -> None:
    body = {"key": "sby-rkt-1-b", "kind": "odp", "name": "ODP B", "parent_id": area_id("sby-rkt-1")}
    answer = await house.post("/areas", body, house.act("admin"))

    way = [area_id("sby"), area_id("sby-rkt"), area_id("sby-rkt-1"), answer.json()["id"]]
    assert answer.json()["path"] == way
    event = (await house.events("area.created"))[-1]
    assert event["area"]["path"] == way


async def test_a_node_hangs_below_the_kind_above_it(house: House) -> None:
    for kind, parent in (
        ("region", "sby"),
        ("pop", None),
        ("pop", "sby-rkt"),
        ("odp", "sby-rkt"),
        ("olt", "nowhere"),
    ):
        body = {"key": "baru", "kind": kind, "name": "Baru"}
        body |= {"parent_id": area_id(parent)} if parent else {}
        answer = await house.post("/areas", body, house.act("admin"))
        assert faults(answer) == {"/parent_id": "misplaced"}, (kind, parent)


async def test_moving_a_node_moves_all_below_it_each_with_an_event(house: House) -> None:
    admin = house.act("admin")
    body = {"key": "sby-gbg", "kind": "pop", "name": "Gubeng", "parent_id": area_id("sby")}
    gubeng = (await house.post("/areas", body, admin)).json()

    answer = await house.api.patch(
        f"/areas/{area_id('sby-rkt-1')}", {"parent_id": gubeng["id"]}, admin
    )

    assert answer.json()["path"] == [area_id("sby"), gubeng["id"], area_id("sby-rkt-1")]
    events = {e["area"]["key"]: e["area"]["path"] for e in await house.events("area.updated")}
    assert events == {
        "sby-rkt-1": answer.json()["path"],
        "sby-rkt-1-a": [*answer.json()["path"], area_id("sby-rkt-1-a")],
    }
    assert await house.versions(area_id("sby-rkt-1-a")) == [
        (1, "area.created"),
        (2, "area.updated"),
    ]


async def test_a_node_cannot_be_hung_below_itself(house: House) -> None:
    path = f"/areas/{area_id('sby-rkt')}"
    for parent in ("sby-rkt", "sby-rkt-1"):
        answer = await house.api.patch(path, {"parent_id": area_id(parent)}, house.act("admin"))
        assert faults(answer) == {"/parent_id": "misplaced"}


async def test_renaming_a_node_leaves_its_subtree_alone(house: House) -> None:
    answer = await house.api.patch(
        f"/areas/{area_id('sby')}",
        {"name": "Surabaya Raya", "is_active": False},
        house.act("admin"),
        if_match='"1"',
    )

    assert answer.json()["name"] == "Surabaya Raya"
    assert len(await house.events("area.updated")) == 1


async def test_nodes_are_found_by_parent_kind_and_name(house: House) -> None:
    async def keys(**asked: str) -> list[str]:
        answer = await house.api.get("/areas", house.act("agent"), **asked)
        return [area["key"] for area in answer.json()["items"]]

    assert await keys() == ["sby", "sby-rkt", "sby-rkt-1", "sby-rkt-1-a"]
    assert await keys(parent_id=area_id("sby")) == ["sby-rkt"]
    assert await keys(kind="olt") == ["sby-rkt-1"]
    assert await keys(q="RUNGKUT") == ["sby-rkt", "sby-rkt-1"]


async def test_the_same_key_cannot_name_two_nodes(house: House) -> None:
    body = {"key": "sby", "kind": "region", "name": "Lain"}
    assert slug(await house.post("/areas", body, house.act("admin"))) == "area-exists"
    missing = await house.api.patch(f"/areas/{uuid7()}", {"name": "X"}, house.act("admin"))
    assert slug(missing) == "area-not-found"


async def numbers(house: House, who: str, **asked: str) -> list[str]:
    """The numbers of the lines that somebody sees."""
    answer = await house.api.get("/service-lines", house.act(who), **asked)
    assert answer.status_code == 200, answer.text
    return [line["number"] for line in answer.json()["items"]]


async def test_customers_see_their_own_lines_whatever_they_ask_for(house: House) -> None:
    assert await numbers(house, "customer") == ["PN-001"]
    assert await numbers(house, "customer", user_id=str(user_id("joko"))) == []
    assert await numbers(house, "customer", user_id=str(uuid7())) == []
    assert await numbers(house, "customer", q="PN") == ["PN-001"]


async def test_staff_see_everybodys_lines(house: House) -> None:
    assert await numbers(house, "agent") == ["PN-001", "PN-002"]
    assert await numbers(house, "agent", user_id=str(user_id("joko"))) == ["PN-002"]
    assert await numbers(house, "technician", q="melati") == ["PN-001"]


async def test_a_strangers_line_looks_like_one_that_does_not_exist(house: House) -> None:
    jokos = derived_id("line", "PN-002")
    foreign = await house.api.get(f"/service-lines/{jokos}", house.act("customer"))
    unknown = await house.api.get(f"/service-lines/{uuid7()}", house.act("customer"))

    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content
    own = await house.api.get(
        f"/service-lines/{derived_id('line', 'PN-001')}", house.act("customer")
    )
    assert own.json()["area"] == {
        "id": area_id("sby-rkt-1-a"),
        "key": "sby-rkt-1-a",
        "kind": "odp",
        "name": "ODP A",
    }


def line(**given: Any) -> dict[str, Any]:
    """A new line of Joko's."""
    usual = {"number": "pn-003", "user_id": str(user_id("joko")), "plan": "Fiber 100"}
    return usual | {"address": "Jl. Kenanga 9\nSurabaya"} | given


async def test_a_line_is_made_moved_and_ended(house: House) -> None:
    admin = house.act("admin")
    made = await house.post("/service-lines", line(area_id=area_id("sby-rkt-1-a")), admin)
    assert made.status_code == 201
    assert made.json()["number"] == "PN-003"

    path = f"/service-lines/{made.json()['id']}"
    changed = await house.api.patch(
        path,
        {"user_id": str(user_id("customer")), "area_id": None, "state": "ended"},
        admin,
        if_match=made.headers["etag"],
    )
    assert changed.json()["area"] is None
    assert changed.json()["version"] == 2
    assert await numbers(house, "customer") == ["PN-001", "PN-003"]
    assert await house.versions(made.json()["id"]) == [(1, "line.created"), (2, "line.updated")]
    same = await house.api.patch(path, {"state": "ended"}, admin)
    assert same.json()["version"] == 2
    stale = await house.api.patch(path, {"state": "active"}, admin, if_match='"1"')
    assert slug(stale) == "line-changed-meanwhile"


async def test_a_line_belongs_to_a_customer_and_a_node_that_exist(house: House) -> None:
    admin = house.act("admin")
    cases = [
        (line(user_id=str(uuid7())), {"/user_id": "unknown_user"}),
        (line(user_id=str(user_id("agent"))), {"/user_id": "unknown_user"}),
        (line(area_id=str(uuid7())), {"/area_id": "unknown_area"}),
        (line(number="x"), {"/number": "string_pattern_mismatch"}),
        (line(state="gone"), {"/state": "literal_error"}),
    ]
    for body, expected in cases:
        assert faults(await house.post("/service-lines", body, admin)) == expected
    assert slug(await house.post("/service-lines", line(number="PN-001"), admin)) == "line-exists"
    missing = await house.api.patch(f"/service-lines/{uuid7()}", {"plan": "X"}, admin)
    assert slug(missing) == "line-not-found"

"""Roles: what they hold from the start, and who may change them."""

from identity_service.roles.handlers import create_default_roles
from shared.permissions import Permission
from tests.integration.identity.conftest import House, slug


async def test_five_roles_exist_from_the_start(house: House) -> None:
    answer = await house.api.get("/roles", house.act("supervisor"))

    roles = {role["name"]: role for role in answer.json()["items"]}
    assert set(roles) == {"customer", "agent", "technician", "supervisor", "admin"}
    assert roles["customer"]["permissions"] == []
    assert roles["customer"]["kind"] == "customer"
    assert set(roles["admin"]["permissions"]) == set(Permission)
    assert answer.json()["next"] is None


async def test_making_the_first_roles_again_changes_nothing(house: House) -> None:
    before = await house.fetch("SELECT * FROM role ORDER BY name")
    async with house.api.db.transaction() as tx:
        await create_default_roles(tx)

    assert await house.fetch("SELECT * FROM role ORDER BY name") == before
    assert len(await house.events("role.updated")) == 5


async def test_a_new_permission_comes_to_the_admin_with_the_next_migration(house: House) -> None:
    await house.execute("UPDATE role SET permissions = '{ticket.reply}' WHERE name = 'admin'")
    await house.execute("UPDATE role SET permissions = '{ticket.reply}' WHERE name = 'agent'")

    async with house.api.db.transaction() as tx:
        await create_default_roles(tx)

    rows = await house.fetch("SELECT name, permissions, version FROM role ORDER BY name")
    roles = {row["name"]: row for row in rows}
    assert set(roles["admin"]["permissions"]) == set(Permission)
    assert roles["admin"]["version"] == 2
    assert roles["agent"]["permissions"] == ["ticket.reply"]


async def test_an_admin_changes_what_a_role_may_do(house: House) -> None:
    token = await house.token("technician@example.test")

    answer = await house.put(
        "/roles/technician",
        {"permissions": ["ticket.read_team", "ticket.reply"]},
        house.act("admin"),
        if_match='"1"',
    )

    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    assert (await house.resolve(token)).json()["perms"] == ["ticket.read_team", "ticket.reply"]
    event = (await house.events("role.updated"))[-1]
    assert event["role"]["permissions"] == ["ticket.read_team", "ticket.reply"]


async def test_a_lost_race_is_told(house: House) -> None:
    body = {"permissions": ["ticket.reply"]}
    await house.put("/roles/technician", body, house.act("admin"))

    answer = await house.put("/roles/technician", body, house.act("admin"), if_match='"1"')

    assert slug(answer) == "role-changed-meanwhile"


async def test_admin_and_customer_cannot_be_changed(house: House) -> None:
    for name in ("admin", "customer"):
        for permissions in ([], ["ticket.reply"]):
            body = {"permissions": permissions}
            answer = await house.put(f"/roles/{name}", body, house.act("admin"))
            assert slug(answer) == "role-fixed"


async def test_nobody_raises_a_role_beyond_their_own_rights(house: House) -> None:
    some = house.act("supervisor")
    editor = type(some)(some.id, "staff", frozenset({"role.edit", "ticket.reply"}))

    for name, permissions in (
        ("agent", ["ticket.reply"]),
        ("technician", ["ticket.reply", "report.read"]),
    ):
        answer = await house.put(f"/roles/{name}", {"permissions": permissions}, editor)
        assert slug(answer) == "rights-exceeded"


async def test_unknown_roles_and_permissions_are_refused(house: House) -> None:
    body = {"permissions": ["ticket.reply"]}
    assert slug(await house.put("/roles/wizard", body, house.act("admin"))) == "role-not-found"
    for path, sent in (
        ("/roles/agent", {"permissions": ["do.anything"]}),
        ("/roles/agent", {}),
        ("/roles/%00", body),
    ):
        assert (await house.put(path, sent, house.act("admin"))).status_code == 422


FIELD_LEAD = {"name": "field-lead", "label": "Kepala Lapangan", "permissions": ["ticket.read_team"]}


async def test_an_admin_makes_a_role_that_people_can_have(house: House) -> None:
    made = await house.post("/roles", FIELD_LEAD, house.act("admin"))

    assert made.status_code == 201, made.text
    assert made.json()["label"] == "Kepala Lapangan"
    assert (made.json()["is_custom"], made.json()["kind"]) == (True, "staff")
    invited = {"name": "Bayu", "email": "bayu@example.test", "role": "field-lead"}
    assert (await house.post("/users", invited, house.act("admin"))).status_code == 201
    roles = (await house.api.get("/roles", house.act("admin"))).json()["items"]
    assert next(r["people"] for r in roles if r["name"] == "field-lead") == 1
    event = (await house.events("role.updated"))[-1]
    assert event["role"]["label"] == "Kepala Lapangan"
    (entry,) = await house.fetch("SELECT * FROM audit_entry WHERE action = 'role.created'")
    assert entry["target_label"] == "field-lead"


async def test_a_role_is_renamed_and_keeps_its_key(house: House) -> None:
    await house.post("/roles", FIELD_LEAD, house.act("admin"))
    renamed = await house.api.request(
        "PATCH", "/roles/field-lead", actor=house.act("admin"), json={"label": "Koordinator"}
    )

    assert (renamed.json()["name"], renamed.json()["label"]) == ("field-lead", "Koordinator")
    assert renamed.headers["etag"] == '"2"'


async def test_a_role_goes_when_nobody_has_it(house: House) -> None:
    admin = house.act("admin")
    await house.post("/roles", FIELD_LEAD, admin)
    invited = {"name": "Bayu", "email": "bayu@example.test", "role": "field-lead"}
    user = (await house.post("/users", invited, admin)).json()

    used = await house.api.request("DELETE", "/roles/field-lead", actor=admin)
    assert slug(used) == "role-in-use"
    other = {"role": "technician"}
    await house.api.request("PATCH", f"/users/{user['id']}", actor=admin, json=other)
    assert (await house.api.request("DELETE", "/roles/field-lead", actor=admin)).status_code == 204
    assert [version for version, _ in await house.versions((await _gone(house))["id"])] == [1, 2]


async def test_roles_from_the_start_are_neither_renamed_nor_deleted(house: House) -> None:
    for method, body in (("PATCH", {"label": "Lain"}), ("DELETE", None)):
        for name in ("agent", "admin", "customer"):
            answer = await house.api.request(
                method, f"/roles/{name}", actor=house.act("admin"), json=body
            )
            assert slug(answer) == "role-fixed", name


async def test_nobody_makes_a_role_with_more_rights_than_they_have(house: House) -> None:
    some = house.act("supervisor")
    editor = type(some)(some.id, "staff", frozenset({"role.edit", "ticket.reply"}))
    wanted = FIELD_LEAD | {"permissions": ["ticket.reply", "user.impersonate"]}

    answer = await house.post("/roles", wanted, editor)

    assert slug(answer) == "rights-exceeded"
    assert answer.json()["params"] == {"missing": ["user.impersonate"]}


async def test_a_key_that_is_taken_is_told(house: House) -> None:
    answer = await house.post("/roles", FIELD_LEAD | {"name": "agent"}, house.act("admin"))
    assert slug(answer) == "role-exists"


async def _gone(house: House) -> dict[str, str]:
    event = (await house.events("role.deleted"))[-1]
    role: dict[str, str] = event["role"]
    return role

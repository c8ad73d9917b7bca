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

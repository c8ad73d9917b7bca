"""The audit log: what is in it, who may look, and that nobody can change it."""

from collections.abc import Sequence
from typing import Any

import pytest

from identity_service.audit.domain import Action, By, Target
from identity_service.audit.handlers import record
from identity_service.limits.domain import Visitor
from tests.integration.identity.conftest import PASSWORD, House, user_id

SOMEWHERE = Visitor.of("203.0.113.7", "Firefox")


async def entries(house: House) -> Sequence[Any]:
    """What people did, oldest first."""
    return await house.fetch("SELECT * FROM audit_entry WHERE actor_kind <> 'system' ORDER BY id")


async def test_an_entry_holds_who_what_whom_from_where_and_the_difference(house: House) -> None:
    by = By.of(house.act("admin"), SOMEWHERE)

    async with house.api.db.transaction() as tx:
        await record(
            tx,
            by,
            Action.USER_ROLE_CHANGED,
            target=Target.user(user_id("agent")),
            before={"role": "agent"},
            after={"role": "supervisor"},
        )

    (entry,) = await house.fetch("SELECT * FROM audit_entry WHERE action = 'user.role_changed'")
    assert entry["actor_id"] == user_id("admin")
    assert entry["target_id"] == user_id("agent")
    assert (entry["client_address"], entry["client_agent"]) == ("203.0.113.7", "Firefox")
    assert (entry["before"], entry["after"]) == ({"role": "agent"}, {"role": "supervisor"})


async def test_what_did_not_happen_is_not_recorded(house: House) -> None:
    with pytest.raises(LookupError):
        async with house.api.db.transaction() as tx:
            await record(tx, By.system(), Action.ROLE_CHANGED, target=Target("role", None, "agent"))
            raise LookupError

    assert not await house.fetch("SELECT FROM audit_entry WHERE action = 'role.changed'")


async def test_logging_in_failing_and_logging_out_are_recorded(house: House) -> None:
    token = await house.token("agent@example.test")
    await house.log_in("agent@example.test", "a wrong one")
    await house.log_in("nobody@example.test")
    await house.api.delete(
        "/sessions/current", {"token": token}, house.act("agent"), x_client_address="203.0.113.7"
    )

    begun, refused, unknown, ended = await entries(house)
    assert (begun["action"], begun["actor_id"]) == ("session.begun", user_id("agent"))
    assert (refused["action"], refused["actor_id"]) == ("session.refused", None)
    assert refused["target_id"] == user_id("agent")
    assert refused["after"] == {"reason": "invalid-credentials", "email": "a…@e…"}
    assert (unknown["action"], unknown["target_id"]) == ("session.refused", None)
    assert (ended["action"], ended["session_id"]) == ("session.ended", begun["session_id"])
    assert {e["client_address"] for e in (begun, refused, unknown, ended)} == {"203.0.113.7"}


async def test_a_wrong_present_password_is_recorded_and_a_right_one_too(house: House) -> None:
    agent = house.act("agent")
    for current in ("a wrong one", PASSWORD):
        await house.put(
            "/me/password",
            {"current_password": current, "new_password": "perahu hijau 12"},
            agent,
        )

    actions = await entries(house)
    assert [(row["action"], row["actor_id"]) for row in actions] == [
        ("user.password_refused", agent.id),
        ("user.password_changed", agent.id),
        ("session.begun", agent.id),
    ]


async def test_another_role_and_another_set_of_rights_are_told_apart(house: House) -> None:
    admin = house.act("admin")
    await house.api.patch(f"/users/{user_id('agent')}", {"role": "technician"}, admin)
    await house.put("/roles/technician", {"permissions": ["ticket.read_team"]}, admin)
    await house.post(f"/users/{user_id('agent')}/deactivate", {}, admin)

    written = await entries(house)
    assert [(e["action"], e["target_label"]) for e in written] == [
        ("user.role_changed", None),
        ("role.changed", "technician"),
        ("user.deactivated", None),
    ]
    assert (written[0]["before"]["role"], written[0]["after"]["role"]) == ("agent", "technician")
    assert written[1]["after"] == {"permissions": ["ticket.read_team"]}
    assert "ticket.reply" in written[1]["before"]["permissions"]

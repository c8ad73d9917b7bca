"""The audit log: what is in it, who may look, and that nobody can change it."""

import pytest

from identity_service.audit.domain import Action, By, Target
from identity_service.audit.handlers import record
from identity_service.limits.domain import Visitor
from tests.integration.identity.conftest import House, user_id

SOMEWHERE = Visitor.of("203.0.113.7", "Firefox")


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

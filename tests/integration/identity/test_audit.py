"""The audit log: what is in it, who may look, and that nobody can change it."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from identity_service.audit.domain import Action, By, Target
from identity_service.audit.handlers import record
from identity_service.audit.routes import audit_lines
from identity_service.audit.schemas import SearchAudit
from identity_service.limits.domain import Visitor
from shared.auth import Actor, NotPermitted
from shared.events.examples import example
from shared.events.ticket import (
    PersonRef,
    TicketCreated,
    TicketDeleted,
    TicketFacts,
    TicketRestored,
)
from shared.ids import uuid7
from tests.builders import envelope, event
from tests.fixtures.feeding import feed, inbox_of
from tests.integration.identity.conftest import PASSWORD, House, faults, user_id

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
    assert refused["after"]["reason"] == "invalid-credentials"
    assert refused["after"]["email"] == "a…@e…"
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


async def found(house: House, **wanted: str) -> list[dict[str, Any]]:
    """What an admin finds."""
    answer = await house.api.get("/audit", house.act("admin"), **wanted)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def write(house: House) -> None:
    """The admin changes a role and an agent; a stranger fails to log in as Joko."""
    admin = house.act("admin")
    await house.put("/roles/technician", {"permissions": ["ticket.read_team"]}, admin)
    await house.post(f"/users/{user_id('agent')}/deactivate", {}, admin)
    await house.log_in("joko@example.test", "a wrong one", address="198.51.100.9")


async def test_entries_come_latest_first_with_todays_names(house: House) -> None:
    await write(house)

    refused, shut_out, role, *_ = await found(house)

    assert [e["action"] for e in (refused, shut_out, role)] == [
        "session.refused",
        "user.deactivated",
        "role.changed",
    ]
    assert refused["actor"] == {"id": None, "kind": "anonymous", "name": None}
    assert refused["target"]["name"] == "Joko Widodo"
    assert refused["client_address"] == "198.51.100.9"
    assert shut_out["actor"]["name"] == "Orang Admin"
    assert role["target"]["label"] == "technician"


async def test_entries_are_found_by_person_action_target_and_time(house: House) -> None:
    await write(house)
    before = "2026-01-01T00:00:00Z"

    for wanted, actions in (
        ({"person": "joko"}, ["session.refused"]),
        ({"person": str(user_id("agent"))}, ["user.deactivated"]),
        ({"person": "orang admin"}, ["user.deactivated", "role.changed"]),
        ({"person": "nobody at all"}, []),
        ({"action": "role.changed"}, ["role.changed"]),
        ({"target": "technician"}, ["role.changed"]),
        ({"target": str(user_id("joko"))}, ["session.refused"]),
        ({"target_kind": "role"}, ["role.changed"]),
        ({"occurred_to": before}, []),
        ({"person": "joko", "occurred_from": before}, ["session.refused"]),
    ):
        assert [e["action"] for e in await found(house, **wanted)] == actions, wanted


async def test_a_page_goes_on_where_the_one_before_ended(house: House) -> None:
    await write(house)
    whole = await found(house)

    first = (await house.api.get("/audit", house.act("admin"), limit="2")).json()
    rest = await found(house, cursor=first["next"])

    assert [*first["items"], *rest] == whole


async def test_what_cannot_be_looked_for_is_told_at_its_field(house: House) -> None:
    for wanted, pointer in (
        ({"action": "made.up"}, "?action"),
        ({"occurred_from": "yesterday"}, "?occurred_from"),
        ({"cursor": "xx"}, "?cursor"),
        ({"limit": "101"}, "?limit"),
        ({"colour": "red"}, "?colour"),
    ):
        answer = await house.api.get("/audit", house.act("admin"), **wanted)
        assert list(faults(answer)) == [pointer]


async def test_the_whole_log_can_be_taken_away_as_a_table(house: House) -> None:
    await write(house)
    await house.execute(
        "WITH e AS (INSERT INTO audit_entry (action, actor_kind, client_address, client_agent)"
        " SELECT 'role.changed', 'system', '', '=cmd|x' FROM generate_series(1, 250) RETURNING id)"
        " INSERT INTO audit_waiting SELECT id FROM e"
    )

    answer = await house.api.get("/audit/export", house.act("admin"), action="role.changed")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\N{BYTE ORDER MARK}"))))
    assert len(rows) == 251
    assert {row["client_agent"] for row in rows} == {"'=cmd|x", ""}
    assert {row["action"] for row in rows} == {"role.changed"}


async def test_whoever_loses_the_right_gets_no_further_page(house: House) -> None:
    await house.execute(
        "WITH e AS (INSERT INTO audit_entry (action, actor_kind, client_address, client_agent)"
        " SELECT 'role.changed', 'system', '', '' FROM generate_series(1, 250) RETURNING id)"
        " INSERT INTO audit_waiting SELECT id FROM e"
    )
    admin = Actor(user_id("admin"), "staff", perms=frozenset({"audit.read"}))
    lines = audit_lines(house.api.db, admin, SearchAudit())
    assert [await anext(lines) for _ in range(2)]

    await house.execute("UPDATE app_user SET role = 'agent' WHERE id = $1", user_id("admin"))

    with pytest.raises(NotPermitted):
        await anext(lines)


async def test_taking_the_log_away_is_in_the_log(house: House) -> None:
    await house.api.get("/audit/export", house.act("admin"), person="Joko Widodo")

    (entry,) = await found(house, action="audit.exported")
    assert entry["actor"]["name"] == "Orang Admin"
    assert entry["after"] == {"name": "J…"}


async def test_deleted_and_restored_tickets_are_told_by_their_events(house: House) -> None:
    ticket, agent = uuid7(), house.act("agent")
    actor = PersonRef(id=agent.id, name="Orang Agent", kind="staff")
    facts = example(TicketFacts, id=ticket, number="1234-5678")
    story = [
        event(TicketCreated, ticket=facts),
        event(TicketDeleted, ticket=facts, actor=actor, reason="duplicate"),
        event(TicketRestored, ticket=facts, actor=actor),
    ]
    told = [envelope(e, version, ticket) for version, e in enumerate(story, 1)]

    outcomes = await feed(inbox_of("identity", house.api.db), [*told, *told])

    assert outcomes == ["ignored", "applied", "applied", "skipped", "skipped", "skipped"]
    restored, deleted = await found(house, target="12345678")
    assert (deleted["action"], deleted["after"]) == ("ticket.deleted", None)
    assert deleted["actor"]["name"] == "Orang Agent"
    assert datetime.fromisoformat(deleted["occurred_at"]) == told[1].time
    assert restored["action"] == "ticket.restored"

"""Categories, and what is learnt from identity-service."""

from typing import Any

from shared.events import identity
from shared.events.base import Event
from shared.ids import uuid7
from shared.inbox import Inbox
from tests.builders import envelope, record, staff, user_facts
from tests.integration.ticket.conftest import Desk, Problem
from ticket_service.catalog.handlers import create_default_categories
from ticket_service.directory import queries as directory
from ticket_service.worker import HANDLERS


async def test_the_eight_categories_come_once_and_keep_what_admins_changed(desk: Desk) -> None:
    await desk.api.patch("/categories/down", {"name_en": "Offline"}, desk.agent)
    async with desk.api.db.transaction() as tx:
        await create_default_categories(tx)
    items = (await desk.api.get("/categories", desk.siti)).json()["items"]
    assert [item["slug"] for item in items] == [
        "down",
        "slow",
        "intermittent",
        "wifi",
        "billing",
        "relocation",
        "new-service",
        "other",
    ]
    assert items[0]["name"]["en"] == "Offline"


async def test_a_switched_off_category_takes_no_new_tickets(desk: Desk) -> None:
    ticket = await desk.report(category="wifi")
    await desk.api.patch("/categories/wifi", {"is_active": False}, desk.agent)
    slugs = [i["slug"] for i in (await desk.api.get("/categories", desk.siti)).json()["items"]]
    assert "wifi" not in slugs
    refused = await desk.api.post(
        "/tickets",
        {"subject": "Wi-Fi", "description": "mati", "category": "wifi"},
        desk.siti,
    )
    assert refused.status_code == 422
    kept = await desk.api.get(f"/tickets/{ticket['number']}", desk.siti)
    assert kept.json()["category"]["slug"] == "wifi"


async def test_categories_are_made_by_those_who_may(desk: Desk, problem: Problem) -> None:
    body = {"slug": "tv", "name_id": "TV kabel", "name_en": "Cable TV"}
    assert (await desk.api.post("/categories", body, staff())).status_code == 403
    created = await desk.api.post("/categories", body, desk.agent)
    assert (created.status_code, created.json()["version"]) == (201, 1)
    again = await desk.api.post("/categories", body, desk.agent)
    assert (again.status_code, problem(again)) == (409, "category-exists")
    stale = await desk.api.patch("/categories/tv", {"position": 3}, desk.agent, if_match='"7"')
    assert stale.status_code == 412
    assert (await desk.api.patch("/categories/no", {}, desk.agent)).status_code == 404


async def test_people_are_known_as_identity_last_said(desk: Desk) -> None:
    person = user_facts(name="Rani", avatar_id=uuid7())
    subject, inbox = person.id, Inbox(desk.api.db, "ticket", HANDLERS)

    async def hear(event: Event, version: int) -> None:
        await inbox.receive(record(envelope(event, version, subject)))

    await hear(identity.UserRegistered(user=person), 1)
    renamed = person.model_copy(update={"name": "Rani Aulia"})
    await hear(identity.UserUpdated(user=renamed, changes={"name": ("Rani", "Rani Aulia")}), 2)
    assert await _name(desk, subject) == "Rani Aulia"
    await hear(identity.UserErased(user_id=subject), 3)
    async with desk.api.db.read() as connection:
        row: Any = await connection.fetchrow("SELECT * FROM person WHERE id = $1", subject)
    assert (row["name"], row["email"], row["phone"], row["is_active"]) == ("", "", None, False)
    assert row["avatar_id"] is None


async def test_a_ticket_names_the_pictures_of_its_people(desk: Desk) -> None:
    ticket = await desk.report()
    await desk.does("assign", ticket, assignee_id=str(desk.agent_facts.id))
    await desk.does("replies", ticket, body="Kami periksa.")
    picture = uuid7()
    async with desk.api.db.transaction() as tx:
        worn = desk.agent_facts.model_copy(update={"avatar_id": picture})
        await directory.upsert_person(tx, worn)
    page = f"/tickets/{ticket['number']}"
    seen = (await desk.api.get(page, desk.siti, expand="messages")).json()
    assert seen["assignee"]["avatar_id"] == str(picture)
    assert [each["author"]["avatar_id"] for each in seen["messages"]] == [str(picture)]
    assert seen["requester"]["avatar_id"] is None


async def test_a_snapshot_replaces_what_was_known(desk: Desk) -> None:
    team = desk.team.model_copy(update={"id": uuid7(), "name": "Lapangan"})
    inbox = Inbox(desk.api.db, "ticket", HANDLERS)
    await inbox.receive(record(envelope(identity.TeamSnapshot(team=team), 9, team.id)))
    gone = team.model_copy(update={"is_active": False})
    await inbox.receive(record(envelope(identity.TeamUpdated(team=gone), 10, team.id)))
    ticket = await desk.report()
    answer = await desk.does("assign", ticket, team_id=str(team.id))
    assert answer.status_code == 422


async def test_assignees_are_active_staff(desk: Desk) -> None:
    items = (await desk.api.get("/assignees", desk.agent)).json()["items"]
    assert [item["name"] for item in items] == ["Budi Santoso"]
    assert (await desk.api.get("/assignees", desk.siti)).status_code == 403


async def _name(desk: Desk, user_id: Any) -> str:
    async with desk.api.db.read() as connection:
        return str(await connection.fetchval("SELECT name FROM person WHERE id = $1", user_id))

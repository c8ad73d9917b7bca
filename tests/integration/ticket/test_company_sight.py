"""What people of an organisation see of each other's tickets: nothing, unless their membership says so."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from shared.auth import Actor
from shared.events.identity import OrganisationFacts
from shared.ids import uuid7
from tests.builders import customer, user_facts
from tests.integration.ticket.conftest import Desk, Problem
from ticket_service.directory import queries as directory


@dataclass(frozen=True, slots=True)
class Company:
    """Two people of an organisation, and a ticket of one of them from before and one from since."""

    organisation: UUID
    siti: Actor
    boss: Actor
    before: dict[str, Any]
    since: dict[str, Any]

    def reads(self) -> Actor:
        """The boss, who sees the company's tickets."""
        return replace(self.boss, orgs=(self.organisation,))

    def manages(self) -> Actor:
        """The boss, who also acts for the company."""
        return replace(self.reads(), manages=(self.organisation,))


@pytest.fixture
async def company(desk: Desk) -> Company:
    """Siti has joined PT Maju between two reports."""
    before = await desk.report()
    organisation = OrganisationFacts(id=uuid7(), name="PT Maju")
    assert desk.siti.id is not None
    siti = user_facts(id=desk.siti.id, organisation_id=organisation.id, membership="own")
    boss = user_facts(
        name="Ibu Ratna", organisation_id=organisation.id, membership="company_manage"
    )
    async with desk.api.db.transaction() as tx:
        await directory.upsert_organisation(tx, organisation)
        await directory.upsert_person(tx, siti)
        await directory.upsert_person(tx, boss)
    since = await desk.report()
    return Company(organisation.id, desk.siti, customer(boss.id), before, since)


async def seen(desk: Desk, actor: Actor, **filters: str) -> set[str]:
    """The numbers of the tickets in somebody's list."""
    answer = await desk.api.get("/tickets", actor, **filters)
    assert answer.status_code == 200, answer.text
    return {row["number"] for row in answer.json()["items"]}


async def test_who_sees_only_their_own_sees_nothing_of_the_company(
    desk: Desk, company: Company
) -> None:
    path = f"/tickets/{company.since['number']}"
    assert await seen(desk, company.boss) == set()
    assert (await desk.api.get(path, company.boss)).status_code == 404


async def test_a_company_reader_sees_what_was_opened_for_the_company(
    desk: Desk, company: Company
) -> None:
    reader = company.reads()
    assert await seen(desk, reader) == {company.since["number"]}
    assert await seen(desk, reader, q="LOS") == {company.since["number"]}
    path = f"/tickets/{company.since['number']}"
    shown = (await desk.api.get(path, reader, expand="messages,timeline")).json()
    assert shown["organisation"] == {"id": str(company.organisation), "name": "PT Maju"}
    assert (shown["verbs"], shown["tags"]) == ([], [])
    old = await desk.api.get(f"/tickets/{company.before['number']}", reader)
    assert old.status_code == 404


async def test_a_company_reader_meets_no_internal_note(desk: Desk, company: Company) -> None:
    secret = "tagihannya menunggak"
    await desk.does("notes", company.since, body=secret)
    path = f"/tickets/{company.since['number']}"
    for where in (path, f"{path}/messages", f"{path}/timeline"):
        assert secret not in (await desk.api.get(where, company.manages())).text


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("replies", {"body": "Halo"}),
        ("cancel", {}),
        ("feedback", {"score": 5}),
    ],
)
async def test_a_company_reader_changes_nothing(
    desk: Desk, company: Company, problem: Problem, verb: str, body: dict[str, Any]
) -> None:
    answer = await desk.does(verb, company.since, company.reads(), **body)
    assert (answer.status_code, problem(answer)) == (403, "not-permitted")
    assert len(await desk.events_of(company.since)) == 1


async def test_who_manages_the_company_acts_on_its_tickets_but_rates_none(
    desk: Desk, company: Company, problem: Problem
) -> None:
    boss = company.manages()
    replied = await desk.does("replies", company.since, boss, body="Tolong dipercepat")
    assert replied.status_code == 201
    assert replied.json()["message"]["author"]["name"] == "Ibu Ratna"
    await desk.does("solve", company.since)
    rated = await desk.does("feedback", company.since, boss, score=5)
    assert problem(rated) == "only-requester-rates"
    assert (await desk.does("close", company.since, boss)).status_code == 200
    assert (await desk.does("cancel", company.before, boss)).status_code == 404


async def test_the_counts_stay_ones_own(desk: Desk, company: Company) -> None:
    counts = (await desk.api.get("/tickets/counts", company.reads())).json()
    assert (counts["active"], counts["finished"]) == (0, 0)
    assert await seen(desk, company.reads(), requester=str(company.boss.id)) == set()


async def test_another_company_sees_none_of_it(desk: Desk, company: Company) -> None:
    stranger = replace(desk.joko, orgs=(uuid7(),), manages=(uuid7(),))
    assert await seen(desk, stranger) == set()
    assert await seen(desk, stranger, organisation=str(company.organisation)) == set()
    path = f"/tickets/{company.since['number']}"
    assert (await desk.api.get(path, stranger)).status_code == 404


async def test_staff_find_the_tickets_of_a_company(desk: Desk, company: Company) -> None:
    of_it = await seen(desk, desk.agent, organisation=str(company.organisation))
    assert of_it == {company.since["number"]}


async def test_the_claim_opens_nothing_to_anybody_but_customers(
    desk: Desk, company: Company
) -> None:
    odd = Actor(uuid7(), "staff", orgs=(company.organisation,), manages=(company.organisation,))
    assert await seen(desk, odd) == set()


async def test_what_is_done_in_a_customers_place_names_both(desk: Desk, company: Company) -> None:
    stand_in = replace(company.siti, impersonator=desk.agent_facts.id)
    replied = await desk.does("replies", company.since, stand_in, body="Saya bantu tuliskan")
    assert replied.json()["message"]["author"]["via"] == desk.agent_facts.name
    path = f"/tickets/{company.since['number']}"
    shown = (await desk.api.get(path, company.siti, expand="messages,timeline")).json()
    assert shown["messages"][-1]["author"]["via"] == desk.agent_facts.name
    assert shown["messages"][-1]["author"]["id"] == str(company.siti.id)
    assert shown["timeline"][-1]["actor"]["via"] == desk.agent_facts.name
    async with desk.api.db.read() as connection:
        payload = await connection.fetchval(
            "SELECT payload FROM outbox WHERE type = 'ticket.replied' ORDER BY id DESC LIMIT 1"
        )
    assert f'"via_id":"{desk.agent_facts.id}"' in payload.replace(" ", "")


async def test_nobody_rates_in_a_customers_place(
    desk: Desk, company: Company, problem: Problem
) -> None:
    await desk.does("solve", company.since)
    stand_in = replace(company.siti, impersonator=desk.agent_facts.id)
    path = f"/tickets/{company.since['number']}"
    verbs = [
        "rate" in (await desk.api.get(path, actor)).json()["verbs"]
        for actor in (company.siti, stand_in)
    ]
    rated = await desk.does("feedback", company.since, stand_in, score=5)
    assert (verbs, problem(rated)) == ([True, False], "only-requester-rates")


async def test_what_follows_after_somebody_left_is_out_of_the_companys_sight(
    desk: Desk, company: Company
) -> None:
    await desk.does("solve", company.since)
    await desk.does("close", company.since, company.siti)
    assert company.siti.id is not None
    async with desk.api.db.transaction() as tx:
        await directory.upsert_person(tx, user_facts(id=company.siti.id))

    followed = await desk.does("replies", company.since, company.siti, body="Mati lagi")

    assert followed.status_code == 201, followed.text
    assert len(await seen(desk, company.siti)) == 3
    assert await seen(desk, company.manages()) == {company.since["number"]}

"""The overview over HTTP: what counts, when, and for whom."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from analytics_service.reports.domain import day_of
from analytics_service.reports.queries import overview
from shared.events import identity
from shared.events.ticket import CategoryCreated, CategoryFacts, CategoryUpdated
from shared.ids import uuid7
from shared.inbox import Inbox
from shared.permissions import Permission
from tests.builders import (
    TicketStory,
    agent_facts,
    customer,
    envelope,
    staff,
    user_facts,
)
from tests.fixtures.databases import DatabaseFactory
from tests.fixtures.feeding import feed, inbox_of
from tests.fixtures.http import Api, ApiFactory

JAKARTA = ZoneInfo("Asia/Jakarta")
READER = staff(Permission.REPORT_READ)
NOTHING = {"active": 0, "finished": 0, "new_today": 0, "solved_today": 0}


@pytest.fixture
async def analytics(api: ApiFactory) -> Api:
    return await api("analytics")


@pytest.fixture
def inbox(analytics: Api) -> Inbox:
    return inbox_of("analytics", analytics.db)


async def figures(analytics: Api) -> dict[str, int]:
    answer = await analytics.get("/reports/overview", actor=READER)
    assert answer.status_code == 200
    tickets: dict[str, int] = answer.json()["tickets"]
    return tickets


async def test_with_nothing_learnt_all_figures_are_zero(analytics: Api) -> None:
    answer = await analytics.get("/reports/overview", actor=READER)
    assert answer.status_code == 200
    body = answer.json()
    as_of = datetime.fromisoformat(body.pop("as_of"))
    days = body.pop("days")
    assert len(days) == 30
    assert {(day["created"], day["solved"]) for day in days} == {(0, 0)}
    assert abs(datetime.now(UTC) - as_of) < timedelta(seconds=10)
    assert body == {"agents": 0, "categories": 0, "tickets": NOTHING}


async def test_only_who_may_read_reports_gets_one(analytics: Api) -> None:
    assert (await analytics.get("/reports/overview")).status_code == 401
    for nosy in (customer(), staff(), staff(Permission.TICKET_READ_ALL)):
        refused = await analytics.get("/reports/overview", actor=nosy)
        assert refused.status_code == 403
        assert refused.json()["type"] == "urn:tanggap:not-permitted"


async def test_a_ticket_is_active_then_finished_then_active_again(
    analytics: Api, inbox: Inbox
) -> None:
    story = TicketStory()
    await feed(inbox, [story.created()])
    assert await figures(analytics) == {**NOTHING, "active": 1, "new_today": 1}
    await feed(inbox, [story.replied(), story.updated(status="open"), story.pended(), story.held()])
    assert await figures(analytics) == {**NOTHING, "active": 1, "new_today": 1}
    await feed(inbox, [story.solved()])
    solved = {"active": 0, "finished": 1, "new_today": 1, "solved_today": 1}
    assert await figures(analytics) == solved
    await feed(inbox, [story.closed()])
    assert await figures(analytics) == solved
    await feed(inbox, [story.reopened()])
    assert await figures(analytics) == {**NOTHING, "active": 1, "new_today": 1}
    await feed(inbox, [story.cancelled()])
    assert await figures(analytics) == {**NOTHING, "finished": 1, "new_today": 1}


async def test_merged_and_deleted_tickets_count_nowhere(analytics: Api, inbox: Inbox) -> None:
    merged, deleted = TicketStory(), TicketStory()
    await feed(inbox, [merged.created(), merged.solved(), merged.merged()])
    await feed(inbox, [deleted.created(), deleted.solved(), deleted.deleted()])
    assert await figures(analytics) == NOTHING
    await feed(inbox, [deleted.restored()])
    assert await figures(analytics) == {
        "active": 0,
        "finished": 1,
        "new_today": 1,
        "solved_today": 1,
    }


async def test_a_merged_ticket_that_is_deleted_and_restored_still_counts_nowhere(
    analytics: Api, inbox: Inbox
) -> None:
    story = TicketStory()
    await feed(inbox, [story.created(), story.merged(), story.deleted(), story.restored()])
    assert await figures(analytics) == NOTHING


async def test_today_begins_at_midnight_in_the_portals_time_zone(
    analytics: Api, inbox: Inbox
) -> None:
    now = datetime.now(UTC)
    today, tomorrow = day_of(now, JAKARTA)
    for opened, solved in (
        (today - timedelta(microseconds=1), today - timedelta(microseconds=1)),
        (today - timedelta(microseconds=1), today),
        (today, tomorrow - timedelta(microseconds=1)),
        (today, tomorrow),
    ):
        story = TicketStory()
        await feed(inbox, [story.created(at=opened), story.solved(at=solved)])
    async with analytics.db.read() as connection:
        answer = await overview(connection, now, JAKARTA)
        day_before = await overview(connection, today - timedelta(hours=1), JAKARTA)
    assert (answer.tickets.new_today, answer.tickets.solved_today) == (2, 2)
    assert (day_before.tickets.new_today, day_before.tickets.solved_today) == (2, 1)
    assert answer.tickets.finished == 4


async def test_the_last_days_hold_what_was_opened_and_solved_in_each(
    analytics: Api, inbox: Inbox
) -> None:
    now = datetime.now(UTC)
    today, _ = day_of(now, JAKARTA)
    for days_ago, solved_days_ago in ((0, 0), (1, 0), (29, 1), (30, 29)):
        story = TicketStory()
        opened = story.created(at=today - timedelta(days=days_ago))
        await feed(inbox, [opened, story.solved(at=today - timedelta(days=solved_days_ago))])
    async with analytics.db.read() as connection:
        answer = await overview(connection, now, JAKARTA)
    by_day = [(day.created, day.solved) for day in answer.days]
    assert by_day == [(1, 1), *[(0, 0)] * 27, (1, 1), (1, 2)]
    assert answer.days[-1].day == now.astimezone(JAKARTA).date()
    assert (answer.tickets.new_today, answer.tickets.solved_today) == by_day[-1]


async def test_another_time_zone_counts_other_days(
    api: ApiFactory, database: DatabaseFactory
) -> None:
    db = await database("analytics")
    now = datetime.now(UTC)
    kiritimati, niue = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Niue")
    story = TicketStory()
    start, _ = day_of(now, kiritimati)
    await feed(inbox_of("analytics", db), [story.created(at=start)])
    for zone in (kiritimati, niue):
        here = await api("analytics", db, TIME_ZONE=zone.key)
        begin, end = day_of(datetime.now(UTC), zone)
        assert (await figures(here))["new_today"] == int(begin <= start < end)


async def test_agents_are_active_employees_with_that_role(analytics: Api, inbox: Inbox) -> None:
    agent, technician, leaver, mover = (
        agent_facts(),
        agent_facts(role="technician"),
        agent_facts(),
        agent_facts(),
    )
    people = (agent, technician, leaver, mover, user_facts())
    await feed(
        inbox, [envelope(identity.UserRegistered(user=p), 1, p.id, source="x") for p in people]
    )
    gone = leaver.model_copy(update={"is_active": False})
    await feed(inbox, [envelope(identity.UserDeactivated(user=gone), 2, leaver.id)])
    moved = mover.model_copy(update={"role": "supervisor"})
    changes = {"role": ("agent", "supervisor")}
    await feed(inbox, [envelope(identity.UserUpdated(user=moved, changes=changes), 2, mover.id)])
    body = (await analytics.get("/reports/overview", actor=READER)).json()
    assert body["agents"] == 1
    await feed(inbox, [envelope(identity.UserErased(user_id=agent.id), 2, agent.id)])
    body = (await analytics.get("/reports/overview", actor=READER)).json()
    assert body["agents"] == 0
    async with analytics.db.read() as connection:
        names = await connection.fetchval("SELECT name FROM person WHERE id = $1", agent.id)
    assert names == ""


async def test_only_categories_that_a_ticket_can_get_are_counted(
    analytics: Api, inbox: Inbox
) -> None:
    facts = [
        CategoryFacts(id=uuid7(), slug=slug, name={"id": slug, "en": slug})
        for slug in ("mati", "lambat")
    ]
    await feed(inbox, [envelope(CategoryCreated(category=f), 1, f.id) for f in facts])
    switched_off = facts[0].model_copy(update={"is_active": False})
    await feed(inbox, [envelope(CategoryUpdated(category=switched_off), 2, facts[0].id)])
    body = (await analytics.get("/reports/overview", actor=READER)).json()
    assert body["categories"] == 1

"""The totals are what counting would give, whatever happens, and cost little at any size."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics_service.reports.domain import ACTIVE, FINISHED, day_of, last_days
from analytics_service.reports.queries import DAYS_SHOWN, OVERVIEW
from shared.db import Database
from shared.events.base import Envelope
from tests.builders import TicketStory
from tests.fixtures.databases import DatabaseFactory, Templates
from tests.fixtures.feeding import feed, inbox_of

JAKARTA = ZoneInfo("Asia/Jakarta")
TICKETS = 200_000
PORTION = 20_000
VERBS = (
    "replied",
    "pended",
    "held",
    "solved",
    "closed",
    "cancelled",
    "reopened",
    "merged",
    "deleted",
    "restored",
)

lives = st.lists(st.lists(st.sampled_from(VERBS), max_size=8), min_size=1, max_size=4)


def life(verbs: list[str]) -> list[Envelope]:
    story = TicketStory()
    return [story.created(), *(getattr(story, verb)() for verb in verbs), story.snapshot()]


async def totals(db: Database) -> dict[str, int]:
    async with db.read() as connection:
        rows = await connection.fetch(
            "SELECT status, sum(tickets)::int AS n FROM ticket_total GROUP BY 1"
        )
    return {row["status"]: row["n"] for row in rows if row["n"]}


async def counted(db: Database) -> dict[str, int]:
    async with db.read() as connection:
        rows = await connection.fetch(
            """
            SELECT status, count(*) AS n FROM ticket_fact
            WHERE NOT is_deleted AND status <> 'merged' GROUP BY 1
            """
        )
    return {row["status"]: row["n"] for row in rows}


@given(lives, st.randoms(use_true_random=False))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_the_totals_are_always_what_counting_gives(
    database: DatabaseFactory, verbs: list[list[str]], chance: Any
) -> None:
    db = await database("analytics")
    inbox = inbox_of("analytics", db)
    events = [event for each in verbs for event in life(each)]
    # Twice and out of order, as a broker may bring them; the inbox puts that right.
    shuffled = chance.sample(events, len(events)) + events
    await feed(inbox, shuffled)
    assert await totals(db) == await counted(db)
    async with db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM ticket_fact") == len(verbs)
        assert await connection.fetchval("SELECT count(*) FROM parked") == 0


async def test_a_second_reading_of_everything_changes_nothing(database: DatabaseFactory) -> None:
    db = await database("analytics")
    inbox = inbox_of("analytics", db)
    events = [*life(["solved"]), *life(["merged"]), *life(["deleted", "restored"]), *life([])]
    await feed(inbox, events)
    before = await totals(db)
    assert set(await feed(inbox, events[:-1])) <= {"skipped", "applied"}
    assert await totals(db) == before == {"new": 2, "solved": 1}


async def test_the_overview_reads_little_among_many_tickets(
    database: DatabaseFactory, templates: Templates
) -> None:
    db = await database("analytics")
    now = datetime.now(UTC)
    today, _ = day_of(now, JAKARTA)
    days = last_days(now, JAKARTA, DAYS_SHOWN)
    for first in range(1, TICKETS, PORTION):
        async with db.transaction() as tx:
            await fill(tx, today, first)
    async with templates.owner(db) as owner:
        await owner.execute("ANALYZE ticket_fact")
    async with db.read() as connection:
        explained = await connection.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {OVERVIEW}",
            ACTIVE,
            FINISHED,
            days.begins,
            days.ends,
        )
    plan = json.loads(explained)[0]["Plan"]
    on_facts = [node for node in nodes(plan) if node.get("Relation Name") == "ticket_fact"]
    assert len(on_facts) == 2
    assert {node["Node Type"] for node in on_facts} <= {
        "Index Only Scan",
        "Index Scan",
        "Bitmap Heap Scan",
    }
    # Two hundred opened and a hundred solved today, and what 29 days hold of three years.
    read = sum(node["Actual Rows"] * node["Actual Loops"] for node in on_facts)
    assert 300 < read < 300 + TICKETS / 10
    assert {node["Actual Loops"] for node in on_facts} == {DAYS_SHOWN}


async def fill(tx: Any, today: datetime, first: int) -> None:
    """Three years of tickets, 200 of them opened and 100 solved today."""
    await tx.execute(
        """
        INSERT INTO ticket_fact (id, version, number, status, priority, category, channel,
            requester_id, created_at, solved_at, reopen_count, is_deleted)
        SELECT gen_random_uuid(), 3, n::text, CASE WHEN n % 20 = 0 THEN 'open' ELSE 'closed' END,
            'normal', 'down', 'web', gen_random_uuid(),
            $2::timestamptz - (n > 200)::int * n * interval '470 seconds',
            CASE WHEN n <= 100 OR n % 20 > 0
                THEN $2::timestamptz - (n > 100)::int * n * interval '460 seconds' END,
            0, false
        FROM generate_series($1::int, $3::int) n
        """,
        first,
        today,
        first + PORTION - 1,
    )


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in nodes(child))]


async def test_the_last_score_is_kept_whatever_happens_to_the_ticket(
    database: DatabaseFactory,
) -> None:
    db, story = await database("analytics"), TicketStory()
    inbox = inbox_of("analytics", db)

    async def score() -> int | None:
        async with db.read() as connection:
            found: int | None = await connection.fetchval(
                "SELECT score FROM ticket_fact WHERE id = $1", story.ticket.id
            )
        return found

    for told, kept in (
        (story.created(), None),
        (story.solved(), None),
        (story.rated(2), 2),
        (story.rated(4), 4),
        (story.closed(), 4),
        (story.snapshot(score=3), 3),
    ):
        await feed(inbox, [told])
        assert await score() == kept

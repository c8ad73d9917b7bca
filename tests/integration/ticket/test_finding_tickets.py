"""Lists, words, numbers, pages, counts, and the plans behind them on a large table."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.db import Database
from shared.ids import uuid7
from tests.fixtures.databases import Templates
from tests.integration.ticket.conftest import Desk
from ticket_service.tickets import queries, search
from ticket_service.tickets.search import TicketFilter
from ticket_service.tickets.sight import Sight

NOW = datetime.now(UTC)
EVERYTHING = Sight("all", uuid7(), (), None, False)


async def found(desk: Desk, actor: Any = None, **query: str) -> list[str]:
    answer = await desk.api.get("/tickets", actor or desk.agent, **query)
    assert answer.status_code == 200, answer.text
    return [row["number"] for row in answer.json()["items"]]


async def test_words_are_found_by_their_beginnings_in_subject_and_description(desk: Desk) -> None:
    ticket = await desk.report(subject="Wi-Fi lemot", description="Sinyal hilang di kamar")
    await desk.report()
    for words in ("lemot", "sinya", "KAMAR hilang", "wi-fi"):
        assert await found(desk, desk.siti, q=words) == [ticket["number"]]
    assert await found(desk, desk.siti, q="lemot dapur") == []


@pytest.mark.parametrize("words", ["':*", "a & | !", "lemot')--", '"', "\\", "%_", "ñ", "🙂 lemot"])
async def test_no_typed_character_is_an_operator(desk: Desk, words: str) -> None:
    await desk.report()
    answer = await desk.api.get("/tickets", desk.agent, q=words)
    assert answer.status_code in (200, 422)
    if answer.status_code == 422:
        assert answer.json()["errors"][0]["code"] == "no_words"


async def test_a_number_finds_its_ticket_and_a_slip_is_told(desk: Desk) -> None:
    ticket = await desk.report()
    plain = ticket["number"].replace("-", "")
    assert await found(desk, desk.siti, q=ticket["number"]) == [ticket["number"]]
    assert await found(desk, desk.siti, q=plain) == [ticket["number"]]
    assert await found(desk, desk.joko, q=plain) == []
    slip = plain[:-1] + str((int(plain[-1]) + 1) % 10)
    answer = await desk.api.get("/tickets", desk.siti, q=slip)
    assert answer.status_code == 422
    assert answer.json()["errors"][0] == {
        "pointer": "?q",
        "detail": "This ticket number has a typing mistake. Please check its digits.",
        "code": "ticket_number_mistyped",
        "params": {},
    }
    path = await desk.api.get(f"/tickets/{slip}", desk.siti)
    assert path.status_code == 404
    assert path.json()["type"] == "urn:tanggap:ticket-number-mistyped"


async def test_staff_find_tickets_by_the_customers_name_phone_and_mail(desk: Desk) -> None:
    ticket = await desk.report()
    await desk.report(desk.joko)
    for words in ("siti rah", "+628123456"):
        assert await found(desk, q=words) == [ticket["number"]]


async def test_filters_narrow_the_list(desk: Desk) -> None:
    first, second = await desk.report(), await desk.report(desk.joko, category="billing")
    await desk.does("assign", first, assignee_id=str(desk.agent.id), team_id=str(desk.team.id))
    await desk.does("close", second)
    one, two = [first["number"]], [second["number"]]
    assert await found(desk, status="active") == one
    assert await found(desk, status="finished") == two
    assert await found(desk, status="open,pending") == one
    assert await found(desk, assignee="me") == one
    assert await found(desk, assignee="none") == two
    assert await found(desk, team="mine") == one
    assert await found(desk, category="billing") == two
    assert await found(desk, requester=str(desk.joko.id)) == two
    assert await found(desk, created_from="2020-01-01T00:00:00Z", sort="created") == one + two
    assert await found(desk, created_to="2020-01-01T00:00:00Z") == []
    assert await found(desk, solved_from="2020-01-01T00:00:00Z") == two
    assert await found(desk, solved_to="2020-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "query",
    [
        {"status": "lost"},
        {"sort": "priority"},
        {"limit": "0"},
        {"limit": "101"},
        {"cursor": "nonsense"},
        {"assignee": "someone"},
        {"colour": "red"},
        {"created_from": "yesterday"},
        {"solved_from": "yesterday"},
    ],
)
async def test_unknown_filters_are_named(desk: Desk, query: dict[str, str]) -> None:
    answer = await desk.api.get("/tickets", desk.agent, **query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"?{next(iter(query))}"


@pytest.mark.parametrize("sort", ["-created", "created", "-updated"])
async def test_pages_hold_every_ticket_once(desk: Desk, sort: str) -> None:
    numbers = {(await desk.report())["number"] for _ in range(7)}
    pages, cursor = [], {}
    while True:
        answer = (await desk.api.get("/tickets", desk.siti, limit="3", sort=sort, **cursor)).json()
        pages.append([row["number"] for row in answer["items"]])
        if answer["next"] is None:
            break
        cursor = {"cursor": answer["next"]}
    assert [len(page) for page in pages] == [3, 3, 1]
    assert {number for page in pages for number in page} == numbers


async def test_messages_come_in_pages(desk: Desk) -> None:
    ticket = await desk.report()
    for i in range(5):
        await desk.does("replies", ticket, desk.siti, body=f"pesan {i}")
    path = f"/tickets/{ticket['number']}/messages"
    first = (await desk.api.get(path, desk.siti, limit="3")).json()
    second = (await desk.api.get(path, desk.siti, limit="3", cursor=first["next"])).json()
    bodies = [m["body"] for page in (first, second) for m in page["items"]]
    assert bodies == [f"pesan {i}" for i in range(5)]
    assert second["next"] is None


async def test_counts_agree_with_the_lists_behind_them(desk: Desk) -> None:
    tickets = [await desk.report() for _ in range(5)]
    await desk.does("assign", tickets[0], assignee_id=str(desk.agent.id))
    await desk.does("assign", tickets[1], team_id=str(desk.team.id))
    await desk.does("solve", tickets[2])
    await desk.does("merge", tickets[3], into=tickets[4]["number"])
    counts = (await desk.api.get("/tickets/counts", desk.agent)).json()
    assert counts["active"] == len(await found(desk, status="active")) == 3
    assert counts["unassigned"] == len(await found(desk, status="active", assignee="none")) == 2
    assert counts["mine"] == len(await found(desk, status="active", assignee="me")) == 1
    assert counts["team"] == len(await found(desk, status="active", team="mine")) == 1
    assert counts["finished"] == len(await found(desk, status="finished")) == 1
    own = (await desk.api.get("/tickets/counts", desk.siti)).json()
    assert (own["active"], own["finished"]) == (3, 1)


async def test_staff_counts_end_where_nobody_reads_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "COUNTED_TO", 2)
    for _ in range(3):
        await desk.report()
    counts = (await desk.api.get("/tickets/counts", desk.agent)).json()
    assert (counts["unassigned"], counts["active"], counts["mine"]) == (2, 2, 0)


async def test_lists_read_only_their_page_of_a_large_table(
    desk: Desk, templates: Templates
) -> None:
    await _fill(desk.api.db, templates, 60_000)
    plans = {
        "queue": TicketFilter(status="active"),
        "unassigned": TicketFilter(status="active", assignee="none"),
        "all": TicketFilter(),
        "by update": TicketFilter(sort="-updated"),
        "one category": TicketFilter(category="billing"),
        "opened lately": TicketFilter(created_from=NOW - timedelta(hours=1)),
        "solved lately": TicketFilter(solved_from=NOW - timedelta(hours=1)),
        "rare words": TicketFilter(q="seribu"),
        "common words": TicketFilter(q="internet"),
    }
    for name, wanted in plans.items():
        assert await _rows_read(desk.api.db, wanted, EVERYTHING) < 2_000, name
    customer = Sight("own", desk.siti.id, (), None, False)
    assert await _rows_read(desk.api.db, TicketFilter(), customer) < 200


async def _fill(db: Database, templates: Templates, count: int) -> None:
    """Tickets of two years, one in a hundred of them active."""
    async with db.transaction() as tx:
        await tx.execute("SET LOCAL statement_timeout = '60s'")
        await tx.execute(
            """
            INSERT INTO ticket (id, version, number, subject, description, status, priority,
                category_id, channel, requester_id, link_id, link_expires_at, created_at, updated_at,
                solved_at)
            SELECT uuidv7(make_interval(mins => i - $1)), 1, lpad((i * 37 % 100000000)::text, 8, '0'),
                'Internet mati ' || i, CASE WHEN i % 1000 = 0 THEN 'seribu' ELSE 'biasa' END,
                CASE WHEN i % 100 = 0 THEN 'new' ELSE 'closed' END, 'normal',
                (SELECT id FROM category ORDER BY (i + position) % 8 LIMIT 1), 'web',
                gen_random_uuid(), gen_random_uuid(), now(),
                now() + make_interval(mins => i - $1), now() + make_interval(mins => i - $1),
                CASE WHEN i % 100 > 0 THEN now() + make_interval(mins => i - $1) END
            FROM generate_series(1, $1) i
            """,
            count,
        )
    async with templates.owner(db) as owner:
        await owner.execute("VACUUM ANALYZE ticket")


async def _rows_read(db: Database, wanted: TicketFilter, sight: Sight) -> int:
    """How many rows the plan of a list really touched, by EXPLAIN ANALYZE."""
    plans: list[Any] = []

    class Explaining:
        def __init__(self, connection: Any) -> None:
            self._connection = connection

        async def fetch(self, sql: str, *values: Any) -> list[Any]:
            text = await self._connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *values)
            plans.extend(json.loads(text))
            return list(await self._connection.fetch(sql, *values))

    async with db.read() as connection:
        await search.tickets_found(Explaining(connection), wanted, sight)  # type: ignore[arg-type]
    return max(rows for plan in plans for rows in _touched(plan["Plan"]))


def _touched(plan: dict[str, Any]) -> list[int]:
    rows = plan["Actual Rows"] * plan["Actual Loops"] + plan.get("Rows Removed by Filter", 0)
    below = [n for child in plan.get("Plans", []) for n in _touched(child)]
    return [int(rows), *below]

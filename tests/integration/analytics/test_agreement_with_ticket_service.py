"""The figures are exactly what ticket-service's own lists show, after any day's work."""

import random
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from analytics_service.reports.domain import day_of
from shared.permissions import Permission
from tests.builders import admin, customer, staff
from tests.fixtures.feeding import feed, inbox_of, outbox_of
from tests.fixtures.http import Api, ApiFactory

JAKARTA = ZoneInfo("Asia/Jakarta")
BOSS = admin()
TICKETS = 30
STEPS = 120
STATE_VERBS = ("pend", "hold", "solve", "solve", "close", "cancel", "reopen", "restore")
VERBS = (*STATE_VERBS, "merge", "delete", "replies", "notes")


async def test_the_figures_agree_with_the_lists(api: ApiFactory) -> None:
    tickets, analytics = await api("ticket"), await api("analytics")
    await work_at_random(tickets, random.Random(20260115))
    await feed(inbox_of("analytics", analytics.db), await outbox_of(tickets.db))
    actor = staff(Permission.REPORT_READ)
    overview = (await analytics.get("/reports/overview", actor=actor)).json()
    active = await listed(tickets, status="active")
    finished = await listed(tickets, status="finished")
    begin, end = day_of(datetime.now(UTC), JAKARTA)
    opened = [t for t in [*active, *finished] if begin <= moment(t["created_at"]) < end]
    assert overview["tickets"] == {
        "active": len(active),
        "finished": len(finished),
        "new_today": len(opened),
        "solved_today": await solved_since(tickets, finished, begin),
    }
    begun = begin.isoformat()
    assert overview["tickets"]["new_today"] == len(await listed(tickets, created_from=begun))
    assert overview["tickets"]["solved_today"] == len(await listed(tickets, solved_from=begun))
    assert 0 < len(active) < TICKETS and len(finished) > 0
    categories = (await tickets.get("/categories", actor=customer())).json()["items"]
    assert overview["categories"] == len(categories)


async def work_at_random(tickets: Api, chance: random.Random) -> None:
    """Open tickets and do to them whatever comes; refusals are part of the day."""
    categories = (await tickets.get("/categories", actor=BOSS)).json()["items"]
    await tickets.patch(f"/categories/{categories[-1]['slug']}", {"is_active": False}, BOSS)
    numbers = []
    for n in range(TICKETS):
        body = {
            "subject": f"Keluhan {n}",
            "description": "Internet mati",
            "category": chance.choice(categories[:-1])["slug"],
        }
        answer = await tickets.post("/tickets", body, customer())
        assert answer.status_code == 201
        numbers.append(answer.json()["number"])
    answers = [await step(tickets, chance, numbers) for _ in range(STEPS)]
    assert answers.count(True) > STEPS / 3


async def step(tickets: Api, chance: random.Random, numbers: list[str]) -> bool:
    number, other = chance.sample(numbers, 2)
    verb = chance.choice(VERBS)
    path = f"/tickets/{number}"
    if verb == "delete":
        answer = await tickets.delete(path, {"reason": "salah kirim"}, BOSS)
    elif verb == "merge":
        answer = await tickets.post(f"{path}/merge", {"into": other}, BOSS)
    elif verb in ("replies", "notes"):
        answer = await tickets.post(f"{path}/{verb}", {"body": "Sedang kami cek."}, BOSS)
    else:
        answer = await tickets.post(f"{path}/{verb}", {}, BOSS)
    assert answer.status_code < 500 and answer.status_code not in (401, 403, 422), answer.text
    return answer.is_success


async def listed(tickets: Api, **wanted: str) -> list[dict[str, Any]]:
    answer = await tickets.get("/tickets", BOSS, limit="100", **wanted)
    assert answer.status_code == 200
    assert answer.json()["next"] is None
    rows: list[dict[str, Any]] = answer.json()["items"]
    return rows


async def solved_since(tickets: Api, rows: list[dict[str, Any]], begin: datetime) -> int:
    pages = [(await tickets.get(f"/tickets/{row['number']}", BOSS)).json() for row in rows]
    return sum(1 for p in pages if p["solved_at"] and moment(p["solved_at"]) >= begin)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)

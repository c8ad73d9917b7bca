"""Opening tickets: what is written, what is refused, what happens twice."""

import asyncio
from typing import Any

import pytest

from shared.ids import uuid7
from shared.permissions import Permission
from tests.builders import staff
from tests.integration.ticket.conftest import REPORT, Desk, Problem


async def test_a_report_becomes_a_ticket_with_number_team_and_first_event(desk: Desk) -> None:
    answer = await desk.api.post(
        "/tickets",
        REPORT | {"impact": "down", "service_line_id": str(desk.siti_line.id)},
        desk.siti,
    )
    ticket = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/tickets/{ticket['number']}"
    assert answer.headers["etag"] == '"1"'
    assert (ticket["status"], ticket["priority"], ticket["version"]) == ("new", "urgent", 1)
    assert ticket["service_line"]["number"] == "0312-001"
    assert ticket["area"]["name"] == "ODP Rungkut 1"
    assert ticket["requester"]["name"] == "Siti Rahma"
    assert await desk.events_of(ticket) == [(1, "ticket.created")]


async def test_the_answer_to_opening_is_what_reading_answers(desk: Desk) -> None:
    opened = await desk.report(service_line_id=str(desk.siti_line.id))
    read = (await desk.api.get(f"/tickets/{opened['number']}", desk.siti)).json()
    assert read == opened


async def test_a_category_s_team_gets_its_tickets(desk: Desk) -> None:
    path = "/categories/down"
    answer = await desk.api.patch(path, {"team_id": str(desk.team.id)}, desk.agent)
    assert answer.status_code == 200
    ticket = await desk.report()
    assert ticket["team"] == {"id": str(desk.team.id), "name": "NOC"}


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"subject": None}, "/subject", "string_type"),
        ({"subject": "ab"}, "/subject", "string_too_short"),
        ({"subject": "x" * 151}, "/subject", "string_too_long"),
        ({"description": "x" * 10_001}, "/description", "string_too_long"),
        ({"description": "   "}, "/description", "string_too_short"),
        ({"description": "a\0b"}, "/description", "characters"),
        ({"category": "nonsense"}, "/category", "unknown_category"),
        ({"impact": "total"}, "/impact", "literal_error"),
        ({"service_line_id": str(uuid7())}, "/service_line_id", "unknown_service_line"),
        ({"status": "closed"}, "/status", "extra_forbidden"),
        ({"requester_id": str(uuid7())}, "/requester_id", "extra_forbidden"),
        ({"priority": "urgent"}, "/priority", "extra_forbidden"),
    ],
)
async def test_bad_fields_are_named(
    desk: Desk, change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await desk.api.post("/tickets", REPORT | change, desk.siti)
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert (await desk.api.get("/tickets", desk.siti)).json()["items"] == []


async def test_nobody_reports_on_somebody_elses_line(desk: Desk) -> None:
    body = REPORT | {"service_line_id": str(desk.siti_line.id)}
    answer = await desk.api.post("/tickets", body, desk.joko)
    assert answer.status_code == 422


async def test_the_same_report_twice_at_once_is_one_ticket(desk: Desk) -> None:
    answers = await asyncio.gather(
        *(desk.api.post("/tickets", REPORT, desk.siti, idempotency_key="a1") for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len((await desk.api.get("/tickets", desk.siti)).json()["items"]) == 1


async def test_a_key_used_for_another_report_is_refused(desk: Desk, problem: Problem) -> None:
    await desk.api.post("/tickets", REPORT, desk.siti, idempotency_key="a1")
    other = REPORT | {"subject": "Lain sama sekali"}
    answer = await desk.api.post("/tickets", other, desk.siti, idempotency_key="a1")
    assert (answer.status_code, problem(answer)) == (422, "key-reused")


async def test_two_people_may_use_the_same_key(desk: Desk) -> None:
    first = await desk.api.post("/tickets", REPORT, desk.siti, idempotency_key="a1")
    second = await desk.api.post("/tickets", REPORT, desk.joko, idempotency_key="a1")
    assert first.json()["number"] != second.json()["number"]


async def test_an_agent_opens_a_ticket_for_a_caller(desk: Desk) -> None:
    body = REPORT | {"requester_id": str(desk.siti.id), "priority": "low"}
    answer = await desk.api.post("/tickets/for-caller", body, desk.agent)
    ticket = answer.json()
    assert (ticket["channel"], ticket["priority"]) == ("staff", "low")
    seen = (await desk.api.get(f"/tickets/{ticket['number']}", desk.siti)).json()
    assert seen["requester"]["id"] == str(desk.siti.id)


async def test_tickets_for_callers_need_the_right_and_a_customer(desk: Desk) -> None:
    body = REPORT | {"requester_id": str(desk.siti.id)}
    reader = staff(Permission.TICKET_READ_ALL)
    assert (await desk.api.post("/tickets/for-caller", body, desk.joko)).status_code == 403
    assert (await desk.api.post("/tickets/for-caller", body, reader)).status_code == 403
    unknown = REPORT | {"requester_id": str(uuid7())}
    assert (await desk.api.post("/tickets/for-caller", unknown, desk.agent)).status_code == 422


async def test_a_taken_number_is_drawn_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await desk.report()
    taken = first["number"].replace("-", "")
    draws = iter([taken, taken, "00005724"])
    monkeypatch.setattr("ticket_service.tickets.handlers.draw_number", lambda: next(draws))
    assert (await desk.report())["number"] == "0000-5724"


async def test_malformed_json_is_told_as_such(desk: Desk, problem: Problem) -> None:
    token = desk.api.tokens.token_for(desk.siti, "ticket-service")
    answer = await desk.api.client.post(
        "/tickets",
        content=b'{"subject": ',
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    assert (answer.status_code, problem(answer)) == (400, "malformed")


@pytest.mark.parametrize("says_its_length", [True, False])
async def test_a_body_over_one_megabyte_is_refused(
    desk: Desk, problem: Problem, says_its_length: bool
) -> None:
    token = desk.api.tokens.token_for(desk.siti, "ticket-service")
    content = b'{"subject": "' + b"x" * 1_100_000 + b'"}'

    async def in_pieces() -> Any:
        for start in range(0, len(content), 65_536):
            yield content[start : start + 65_536]

    answer = await desk.api.client.post(
        "/tickets",
        content=content if says_its_length else in_pieces(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    assert (answer.status_code, problem(answer)) == (413, "too-large")

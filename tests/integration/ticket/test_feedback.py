"""Customers say how it went: once it is over, for a while, as often as they change their mind."""

from typing import Any
from uuid import UUID

import pytest

from shared.auth import Actor
from shared.events.ticket import TicketSnapshot
from tests.integration.ticket.conftest import Desk, Problem
from ticket_service.worker import ticket_snapshots


async def solved(desk: Desk) -> dict[str, Any]:
    ticket = await desk.report()
    await desk.does("solve", ticket)
    return ticket


async def test_a_rating_is_told_shown_and_kept(desk: Desk) -> None:
    ticket = await solved(desk)
    answer = await desk.does("feedback", ticket, desk.siti, score=4, comment="  Cepat sekali ")
    assert answer.status_code == 200
    feedback = answer.json()["feedback"]
    assert feedback == {"score": 4, "comment": "Cepat sekali", "at": feedback["at"]}
    assert answer.headers["etag"] == '"3"'
    assert (await desk.events_of(ticket))[-1] == (3, "ticket.rated")
    for actor in (desk.siti, desk.agent):
        page = await desk.api.get(f"/tickets/{ticket['number']}", actor, expand="timeline")
        assert page.json()["feedback"] == feedback
        entry = page.json()["timeline"][-1]
        assert (entry["type"], entry["data"]) == ("ticket.rated", {"score": 4})
        assert entry["actor"]["name"] == "Siti Rahma"


async def test_a_rating_can_be_changed_and_a_comment_left_out(desk: Desk) -> None:
    ticket = await solved(desk)
    await desk.does("feedback", ticket, desk.siti, score=5, comment="Bagus")
    await desk.does("close", ticket, desk.siti)
    answer = await desk.does("feedback", ticket, desk.siti, score=2)
    assert (answer.json()["feedback"]["score"], answer.json()["feedback"]["comment"]) == (2, None)
    kinds = [kind for _, kind in await desk.events_of(ticket)]
    assert kinds.count("ticket.rated") == 2


async def test_who_says_the_same_again_has_said_nothing(desk: Desk) -> None:
    ticket = await solved(desk)
    first = await desk.does("feedback", ticket, desk.siti, score=5, comment="Bagus")
    again = await desk.does("feedback", ticket, desk.siti, score=5, comment=" Bagus ")
    assert (again.status_code, again.json()) == (200, first.json())
    kinds = [kind for _, kind in await desk.events_of(ticket)]
    assert kinds.count("ticket.rated") == 1


async def test_a_rating_is_changed_ten_times_and_then_stays(desk: Desk, problem: Problem) -> None:
    ticket = await solved(desk)
    for number in range(11):
        answer = await desk.does("feedback", ticket, desk.siti, score=5 - number % 2)
        assert answer.status_code == 200
    answer = await desk.does("feedback", ticket, desk.siti, score=1)
    assert (answer.status_code, problem(answer)) == (409, "rating-changed-too-often")
    assert (await desk.does("feedback", ticket, desk.siti, score=5)).status_code == 200


async def test_a_signed_link_may_rate(desk: Desk) -> None:
    ticket = await solved(desk)
    link = Actor(desk.siti.id, "link", link=UUID(ticket["id"]))
    shown = (await desk.api.get(f"/tickets/{ticket['number']}", link)).json()
    assert "rate" in shown["verbs"]
    assert (await desk.does("feedback", ticket, link, score=3)).status_code == 200


async def test_only_the_requester_rates_and_only_what_has_ended(
    desk: Desk, problem: Problem
) -> None:
    ticket = await desk.report()
    early = await desk.does("feedback", ticket, desk.siti, score=5)
    assert (early.status_code, problem(early)) == (409, "wrong-state")
    await desk.does("solve", ticket)
    agent = await desk.does("feedback", ticket, desk.agent, score=5)
    assert (agent.status_code, problem(agent)) == (403, "only-requester-rates")
    assert (await desk.does("feedback", ticket, desk.joko, score=5)).status_code == 404
    async with desk.api.db.transaction() as tx:
        await tx.execute("UPDATE ticket SET solved_at = now() - interval '31 days'")
    late = await desk.does("feedback", ticket, desk.siti, score=5)
    assert (late.status_code, problem(late)) == (409, "rating-period-is-over")
    page = (await desk.api.get(f"/tickets/{ticket['number']}", desk.siti)).json()
    assert (page["feedback"], "rate" in page["verbs"]) == (None, False)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/score"),
        ({"score": 0}, "/score"),
        ({"score": 6}, "/score"),
        ({"score": 4.5}, "/score"),
        ({"score": 5, "comment": "x" * 2001}, "/comment"),
        ({"score": 5, "comment": "a\u0000b"}, "/comment"),
        ({"score": 5, "at": "2020-01-01"}, "/at"),
    ],
)
async def test_a_rating_is_one_to_five_with_few_words(
    desk: Desk, body: dict[str, Any], pointer: str
) -> None:
    ticket = await solved(desk)
    answer = await desk.does("feedback", ticket, desk.siti, **body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_lost_race_is_told(desk: Desk) -> None:
    ticket = await solved(desk)
    path = f"/tickets/{ticket['number']}/feedback"
    answer = await desk.api.post(path, {"score": 5}, desk.siti, if_match='"1"')
    assert answer.status_code == 412


async def test_a_snapshot_says_the_score(desk: Desk) -> None:
    rated, plain = await solved(desk), await desk.report()
    await desk.does("feedback", rated, desk.siti, score=4)
    async with desk.api.db.transaction() as tx:
        told = {str(id_): event async for id_, _, event in ticket_snapshots(tx)}
    scores = {id_: e.score for id_, e in told.items() if isinstance(e, TicketSnapshot)}
    assert scores == {rated["id"]: 4, plain["id"]: None}

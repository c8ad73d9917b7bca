"""Verbs, edits, replies and notes: states, versions, events, lost races."""

import asyncio
from typing import Any

import pytest

from shared.auth import Actor
from shared.ids import uuid7
from tests.integration.ticket.conftest import Desk, Problem


async def test_a_tickets_whole_life_takes_one_version_for_each_event(desk: Desk) -> None:
    ticket = await desk.report()
    await desk.does("assign", ticket, assignee_id=str(desk.agent.id))
    await desk.does("replies", ticket, body="Kami periksa, ya.")
    await desk.does("pend", ticket, note="Mohon foto modem")
    await desk.does("replies", ticket, desk.siti, body="Ini fotonya")
    await desk.does("solve", ticket)
    await desk.does("reopen", ticket, desk.siti)
    await desk.does("solve", ticket)
    await desk.does("close", ticket, desk.siti)
    events = await desk.events_of(ticket)
    assert [version for version, _ in events] == list(range(1, len(events) + 1))
    assert [kind.removeprefix("ticket.") for _, kind in events] == [
        "created",
        "updated",
        "replied",
        "pended",
        "replied",
        "updated",
        "solved",
        "reopened",
        "solved",
        "closed",
    ]
    page = (await desk.api.get(f"/tickets/{ticket['number']}", desk.siti)).json()
    assert (page["status"], page["reopen_count"], page["version"]) == ("closed", 1, len(events))


async def test_a_wrong_state_change_is_a_conflict_and_changes_nothing(
    desk: Desk, problem: Problem
) -> None:
    ticket = await desk.report()
    await desk.does("close", ticket)
    before = await desk.events_of(ticket)
    answer = await desk.does("pend", ticket)
    assert (answer.status_code, problem(answer)) == (409, "wrong-state")
    assert answer.json()["params"] == {"status": "closed", "verb": "pend"}
    assert await desk.events_of(ticket) == before


async def test_of_two_people_saving_at_once_one_is_told(desk: Desk, problem: Problem) -> None:
    ticket = await desk.report()
    path = f"/tickets/{ticket['number']}"
    first, second = await asyncio.gather(
        desk.api.patch(path, {"priority": "low"}, desk.agent, if_match='"1"'),
        desk.api.patch(path, {"subject": "Lain dari yang lain"}, desk.agent, if_match='"1"'),
    )
    lost = first if first.status_code == 412 else second
    assert {first.status_code, second.status_code} == {200, 412}
    assert problem(lost) == "ticket-changed-meanwhile"
    assert lost.json()["params"] == {"version": 2}


async def test_an_edit_names_unknown_values(desk: Desk) -> None:
    ticket = await desk.report()
    path = f"/tickets/{ticket['number']}"
    for body, pointer in (
        ({"category": "nonsense"}, "/category"),
        ({"priority": "extreme"}, "/priority"),
        ({"tags": ["two words"]}, "/tags/0"),
        ({"status": "closed"}, "/status"),
    ):
        answer = await desk.api.patch(path, body, desk.agent)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_an_edit_keeps_what_is_not_named_and_tags_once(desk: Desk) -> None:
    ticket = await desk.report()
    path = f"/tickets/{ticket['number']}"
    body = {"category": "billing", "tags": ["Los", "los", "wfh"]}
    answer = (await desk.api.patch(path, body, desk.agent)).json()
    assert answer["category"]["slug"] == "billing"
    assert answer["tags"] == ["los", "wfh"]
    assert answer["subject"] == ticket["subject"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"assignee_id": str(uuid7())}, "/assignee_id"),
        ({"team_id": str(uuid7())}, "/team_id"),
        ({}, ""),
    ],
)
async def test_a_ticket_is_given_to_known_colleagues_and_teams_only(
    desk: Desk, body: dict[str, Any], pointer: str
) -> None:
    ticket = await desk.report()
    answer = await desk.does("assign", ticket, **body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_customer_is_never_an_assignee(desk: Desk) -> None:
    ticket = await desk.report()
    answer = await desk.does("assign", ticket, assignee_id=str(desk.joko.id))
    assert answer.status_code == 422


async def test_a_ticket_can_be_taken_away_again(desk: Desk) -> None:
    ticket = await desk.report()
    await desk.does("assign", ticket, assignee_id=str(desk.agent.id), team_id=str(desk.team.id))
    answer = (await desk.does("assign", ticket, assignee_id=None)).json()
    assert answer["assignee"] is None
    assert answer["team"]["name"] == "NOC"


async def test_a_late_reply_of_the_customer_opens_a_linked_follow_up(desk: Desk) -> None:
    ticket = await desk.report()
    await desk.does("close", ticket)
    reply = (await desk.does("replies", ticket, desk.siti, body="Mati lagi")).json()
    assert reply["number"] != ticket["number"]
    page = (await desk.api.get(f"/tickets/{reply['number']}", desk.siti)).json()
    assert (page["follows"], page["status"]) == (ticket["number"], "new")
    old = (await desk.api.get(f"/tickets/{ticket['number']}", desk.siti)).json()
    assert old["status"] == "closed"


async def test_a_reply_can_end_the_turn(desk: Desk) -> None:
    ticket = await desk.report()
    answer = await desk.does("replies", ticket, body="Sudah kami perbaiki.", then="solve")
    assert answer.status_code == 201
    page = (await desk.api.get(f"/tickets/{ticket['number']}", desk.siti)).json()
    assert page["status"] == "solved"


async def test_the_same_reply_twice_is_written_once(desk: Desk) -> None:
    ticket = await desk.report()
    path = f"/tickets/{ticket['number']}/replies"
    for _ in range(3):
        await desk.api.post(path, {"body": "Halo"}, desk.siti, idempotency_key="r1")
    found = (await desk.api.get(f"/tickets/{ticket['number']}/messages", desk.siti)).json()
    assert [message["body"] for message in found["items"]] == ["Halo"]


async def test_merging_sends_the_reader_on(desk: Desk, problem: Problem) -> None:
    first, second = await desk.report(), await desk.report()
    answer = await desk.does("merge", second, into=first["number"])
    assert answer.json()["merged_into"] == first["number"]
    refused = await desk.does("replies", second, desk.siti, body="Halo?")
    assert (refused.status_code, problem(refused)) == (409, "ticket-is-merged")
    listed = (await desk.api.get("/tickets", desk.siti)).json()["items"]
    assert [row["number"] for row in listed] == [first["number"]]


async def test_merge_targets_are_authorised_like_paths(desk: Desk) -> None:
    ticket = await desk.report()
    assert (await desk.does("merge", ticket, into="0000-5724")).status_code == 422
    assert (await desk.does("merge", ticket, into=ticket["number"])).status_code == 409


async def test_a_deleted_ticket_is_gone_for_its_customer_until_it_is_restored(desk: Desk) -> None:
    ticket = await desk.report()
    path = f"/tickets/{ticket['number']}"
    assert (await desk.api.delete(path, {}, desk.agent)).status_code == 422
    deleted = await desk.api.delete(path, {"reason": "salah kirim"}, desk.agent)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await desk.api.get(path, desk.siti)).status_code == 404
    assert (await desk.api.get("/tickets", desk.siti)).json()["items"] == []
    kept = (await desk.api.get(path, desk.agent)).json()
    assert (kept["is_deleted"], kept["deleted_reason"], kept["verbs"]) == (
        True,
        "salah kirim",
        ["restore"],
    )
    assert (await desk.api.post(f"{path}/restore", None, desk.agent)).status_code == 200
    assert (await desk.api.get(path, desk.siti)).json()["status"] == "new"


async def test_the_page_of_a_long_story_shows_its_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticket_service.tickets.handlers._EXPANDED_ENTRIES", 2)
    ticket = await desk.report()
    for _ in range(3):
        await desk.does("notes", ticket, body="Lihat")
    page = await desk.api.get(f"/tickets/{ticket['number']}", desk.agent, expand="timeline")
    assert [entry["version"] for entry in page.json()["timeline"]] == [3, 4]


async def test_the_timeline_tells_what_happened_in_order(desk: Desk) -> None:
    ticket = await desk.report()
    await desk.does("assign", ticket, assignee_id=str(desk.agent.id))
    await desk.does("notes", ticket, body="cek OLT")
    await desk.does("solve", ticket, note="Kabel diganti")
    path = f"/tickets/{ticket['number']}/timeline"
    kinds = await _kinds(desk, path, desk.agent)
    assert kinds == ["ticket.created", "ticket.updated", "ticket.replied", "ticket.solved"]
    assert await _kinds(desk, path, desk.siti) == [
        "ticket.created",
        "ticket.updated",
        "ticket.solved",
    ]


async def _kinds(desk: Desk, path: str, actor: Actor) -> list[str]:
    return [entry["type"] for entry in (await desk.api.get(path, actor)).json()["items"]]

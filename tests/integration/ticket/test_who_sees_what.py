"""Nobody sees or touches what is not theirs; somebody else's ticket answers like none at all."""

import json
from typing import Any

import pytest

from shared.auth import ANONYMOUS, Actor
from shared.ids import uuid7
from shared.links import LinkKeys, sign_link
from shared.permissions import Permission
from tests.builders import GATEWAY, now, staff
from tests.fixtures.environment import LINK_KEYS
from tests.integration.ticket.conftest import REPORT, Desk

NO_ATTACHMENT = "0192a000-0000-7000-8000-00000000abcd"
ON_ONE_TICKET: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "", None),
    ("GET", "/messages", None),
    ("GET", "/timeline", None),
    ("PATCH", "", {"priority": "low"}),
    ("DELETE", "", {"reason": "coba-coba"}),
    ("POST", "/restore", None),
    ("POST", "/replies", {"body": "halo"}),
    ("POST", "/notes", {"body": "halo"}),
    ("POST", "/assign", {"assignee_id": None}),
    ("POST", "/merge", {"into": "0000-5724"}),
    ("POST", "/feedback", {"score": 5}),
    *(("POST", f"/{verb}", {}) for verb in ("pend", "hold", "solve", "close", "cancel", "reopen")),
]
ELSEWHERE: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "/tickets", None),
    ("GET", "/tickets/counts", None),
    ("POST", "/tickets", REPORT),
    ("POST", "/tickets/for-caller", REPORT | {"requester_id": str(uuid7())}),
    ("GET", "/categories", None),
    ("POST", "/categories", {"slug": "baru", "name_id": "Baru", "name_en": "New"}),
    ("PATCH", "/categories/down", {"name_en": "Down"}),
    ("GET", "/assignees", None),
    ("GET", "/own-data", None),
    ("POST", "/links/open", {"token": "x"}),
    ("POST", "/attachments", None),
    ("GET", f"/attachments/{NO_ATTACHMENT}", None),
    ("GET", f"/attachments/{NO_ATTACHMENT}/thumbnail", None),
]


def test_every_route_is_in_these_tables(desk: Desk) -> None:
    routes = {
        (method.upper(), path)
        for path, methods in _openapi(desk)["paths"].items()
        for method in methods
    }
    tested = {(m, f"/tickets/{{number}}{p}") for m, p, _ in ON_ONE_TICKET} | {
        (method, path.replace("/down", "/{slug}").replace(NO_ATTACHMENT, "{id}"))
        for method, path, _ in ELSEWHERE
    }
    states = {"pend", "hold", "solve", "close", "cancel", "reopen"}
    tested = {
        (m, "/tickets/{number}/{verb}" if p.rpartition("/")[2] in states else p) for m, p in tested
    }
    assert routes == tested


@pytest.mark.parametrize(("method", "path", "body"), ON_ONE_TICKET)
async def test_a_foreign_ticket_answers_exactly_like_an_unknown_one(
    desk: Desk, method: str, path: str, body: dict[str, Any] | None
) -> None:
    mine = await desk.report()
    for outsider in (desk.joko, staff(*_all_but_sight())):
        foreign = await desk.api.request(
            method, f"/tickets/{mine['number']}{path}", actor=outsider, json=body
        )
        unknown = await desk.api.request(
            method, f"/tickets/0000-5724{path}", actor=outsider, json=body
        )
        assert foreign.status_code == unknown.status_code
        assert foreign.status_code in (403, 404)
        assert foreign.content == unknown.content
    assert len(await desk.events_of(mine)) == 1


@pytest.mark.parametrize(("method", "path", "body"), [*ON_ONE_TICKET, *ELSEWHERE])
async def test_without_a_token_there_is_nothing(
    desk: Desk, method: str, path: str, body: dict[str, Any] | None
) -> None:
    ticket = await desk.report()
    whole = (
        path
        if path.startswith(("/tickets", "/c", "/a", "/l", "/o"))
        and (
            method,
            path,
            body,
        )
        in ELSEWHERE
        else f"/tickets/{ticket['number']}{path}"
    )
    answer = await desk.api.request(method, whole, actor=ANONYMOUS, json=body)
    bare = await desk.api.client.request(method, whole, json=body)
    assert (answer.status_code, bare.status_code) == (401, 401)


@pytest.mark.parametrize(
    ("method", "path", "body", "needed"),
    [
        ("PATCH", "", {"priority": "low"}, Permission.TICKET_EDIT),
        ("DELETE", "", {"reason": "coba-coba"}, Permission.TICKET_DELETE),
        ("POST", "/notes", {"body": "halo"}, Permission.TICKET_NOTE),
        ("POST", "/replies", {"body": "halo"}, Permission.TICKET_REPLY),
        ("POST", "/assign", {"assignee_id": None}, Permission.TICKET_ASSIGN),
        ("POST", "/merge", {"into": "0000-5724"}, Permission.TICKET_MERGE),
        ("POST", "/solve", {}, Permission.TICKET_CHANGE_STATE),
    ],
)
async def test_each_verb_needs_its_right(
    desk: Desk, method: str, path: str, body: dict[str, Any], needed: Permission
) -> None:
    ticket = await desk.report()
    almost = staff(*(set(Permission) - {needed}))
    answer = await desk.api.request(
        method, f"/tickets/{ticket['number']}{path}", actor=almost, json=body
    )
    assert answer.status_code == 403
    assert len(await desk.events_of(ticket)) == 1


async def test_a_customer_never_meets_an_internal_note(desk: Desk) -> None:
    secret = "tagihannya menunggak"
    ticket = await desk.report()
    await desk.does("notes", ticket, body=secret)
    path = f"/tickets/{ticket['number']}"
    answers = [
        await desk.api.get(path, desk.siti, expand="messages,timeline"),
        await desk.api.get(f"{path}/messages", desk.siti),
        await desk.api.get(f"{path}/timeline", desk.siti),
        await desk.api.get("/tickets", desk.siti),
        await desk.api.get("/tickets", desk.siti, q="menunggak"),
    ]
    assert all(answer.status_code == 200 for answer in answers)
    assert not any(secret in answer.text or "internal" in answer.text for answer in answers)
    assert answers[-1].json()["items"] == []
    async with desk.api.db.read() as connection:
        payloads = await connection.fetch("SELECT payload FROM outbox")
    assert not any(secret in row["payload"] for row in payloads)
    shown = await desk.api.get(f"{path}/messages", desk.agent)
    assert shown.json()["items"][0]["body"] == secret


async def test_customers_see_no_tags_and_only_public_changes(desk: Desk) -> None:
    ticket = await desk.report()
    path = f"/tickets/{ticket['number']}"
    body = {"tags": ["penunggak"], "priority": "low", "subject": "Judul baru saja"}
    await desk.api.patch(path, body, desk.agent)
    seen = await desk.api.get(path, desk.siti, expand="timeline")
    assert seen.json()["tags"] == []
    assert "penunggak" not in seen.text
    assert seen.json()["timeline"][-1]["data"]["changes"] == {
        "subject": ["Internet mati", "Judul baru saja"]
    }


async def test_staff_with_sight_of_their_team_see_that_and_their_own(desk: Desk) -> None:
    technician = staff(
        Permission.TICKET_READ_TEAM, user_id=desk.agent_facts.id, teams=(desk.team.id,)
    )
    of_team, of_nobody, assigned = [await desk.report() for _ in range(3)]
    await desk.does("assign", of_team, team_id=str(desk.team.id))
    await desk.does("assign", assigned, assignee_id=str(desk.agent_facts.id))
    seen = (await desk.api.get("/tickets", technician)).json()["items"]
    assert {row["number"] for row in seen} == {of_team["number"], assigned["number"]}
    for ticket, status in ((of_team, 200), (assigned, 200), (of_nobody, 404)):
        answer = await desk.api.get(f"/tickets/{ticket['number']}", technician)
        assert answer.status_code == status


async def test_a_signed_link_opens_its_one_ticket_for_reading_and_replying(desk: Desk) -> None:
    ticket, other = await desk.report(), await desk.report()
    async with desk.api.db.read() as connection:
        link_id = await connection.fetchval(
            "SELECT link_id FROM ticket WHERE id = $1", ticket["id"]
        )
    later = now().replace(year=now().year + 1)
    token = sign_link(LinkKeys.parse(LINK_KEYS), "ticket", link_id, later)
    opened = await desk.api.post("/links/open", {"token": token}, GATEWAY)
    assert opened.json()["number"] == ticket["number"]
    bearer = Actor(desk.siti.id, "link", link=opened.json()["ticket_id"])
    path = f"/tickets/{ticket['number']}"
    assert (await desk.api.get(path, bearer)).json()["verbs"] == ["reply"]
    assert (await desk.api.post(f"{path}/replies", {"body": "Halo"}, bearer)).status_code == 201
    assert (await desk.api.get(f"/tickets/{other['number']}", bearer)).status_code == 404
    assert (await desk.api.post("/tickets", REPORT, bearer)).status_code == 403
    assert (await desk.api.post(f"{path}/cancel", {}, bearer)).status_code == 403


@pytest.mark.parametrize("token", ["", "x", "a.b.c.d", "0" * 32 + ".9999999999.test.AAAA"])
async def test_a_forged_link_opens_nothing(desk: Desk, token: str) -> None:
    answer = await desk.api.post("/links/open", {"token": token}, GATEWAY)
    assert answer.status_code == 404
    assert (await desk.api.post("/links/open", {"token": token}, desk.agent)).status_code == 401


def _all_but_sight() -> set[Permission]:
    return set(Permission) - {Permission.TICKET_READ_ALL, Permission.TICKET_READ_TEAM}


def _openapi(desk: Desk) -> dict[str, Any]:
    from shared.service import openapi
    from ticket_service.main import SERVICE

    document: dict[str, Any] = json.loads(json.dumps(openapi(SERVICE)))
    return document

"""`If-None-Match`: what the asker has is not sent again, and what they may not see is not confirmed."""

import httpx
import pytest

from tests.integration.ticket.conftest import Desk


async def test_a_ticket_is_not_sent_again_until_it_changes(desk: Desk) -> None:
    ticket = await desk.report()
    path = f"/tickets/{ticket['number']}"
    first = await desk.api.get(path, desk.siti, expand="messages,timeline")
    tag = first.headers["ETag"]
    for known in (tag, f"W/{tag}", f'"0", {tag}'):
        again = await desk.api.request(
            "GET", path, actor=desk.siti, headers={"If-None-Match": known}
        )
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    await desk.does("assign", ticket, assignee_id=str(desk.agent.id))
    changed = await desk.api.request("GET", path, actor=desk.siti, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.json()["assignee"]["id"] == str(desk.agent.id)


async def test_a_known_tag_opens_nobody_elses_ticket(desk: Desk) -> None:
    ticket = await desk.report()
    path = f"/tickets/{ticket['number']}"
    tag = (await desk.api.get(path, desk.siti)).headers["ETag"]
    for headers in ({}, {"If-None-Match": tag}, {"If-None-Match": "*"}):
        answer = await desk.api.request("GET", path, actor=desk.joko, headers=headers)
        assert answer.status_code == 404


@pytest.mark.parametrize("expand", ["", "counts"])
async def test_a_list_is_not_sent_again_until_anything_in_it_reads_differently(
    desk: Desk, expand: str
) -> None:
    ticket = await desk.report()
    query = {"expand": expand} if expand else {}
    tag = (await desk.api.get("/tickets", desk.agent, **query)).headers["ETag"]

    async def asked_again() -> httpx.Response:
        known = {"If-None-Match": tag}
        return await desk.api.request(
            "GET", "/tickets", actor=desk.agent, params=query, headers=known
        )

    assert (await asked_again()).status_code == 304
    await desk.does("assign", ticket, assignee_id=str(desk.agent.id))
    changed = await asked_again()
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


async def test_counts_come_with_the_list_when_asked_for(desk: Desk) -> None:
    await desk.report()
    listed = (await desk.api.get("/tickets", desk.agent, expand="counts")).json()
    assert listed["counts"] == (await desk.api.get("/tickets/counts", desk.agent)).json()
    assert (await desk.api.get("/tickets", desk.agent)).json()["counts"] is None

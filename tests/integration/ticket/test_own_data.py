"""A copy of one's own tickets is whole, and holds nothing internal and nobody else's."""

from dataclasses import replace
from uuid import uuid4

from tests.integration.ticket.conftest import Desk


async def test_one_gets_ones_tickets_with_what_was_said(desk: Desk) -> None:
    mine = await desk.report(subject="Modem mati")
    await desk.report(desk.joko, subject="Milik Joko")
    await desk.does("replies", mine, body="Kami periksa.")
    await desk.does("notes", mine, body="RAHASIA")
    await desk.does("solve", mine, note="Beres")
    await desk.does("feedback", mine, desk.siti, score=4, comment="Lumayan")

    answer = await desk.api.get("/own-data", desk.siti)

    (ticket,) = answer.json()["items"]
    assert (ticket["number"], ticket["subject"]) == (mine["number"], "Modem mati")
    assert [message["body"] for message in ticket["messages"]] == ["Kami periksa."]
    assert "ticket.solved" in {entry["type"] for entry in ticket["history"]}
    assert (ticket["score"], ticket["comment"]) == (4, "Lumayan")
    assert "RAHASIA" not in answer.text and "Joko" not in answer.text


async def test_tickets_come_in_pages(desk: Desk) -> None:
    numbers = [(await desk.report())["number"] for _ in range(3)]
    first = (await desk.api.get("/own-data", desk.siti, limit="2")).json()
    rest = (await desk.api.get("/own-data", desk.siti, limit="2", cursor=first["next"])).json()
    assert [t["number"] for t in first["items"] + rest["items"]] == numbers
    assert rest["next"] is None


async def test_a_link_and_somebody_in_anothers_place_get_none(desk: Desk) -> None:
    ticket = await desk.report()
    for actor in (
        replace(desk.siti, kind="link", link=ticket["id"]),
        replace(desk.siti, impersonator=uuid4()),
    ):
        assert (await desk.api.get("/own-data", actor)).status_code == 403
    assert (await desk.api.get("/own-data")).status_code == 401

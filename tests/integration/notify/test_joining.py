"""Quick further news are held and joined into one mail; what must not wait does not."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.events import identity
from shared.ids import uuid7
from tests.builders import TicketStory, now, person, ticket_facts
from tests.fixtures.waiting import eventually
from tests.integration.notify.conftest import Office, by_rule

WINDOW = 1.5


@pytest.fixture
def quick(office: Office) -> Office:
    """An office that holds news for a moment only."""
    office.policy = replace(office.policy, join_seconds=WINDOW)
    return office


def ticket_of(requester: identity.UserFacts, number: str = "12345678", **facts: Any) -> TicketStory:
    return TicketStory(
        ticket=ticket_facts(
            number=number,
            requester_id=requester.id,
            link_expires_at=now() + timedelta(days=180),
            **facts,
        )
    )


def answer(text: str) -> dict[str, Any]:
    return {"actor": person("staff"), "body": text}


async def test_the_first_of_quick_news_leaves_at_once_and_the_others_together(
    quick: Office,
) -> None:
    siti = await quick.person()
    ticket = ticket_of(siti)
    quick.start()
    await quick.receive(ticket.replied(**answer("satu")))
    await eventually(lambda: quick.sink.mails(siti.email))
    await quick.receive(
        ticket.replied(**answer("dua")), ticket.pended(), ticket.replied(**answer("tiga"))
    )
    await asyncio.sleep(WINDOW / 3)
    assert len(quick.sink.mails(siti.email)) == 1
    await quick.all_settled()
    first, joined = quick.sink.mails(siti.email)
    assert "satu" in first.text
    assert joined.subject.startswith("Tiket 1234-5678: 3 kabar baru")
    assert joined.text.index("dua") < joined.text.index("jawaban Anda") < joined.text.index("tiga")
    assert joined.headers["In-Reply-To"] == first.headers["Message-ID"]
    held = by_rule(await quick.intents(channel="email"), "replied")[1:]
    assert {i["state"] for i in await quick.intents(channel="email")} == {"sent"}
    assert {i["mail_id"] for i in held} == {held[0]["id"]}


async def test_one_held_message_goes_out_as_itself(quick: Office) -> None:
    siti = await quick.person()
    ticket = ticket_of(siti)
    quick.start()
    await quick.receive(ticket.replied(**answer("satu")), ticket.replied(**answer("dua")))
    await quick.all_settled()
    assert len({mail.subject for mail in quick.sink.mails(siti.email)}) == 1


async def test_after_the_window_news_leave_at_once_again(quick: Office) -> None:
    siti = await quick.person()
    ticket = ticket_of(siti)
    quick.start()
    await quick.receive(ticket.replied(**answer("satu")))
    await asyncio.sleep(WINDOW + 0.1)
    await quick.receive(ticket.replied(**answer("dua")))
    [_, second] = await quick.intents(channel="email")
    assert second["leaves_at"] == second["created_at"]


async def test_receipts_solved_and_closed_are_never_held(quick: Office) -> None:
    siti = await quick.person()
    ticket = ticket_of(siti)
    await quick.receive(
        ticket.created(), ticket.replied(**answer("satu")), ticket.solved(), ticket.closed()
    )
    rows = await quick.intents(channel="email")
    assert all(i["leaves_at"] == i["created_at"] for i in rows)


async def test_what_is_held_leaves_before_a_message_that_is_never_held(quick: Office) -> None:
    siti = await quick.person()
    ticket = ticket_of(siti)
    await quick.receive(
        ticket.replied(**answer("satu")), ticket.replied(**answer("dua")), ticket.solved()
    )
    quick.start()
    await eventually(lambda: len(quick.sink.mails(siti.email)) == 3, seconds=WINDOW)
    texts = [mail.text for mail in quick.sink.mails(siti.email)]
    assert "satu" in texts[0] and "dua" in texts[1]


async def test_news_about_different_tickets_are_not_joined(quick: Office) -> None:
    siti = await quick.person()
    first, second = ticket_of(siti, "12345678"), ticket_of(siti, "87654321")
    await quick.receive(first.replied(**answer("satu")), second.replied(**answer("dua")))
    rows = await quick.intents(channel="email")
    assert all(i["leaves_at"] == i["created_at"] for i in rows)


async def test_many_new_tickets_become_one_mail_that_lists_them(quick: Office) -> None:
    team = uuid7()
    agent = await quick.person(kind="staff", role="agent", team_ids=(team,))
    siti = await quick.person()
    at_once = quick.policy.new_tickets_at_once
    for number in range(at_once + 40):
        await quick.receive(ticket_of(siti, f"{number:08d}", team_id=team).created())
    quick.start()
    await quick.all_settled()
    mails = quick.sink.mails(agent.email)
    assert len(mails) == at_once + 1
    joined = mails[-1]
    assert joined.subject == "40 tiket baru untuk tim Anda"
    assert f"/admin/tickets/0000-00{at_once:02d}" in joined.text
    assert joined.text.count("/admin/tickets/0000-") == 30
    assert "10 tiket lain" in joined.text
    assert len(quick.sink.mails(siti.email)) == at_once + 40


async def test_a_joined_message_that_fails_for_good_fails_all_that_it_carries(
    quick: Office,
) -> None:
    siti = await quick.person()
    ticket = ticket_of(siti)
    await quick.receive(*(ticket.replied(**answer(text)) for text in ("satu", "dua", "tiga")))
    quick.sink.misbehave(refuse=550)
    quick.start()
    await quick.all_settled()
    assert [i["state"] for i in await quick.intents(channel="email")] == ["failed"] * 3


async def test_a_joined_message_that_is_tried_again_carries_the_same(quick: Office) -> None:
    siti = await quick.person()
    ticket = ticket_of(siti)
    quick.start(retry_scale=0.04)
    await quick.receive(ticket.replied(**answer("satu")))
    await eventually(lambda: quick.sink.mails(siti.email))
    quick.sink.misbehave(refuse=451, times=1)
    await quick.receive(ticket.replied(**answer("dua")), ticket.replied(**answer("tiga")))
    await eventually(lambda: not quick.sink.receiver.faults.times)
    await quick.receive(ticket.replied(**answer("empat")))
    await quick.all_settled()
    joined = next(mail for mail in quick.sink.mails(siti.email) if "dua" in mail.text)
    assert "tiga" in joined.text and "empat" not in joined.text
    assert any("empat" in mail.text for mail in quick.sink.mails(siti.email))

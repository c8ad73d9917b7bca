"""A ticket as a parcel: where it is, in words of customers, and what happened on the way."""

from typing import Any

import pytest

from gateway.customer.progress import Event, events, progress, situation, story
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream

WORDS = {
    "new": "Laporan Anda sudah kami terima",
    "open": "Dewi Lestari sedang menanganinya",
    "pending": "Kami menunggu jawaban Anda",
    "on_hold": "Segera dilanjutkan",
    "solved": "Sudah normal kembali?",
    "cancelled": "Laporan ini Anda batalkan",
    "merged": "Dilanjutkan di tiket lain",
}


def updated(at: str, **changes: list[Any]) -> samples.Record:
    return samples.entry(type="ticket.updated", at=at, data={"changes": changes})


@pytest.mark.parametrize(("status", "words"), WORDS.items())
async def test_each_state_says_what_happens_now(
    visitor: Visitor, upstream: Upstream, status: str, words: str
) -> None:
    upstream.answers("GET", "/tickets/[0-9-]+", samples.ticket(status=status))
    page = await visitor.as_customer().get(f"/tickets/{samples.NUMBER}")
    assert words in page.text


def test_a_ticket_without_a_name_is_with_all_of_us() -> None:
    assert situation(samples.ticket(status="open")) == "in_hands"
    assert situation(samples.ticket(status="open", assignee=None)) == "open"
    assert situation(samples.ticket(status="pending")) == "pending"


def test_steps_know_when_they_were_reached() -> None:
    taken = updated("2026-11-23T03:00:00Z", assignee=[None, "Dewi"], status=["new", "open"])
    ticket = samples.ticket(timeline=[samples.entry(), taken])
    assert [(step.name, step.state, step.at) for step in progress(ticket)] == [
        ("received", "done", samples.AT),
        ("working", "now", "2026-11-23T03:00:00Z"),
        ("solved", "ahead", None),
        ("closed", "ahead", None),
    ]


def test_a_closed_ticket_has_every_step_behind_it() -> None:
    steps = progress(samples.ticket(status="closed", solved_at=samples.AT, closed_at=samples.AT))
    assert {step.state for step in steps} == {"done"}


def test_a_ticket_that_left_the_way_has_no_steps() -> None:
    assert progress(samples.ticket(status="cancelled")) == []
    assert progress(samples.ticket(status="merged")) == []


def test_customers_hear_of_what_concerns_them() -> None:
    timeline = [
        samples.entry(),
        updated("1", status=["new", "open"]),
        updated("2", assignee=[None, "Dewi"], status=["open", "open"]),
        updated("3", assignee=["Dewi", None]),
        updated("4", tags=[[], ["los"]]),
        samples.entry(type="ticket.replied", at="5"),
        samples.entry(type="ticket.solved", at="6", data={"note": "Kabel disambung."}),
    ]
    assert events(timeline) == [
        Event("working", "1"),
        Event("assigned", "2", "Dewi"),
        Event("solved", "6", note="Kabel disambung."),
    ]


def test_the_story_runs_in_the_order_of_time() -> None:
    first = samples.message(body="satu", created_at="2026-11-23T02:00:00Z")
    last = samples.message(body="dua", created_at="2026-11-23T04:00:00Z")
    taken = updated("2026-11-23T03:00:00Z", assignee=[None, "Dewi"])
    told = story([first, last], [samples.entry(), taken])
    assert told == [first, Event("assigned", "2026-11-23T03:00:00Z", "Dewi"), last]


async def test_a_rating_is_asked_for_only_where_it_can_be_given(
    visitor: Visitor, upstream: Upstream
) -> None:
    visitor.as_customer()
    page = await visitor.get(f"/tickets/{samples.NUMBER}")
    assert 'name="score"' not in page.text
    upstream.answers("GET", "/tickets/[0-9-]+", samples.ticket(verbs=["rate"], status="solved"))
    page = await visitor.get(f"/tickets/{samples.NUMBER}")
    assert page.text.count('name="score"') == 5
    assert 'method="post" action="/tickets/1234-5674/feedback"' in page.text


async def test_a_given_rating_is_shown_to_who_gave_it(visitor: Visitor, upstream: Upstream) -> None:
    given = {"score": 4, "comment": "Cepat & ramah", "at": samples.AT}
    ticket = samples.ticket(verbs=[], status="closed", feedback=given)
    upstream.answers("GET", "/tickets/[0-9-]+", ticket)
    page = await visitor.as_customer().get(f"/tickets/{samples.NUMBER}")
    assert "4 dari 5" in page.text
    assert "Cepat &amp; ramah" in page.text

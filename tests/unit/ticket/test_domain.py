"""The rules of a ticket, as plain calls."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from shared.auth import Actor
from shared.errors import Conflict
from shared.events.ticket import PersonRef, Status, TicketRated
from shared.ids import uuid7
from shared.permissions import Permission
from tests.builders import admin, customer
from ticket_service.tickets import domain
from ticket_service.tickets.domain import Message, Rated, Said, Step, Ticket, Verb

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)
AGENT = PersonRef(id=uuid7(), name="Budi", kind="staff")
CUSTOMER = PersonRef(id=uuid7(), name="Siti", kind="customer")
NOT_YET = Rated(None, 0)
STATES: tuple[Status, ...] = get_args(Status)


def a_ticket(**given: Any) -> Ticket:
    usual = Ticket(
        id=uuid7(),
        version=3,
        number="12345671",
        subject="Internet mati",
        description="Lampu merah",
        status="new",
        priority="high",
        category_id=uuid7(),
        category="down",
        category_name={"id": "Internet mati", "en": "No internet"},
        channel="web",
        requester_id=CUSTOMER.id or uuid7(),
        requester_name="Siti",
        link_id=uuid7(),
        link_expires_at=AT,
        created_at=AT,
        updated_at=AT,
    )
    return replace(usual, **given)


def rate(
    ticket: Ticket,
    by: PersonRef,
    at: datetime,
    score: int,
    comment: str | None = None,
    before: Rated = NOT_YET,
) -> Step:
    return domain.rate(ticket, by, Said(score, comment), before, at)


def said(ticket: Ticket, by: PersonRef, visibility: Any = "public", body: str = "Halo") -> Message:
    return Message(uuid7(), ticket.id, by, visibility, body, LATER)


@pytest.mark.parametrize("status", STATES)
@pytest.mark.parametrize("verb", get_args(Verb))
def test_staff_verbs_start_from_the_states_of_the_table_and_from_no_other(
    verb: Verb, status: Status
) -> None:
    sources, target, event = domain.TRANSITIONS[verb]
    ticket = a_ticket(status=status)
    if status in sources:
        step = domain.change_state(ticket, verb, AGENT, "", LATER)
        assert step.ticket.status == target
        assert [type(e) for e in step.written] == [event]
        assert step.ticket.version == ticket.version + 1
    else:
        with pytest.raises((domain.WrongState, domain.TicketIsMerged)):
            domain.change_state(ticket, verb, AGENT, "", LATER)


@pytest.mark.parametrize("status", STATES)
@pytest.mark.parametrize("verb", get_args(Verb))
def test_customers_may_cancel_what_is_active_and_confirm_or_reopen_what_is_solved(
    verb: Verb, status: Status
) -> None:
    allowed = {("cancel", s) for s in domain.ACTIVE} | {("close", "solved"), ("reopen", "solved")}
    ticket = a_ticket(status=status)
    if (verb, status) in allowed:
        assert domain.change_state(ticket, verb, CUSTOMER, "", LATER).ticket.status != status
    else:
        with pytest.raises((domain.WrongState, domain.TicketIsMerged)):
            domain.change_state(ticket, verb, CUSTOMER, "", LATER)


def test_the_first_word_of_staff_begins_the_work() -> None:
    ticket = a_ticket()
    step = domain.reply(ticket, said(ticket, AGENT), AGENT)
    assert (step.ticket.status, step.ticket.first_replied_at) == ("open", LATER)
    assert [e.TYPE for e in step.written] == ["ticket.replied", "ticket.updated"]
    assert step.ticket.version == ticket.version + 2


def test_a_second_reply_of_staff_leaves_the_time_of_the_first() -> None:
    ticket = a_ticket(status="open", first_replied_at=AT)
    step = domain.reply(ticket, said(ticket, AGENT), AGENT)
    assert step.ticket.first_replied_at == AT
    assert len(step.written) == 1


@pytest.mark.parametrize("status", ["pending", "on_hold"])
def test_a_customers_reply_wakes_a_waiting_ticket(status: Status) -> None:
    ticket = a_ticket(status=status)
    step = domain.reply(ticket, said(ticket, CUSTOMER), CUSTOMER)
    assert step.ticket.status == "open"
    assert step.ticket.last_message_by == "customer"


def test_a_customers_reply_reopens_a_solved_ticket() -> None:
    ticket = a_ticket(status="solved", solved_at=AT)
    step = domain.reply(ticket, said(ticket, CUSTOMER), CUSTOMER)
    assert (step.ticket.status, step.ticket.reopen_count) == ("open", 1)
    assert step.ticket.solved_at is None
    assert [e.TYPE for e in step.written] == ["ticket.replied", "ticket.reopened"]


@pytest.mark.parametrize("status", ["closed", "cancelled"])
def test_a_customers_reply_after_the_end_belongs_into_a_follow_up(status: Status) -> None:
    ticket = a_ticket(status=status)
    assert domain.opens_follow_up(ticket, CUSTOMER)
    assert not domain.opens_follow_up(ticket, AGENT)
    with pytest.raises(domain.WrongState):
        domain.reply(ticket, said(ticket, AGENT), AGENT)


def test_the_text_of_a_note_is_in_no_event() -> None:
    ticket = a_ticket(status="open")
    step = domain.note(ticket, said(ticket, AGENT, "internal", "rahasia"), AGENT)
    (event,) = step.written
    assert "rahasia" not in event.model_dump_json()
    assert domain.visibility_of(event) == "internal"


def test_an_edit_that_changes_nothing_writes_no_event() -> None:
    ticket = a_ticket()
    step = domain.edit(ticket, AGENT, LATER, subject=ticket.subject, priority=ticket.priority)
    assert step.written == ()
    assert step.ticket == ticket


def test_an_edit_says_the_old_and_the_new_value() -> None:
    step = domain.edit(a_ticket(), AGENT, LATER, priority="low", tags=("los",))
    (event,) = step.written
    assert event.model_dump()["changes"] == {"priority": ("high", "low"), "tags": ([], ["los"])}
    assert domain.visibility_of(event) == "internal"


def test_giving_a_new_ticket_to_a_person_opens_it_in_one_event() -> None:
    ticket = a_ticket()
    step = domain.assign(ticket, AGENT, LATER, assignee=(AGENT.id, "Budi"), team=(None, ""))
    (event,) = step.written
    assert step.ticket.status == "open"
    assert event.model_dump()["changes"] == {
        "assignee": (None, "Budi"),
        "status": ("new", "open"),
    }
    assert domain.visibility_of(event) == "public"


def test_a_ticket_cannot_be_merged_into_itself() -> None:
    ticket = a_ticket(status="open")
    with pytest.raises(domain.CannotMergeIntoItself):
        domain.merge(ticket, ticket, AGENT, LATER)


def test_nothing_can_be_done_with_a_merged_ticket_but_read_it() -> None:
    ticket = a_ticket(status="merged", merged_into_id=uuid7())
    with pytest.raises(domain.TicketIsMerged):
        domain.edit(ticket, AGENT, LATER, subject="Lain")
    with pytest.raises(domain.TicketIsMerged):
        domain.reply(ticket, said(ticket, CUSTOMER), CUSTOMER)


def test_a_deleted_ticket_can_only_be_restored() -> None:
    step = domain.delete(a_ticket(status="open"), AGENT, "salah kirim", LATER)
    with pytest.raises(domain.TicketIsDeleted):
        domain.change_state(step.ticket, "solve", AGENT, "", LATER)
    with pytest.raises(domain.TicketIsDeleted):
        domain.delete(step.ticket, AGENT, "lagi", LATER)
    restored = domain.restore(step.ticket, AGENT, LATER).ticket
    assert (restored.status, restored.deleted_at, restored.deleted_reason) == ("open", None, None)


@pytest.mark.parametrize(
    ("impact", "urgency", "priority"),
    [
        ("down", "high", "urgent"),
        ("down", "normal", "high"),
        ("degraded", "normal", "normal"),
        ("intermittent", "low", "low"),
        (None, "low", "low"),
        (None, "high", "normal"),
    ],
)
def test_priority_follows_from_impact_and_urgency(impact: Any, urgency: Any, priority: str) -> None:
    assert domain.priority_for(impact, urgency) == priority


@pytest.mark.parametrize("status", STATES)
def test_the_verbs_that_a_page_shows_are_the_verbs_that_work(status: Status) -> None:
    ticket = a_ticket(status=status, merged_into_id=uuid7())
    for actor, person in ((admin(), AGENT), (customer(ticket.requester_id), CUSTOMER)):
        shown = set(domain.verbs_for(ticket, actor, LATER)) & set(get_args(Verb))
        works = {verb for verb in get_args(Verb) if _works(ticket, verb, person)}
        assert shown == works


def test_staff_without_rights_are_shown_no_verbs() -> None:
    reader = Actor(uuid7(), "staff", frozenset({str(Permission.TICKET_READ_ALL)}))
    assert domain.verbs_for(a_ticket(status="open"), reader, LATER) == []


def test_long_texts_are_cut_between_characters() -> None:
    cut = domain.cut("é" * 20_000)
    assert len(cut.encode()) <= 20 * 1024
    assert set(cut) == {"é"}


def _works(ticket: Ticket, verb: Verb, person: PersonRef) -> bool:
    try:
        domain.change_state(ticket, verb, person, "", LATER)
    except (domain.WrongState, domain.TicketIsMerged):
        return False
    return True


@pytest.mark.parametrize("status", STATES)
def test_only_what_ended_well_can_be_rated(status: Status) -> None:
    ended = AT if status in ("solved", "closed", "cancelled") else None
    ticket = a_ticket(status=status, solved_at=ended, closed_at=ended, merged_into_id=uuid7())
    requester = customer(ticket.requester_id)
    if status in ("solved", "closed"):
        step = rate(ticket, CUSTOMER, LATER, 4)
        (event,) = step.written
        assert isinstance(event, TicketRated)
        assert (event.score, event.comment, step.ticket.version) == (4, None, ticket.version + 1)
        assert step.ticket.status == status
    else:
        with pytest.raises(Conflict):
            rate(ticket, CUSTOMER, LATER, 4)
    shown = "rate" in domain.verbs_for(ticket, requester, LATER)
    assert shown == (status in ("solved", "closed"))


def test_a_rating_can_be_changed_for_thirty_days_and_not_longer() -> None:
    ticket = a_ticket(status="closed", solved_at=AT - timedelta(days=9), closed_at=AT)
    requester = customer(ticket.requester_id)
    last = AT + timedelta(days=30)
    assert rate(ticket, CUSTOMER, last, 1, "lambat").written
    assert "rate" in domain.verbs_for(ticket, requester, last)
    with pytest.raises(domain.RatingPeriodIsOver):
        rate(ticket, CUSTOMER, last + timedelta(seconds=1), 1)
    assert "rate" not in domain.verbs_for(ticket, requester, last + timedelta(seconds=1))


def test_the_same_rating_again_is_none_and_ten_changes_are_enough() -> None:
    ticket = a_ticket(status="solved", solved_at=AT)
    for times in (1, 10, 11):
        before = Rated(Said(4, "cepat"), times)
        assert rate(ticket, CUSTOMER, LATER, 4, "cepat", before) == Step(ticket)
    assert rate(ticket, CUSTOMER, LATER, 5, "cepat", Rated(Said(4, None), 10)).written
    with pytest.raises(domain.RatingChangedTooOften):
        rate(ticket, CUSTOMER, LATER, 5, "cepat", Rated(Said(4, None), 11))


def test_nobody_rates_in_place_of_the_requester() -> None:
    ticket = a_ticket(status="solved", solved_at=AT)
    with pytest.raises(domain.OnlyRequesterRates):
        rate(ticket, AGENT, LATER, 5)
    assert "rate" not in domain.verbs_for(ticket, admin(), LATER)
    assert "rate" in domain.verbs_for(ticket, admin(ticket.requester_id), LATER)
    linked = Actor(ticket.requester_id, "link", link=ticket.id)
    assert domain.verbs_for(ticket, linked, LATER) == ["reply", "rate"]


def test_the_customer_sees_their_rating_in_the_timeline() -> None:
    step = rate(a_ticket(status="solved", solved_at=AT), CUSTOMER, LATER, 5, "cepat")
    assert domain.visibility_of(step.written[0]) == "public"

"""Whom live pages tell of an event: the same people whose timeline shows it."""

import pytest

from shared.events import ticket as events
from shared.ids import uuid7
from shared.live import Reach
from tests.builders import envelope, event, ticket_facts
from ticket_service.worker import reach_of

FACTS = ticket_facts()


def reach(contract: type[events.TicketEvent], **given: object) -> Reach:
    return reach_of(envelope(event(contract, ticket=FACTS, **given), 3, FACTS.id))


def test_a_reply_concerns_its_requester() -> None:
    assert reach(events.TicketReplied, visibility="public") == Reach(FACTS.requester_id, True)


def test_an_internal_note_is_not_public() -> None:
    assert not reach(events.TicketReplied, visibility="internal").is_public


@pytest.mark.parametrize("name", ["status", "subject", "category", "assignee"])
def test_what_customers_see_of_a_ticket_is_public(name: str) -> None:
    assert reach(events.TicketUpdated, changes={name: ("a", "b")}).is_public


@pytest.mark.parametrize("name", ["priority", "tags", "team"])
def test_what_stays_among_staff_is_not_public(name: str) -> None:
    assert not reach(events.TicketUpdated, changes={name: ("a", "b")}).is_public


def test_deleting_and_restoring_stay_among_staff() -> None:
    for contract in (events.TicketDeleted, events.TicketRestored):
        assert not reach(contract).is_public


def test_a_category_concerns_nobody() -> None:
    told = envelope(event(events.CategoryUpdated), 1, uuid7())
    assert reach_of(told) == Reach()


def test_what_this_code_cannot_read_stays_among_staff_and_stops_nothing() -> None:
    whole = envelope(event(events.TicketReplied, ticket=FACTS), 3, FACTS.id)
    object.__setattr__(whole, "data", b'{"ticket": "of a later release"}')
    assert reach_of(whole) == Reach()

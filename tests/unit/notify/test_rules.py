"""The table of rules and what messages know of events, as plain calls."""

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notify_service.intents.rendering import DIRECTORY, LANGUAGES, Templates
from notify_service.rules import domain
from shared.events import identity
from shared.events import ticket as tickets
from shared.events.examples import example
from shared.ids import uuid7
from tests.builders import person, ticket_facts

EVENTS = [c for c in tickets.CONTRACTS if issubclass(c, tickets.TicketEvent)]


def rules_of(event: tickets.TicketEvent) -> set[str]:
    return {telling.rule.name for telling in domain.tellings_of(event)}


def test_every_rule_has_its_texts_in_every_language() -> None:
    kinds = {rule.name for rule in domain.RULES} | domain.ACCOUNT_RULES
    templates = Templates()
    assert kinds <= set(templates.kinds)
    for language in LANGUAGES:
        folders = {path.name for path in (DIRECTORY / language).iterdir() if path.is_dir()}
        assert folders == {*kinds, "updates", "new_tickets"}


def test_rule_names_are_unique() -> None:
    names = [rule.name for rule in domain.RULES]
    assert len(names) == len(set(names))


def test_every_rule_can_be_switched_off_by_a_kind_that_people_know() -> None:
    kinds = set(get_args(identity.NotificationKind))
    assert {rule.switch for rule in domain.RULES} == kinds
    assert kinds.isdisjoint(domain.ACCOUNT_RULES)


@pytest.mark.parametrize("contract", EVENTS)
@pytest.mark.parametrize("kind", ["customer", "staff", "api_client", "link", "system"])
def test_nobody_is_told_twice_and_no_actor_of_their_own_act(
    contract: type[tickets.TicketEvent], kind: tickets.ActorKind
) -> None:
    me, other = uuid7(), uuid7()
    for facts in (
        {"requester_id": me, "assignee_id": me},
        {"requester_id": me, "assignee_id": other},
        {"requester_id": other, "assignee_id": me},
    ):
        event: Any = example(
            contract,
            ticket=ticket_facts(team_id=uuid7(), **facts),
            actor=person(kind, me),
        )
        tellings = domain.tellings_of(event)
        told = [t.recipient_id for t in tellings if t.recipient_id]
        assert all(t.rule.tells_actor for t in tellings if t.recipient_id == me)
        assert all(me in t.spared and set(told) <= set(t.spared) for t in tellings if t.team_id)


@settings(deadline=None)
@given(st.sampled_from(["customer", "staff", "api_client", "link", "system"]), st.text(max_size=50))
def test_an_internal_note_tells_nobody_whoever_writes_it(kind: Any, body: str) -> None:
    event = example(
        tickets.TicketReplied,
        ticket=ticket_facts(assignee_id=uuid7(), team_id=uuid7()),
        actor=person(kind),
        visibility="internal",
        body=body,
    )
    assert domain.tellings_of(event) == []
    assert domain.facts_for_message(event)["text"] == ""


def test_work_that_begins_is_no_news_but_work_that_goes_on_is() -> None:
    def updated(old: str) -> tickets.TicketUpdated:
        return example(
            tickets.TicketUpdated,
            ticket=ticket_facts(status="open"),
            actor=person("staff"),
            changes={"status": (old, "open")},
        )

    assert rules_of(updated("new")) == set()
    assert rules_of(updated("pending")) == rules_of(updated("on_hold")) == {"state_changed"}


def test_an_assignee_who_is_taken_away_is_not_told() -> None:
    event = example(
        tickets.TicketUpdated,
        ticket=ticket_facts(assignee_id=None),
        actor=person("staff"),
        changes={"assignee": ("Budi", None)},
    )
    assert domain.tellings_of(event) == []


def test_long_descriptions_are_cut_for_messages() -> None:
    event = example(tickets.TicketCreated, ticket=ticket_facts(), description="x" * 20_000)
    assert len(domain.facts_for_message(event)["text"]) == domain.MAX_DESCRIPTION


@pytest.mark.parametrize(
    ("number", "shown"),
    [("12345678", "1234-5678"), ("1234-5678", "1234-5678"), ("1234567890", "12345-67890")],
)
def test_numbers_are_shown_with_a_hyphen(number: str, shown: str) -> None:
    assert domain.show_number(number) == shown

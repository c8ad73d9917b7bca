"""Who is told of which hint."""

from dataclasses import replace

import orjson
import pytest

from gateway.hints import RESYNC, START, Audience, Hint, Place, events_for
from gateway.live import WAITING_EVENTS, Listener

BUDI, SARI, DEWI = "budi", "sari", "dewi"
TICKET, OTHER = "ticket-1", "ticket-2"

CUSTOMER = Audience(BUDI)
LINK = Audience(BUDI, is_link=True, tickets=frozenset([TICKET]))
READS_ALL = Audience(DEWI, is_staff=True, tickets=None)
READS_TEAM = Audience(DEWI, is_staff=True)
READS_ONE = Audience(DEWI, is_staff=True, tickets=frozenset([TICKET]))
ADMIN = Audience(DEWI, is_staff=True, sees_figures=True)
EVERYBODY = (CUSTOMER, LINK, READS_ALL, READS_TEAM, READS_ONE, ADMIN)


def hint(ticket: str = TICKET, who: str = BUDI, public: str = "1", **more: str) -> Hint:
    fields = {"type": "ticket.replied", "subject": ticket, "version": "7", "who": who}
    return Hint.of("1764000000000-0", fields | {"public": public} | more)


def told(audience: Audience, *hints: Hint) -> set[str]:
    return set(events_for(audience, hints))


def test_a_customer_hears_of_public_events_of_their_own_tickets() -> None:
    assert told(CUSTOMER, hint()) == {TICKET}
    assert told(CUSTOMER, hint(OTHER)) == {OTHER}


def test_another_customer_hears_nothing() -> None:
    assert told(CUSTOMER, hint(who=SARI)) == set()
    assert told(CUSTOMER, hint(who="")) == set()


def test_an_internal_note_is_for_staff_alone() -> None:
    note = hint(public="0")
    assert told(CUSTOMER, note) == told(LINK, note) == set()
    assert told(READS_ALL, note) == {TICKET, "queue"}


@pytest.mark.parametrize("field", ["who", "public"])
def test_a_hint_that_does_not_say_whom_it_concerns_is_taken_as_internal(field: str) -> None:
    fields = {"type": "ticket.replied", "subject": TICKET, "who": BUDI, "public": "1"}
    silent = Hint.of("1-0", {name: value for name, value in fields.items() if name != field})
    assert told(CUSTOMER, silent) == told(LINK, silent) == set()


def test_a_link_hears_of_its_ticket_and_of_no_other() -> None:
    assert told(LINK, hint()) == {TICKET}
    assert told(LINK, hint(OTHER)) == set()
    assert told(LINK, hint(who=SARI)) == set()


def test_staff_who_read_all_hear_of_every_ticket() -> None:
    assert told(READS_ALL, hint(), hint(OTHER, SARI, "0")) == {TICKET, OTHER, "queue"}


def test_other_staff_hear_of_checked_tickets_and_otherwise_only_that_lists_changed() -> None:
    assert told(READS_TEAM, hint()) == {"queue"}
    assert told(READS_ONE, hint(), hint(OTHER)) == {TICKET, "queue"}


def test_a_queue_event_names_no_ticket() -> None:
    assert TICKET.encode() not in events_for(READS_TEAM, [hint()])["queue"]


def test_figures_are_for_those_who_may_read_reports() -> None:
    figures = Hint.of("1-0", {"type": "figures"})
    assert told(ADMIN, figures) == {"figures"}
    assert [told(a, figures) for a in EVERYBODY if a is not ADMIN] == [set()] * 5


def test_what_is_not_about_tickets_is_told_to_nobody() -> None:
    category = replace(hint(), type="category.updated")
    assert [told(audience, category) for audience in EVERYBODY] == [set()] * len(EVERYBODY)


def test_a_ticket_event_says_which_ticket_and_version_and_nothing_else() -> None:
    event = events_for(CUSTOMER, [hint()])[TICKET].decode()
    name, data = event.splitlines()
    assert name == "event: ticket"
    assert orjson.loads(data.removeprefix("data: ")) == {"id": TICKET, "version": 7}


@pytest.mark.parametrize("text", ["", "1764", "a-b", "1-", "-1", "1-²", "9" * 50 + "-0"])
def test_what_is_no_place_in_the_stream_is_not_read_as_one(text: str) -> None:
    assert Place.parse(text) is None


def test_places_are_ordered_by_number_not_by_letter() -> None:
    early, late = Place.parse("999-10"), Place.parse("1000-2")
    assert early is not None
    assert late is not None
    assert START < early < late


async def test_two_hints_about_the_same_thing_wait_as_one() -> None:
    listener = Listener(CUSTOMER)
    for version in ("7", "8"):
        newer = hint(version=version)
        listener.tell(TICKET, newer.event, newer.at)
    news = (await listener.news(1)).decode()
    assert news.count("event:") == 1
    assert '"version":8' in news


async def test_only_the_last_event_of_a_batch_carries_the_id() -> None:
    listener = Listener(CUSTOMER)
    listener.tell(TICKET, hint().event, Place(5, 0))
    listener.tell(OTHER, hint(OTHER).event, Place(6, 1))
    first, second, end = (await listener.news(1)).decode().split("\n\n")
    assert "id:" not in first.splitlines()
    assert second.splitlines()[-1] == "id: 6-1"
    assert end == ""


async def test_what_waits_is_bounded_and_one_resync_stands_for_the_rest() -> None:
    listener = Listener(READS_ALL)
    for number in range(WAITING_EVENTS + 50):
        listener.tell(f"ticket-{number}", hint().event, Place(number + 1, 0))
    assert await listener.news(1) == RESYNC + f"id: {WAITING_EVENTS + 50}-0\n\n".encode()
    assert await listener.news(0.001) == b""

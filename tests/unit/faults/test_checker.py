"""The checker of the fault tests finds what it is there to find."""

from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID

from shared.ids import uuid7
from tests.faults import checker
from tests.faults.checker import Acknowledged, Applied, Evidence, Intent, Logged, Said, compare
from tests.faults.tellings import expected_intents

TICKET, CUSTOMER, AGENT, TEAM = (uuid7() for _ in range(4))
CREATED, REPLIED, SOLVED = (uuid7() for _ in range(3))
TEAMS = {TEAM: frozenset({AGENT})}


def _said(event_id: UUID, kind: str, version: int, actor: UUID, **data: Any) -> Said:
    ticket = {
        "requester_id": str(CUSTOMER),
        "assignee_id": None,
        "team_id": str(TEAM),
        "status": {"ticket.created": "new", "ticket.replied": "new"}.get(kind, "solved"),
    }
    content = {"ticket": ticket, "actor": {"id": str(actor)}, **data}
    return Said(event_id, kind, TICKET, version, True, content)


def _intents(said: list[Said]) -> list[Intent]:
    made = []
    for event_id, rule, recipient, channel in sorted(expected_intents(said, TEAMS), key=str):
        intent_id = uuid7()
        state = "sent" if channel == "email" else "delivered"
        made.append(Intent(intent_id, event_id, rule, recipient, channel, state, intent_id, False))
    return made


def good() -> Evidence:
    """A ticket that was opened, answered by its customer and solved, with all that follows."""
    said = [
        _said(CREATED, "ticket.created", 1, CUSTOMER),
        _said(REPLIED, "ticket.replied", 2, CUSTOMER, visibility="public"),
        _said(SOLVED, "ticket.solved", 3, AGENT),
    ]
    intents = _intents(said)
    acknowledged = [
        Acknowledged("open", "t1", TICKET, 1, 1, ("ticket.created",)),
        Acknowledged("customer_reply", "t2", TICKET, 2, 2, ("ticket.replied",)),
        Acknowledged("solve", "t3", TICKET, 3, 3, ("ticket.solved",)),
    ]
    return Evidence(
        acknowledged=acknowledged,
        effects=Counter(["t1", "t2"]),
        said=said,
        logged=[
            Logged(one.event_id, one.type, TICKET, one.version, 1000 + one.version, 7)
            for one in said
        ],
        applied=[
            Applied(place, one.event_id, TICKET, one.version) for place, one in enumerate(said)
        ],
        expected_intents=expected_intents(said, TEAMS),
        intents=intents,
        mails=Counter(intent.id for intent in intents if intent.channel == "email"),
        facts={TICKET: ("solved", 3)},
    )


def faults_of(evidence: Evidence) -> set[str]:
    """The kinds of fault that are found."""
    return set(compare(evidence).faults)


def test_a_faultless_run_has_no_faults() -> None:
    figures = compare(good())
    assert not figures.faults, str(figures)
    assert figures.counts["acknowledged"] == 3
    assert figures.counts["intents"] == 6


def test_a_lost_ticket_is_found() -> None:
    nothing = replace(
        good(),
        effects=Counter(["t2"]),
        said=[],
        logged=[],
        applied=[],
        intents=[],
        expected_intents=set(),
        mails=Counter(),
        facts={},
    )
    assert faults_of(nothing) == {checker.LOST}


def test_a_lost_reply_is_found() -> None:
    assert faults_of(replace(good(), effects=Counter(["t1"]))) == {checker.LOST}


def test_a_reply_written_twice_is_found() -> None:
    assert faults_of(replace(good(), effects=Counter(["t1", "t2", "t2"]))) == {checker.DOUBLED}


def test_a_lost_change_of_state_is_found() -> None:
    run = good()
    found = faults_of(replace(run, said=run.said[:2], facts={TICKET: ("new", 2)}))
    assert found == {checker.LOST}


def test_an_event_that_nobody_asked_for_is_found() -> None:
    run = good()
    assert checker.WRONG_STORY in faults_of(replace(run, acknowledged=run.acknowledged[:2]))


def test_a_version_other_than_the_acknowledged_one_is_found() -> None:
    run = good()
    wrong = replace(run.acknowledged[2], told_version=4)
    assert faults_of(replace(run, acknowledged=[*run.acknowledged[:2], wrong])) == {
        checker.WRONG_VERSION
    }


def test_an_unpublished_event_is_found() -> None:
    run = good()
    waiting = replace(run.said[1], is_published=False)
    assert faults_of(replace(run, said=[run.said[0], waiting, run.said[2]])) == {
        checker.UNPUBLISHED
    }


def test_an_event_missing_in_the_log_is_found() -> None:
    run = good()
    assert faults_of(replace(run, logged=run.logged[1:])) == {checker.NOT_IN_LOG}


def test_an_event_appended_before_its_predecessor_is_found() -> None:
    run = good()
    late = replace(run.logged[0], time=1003)
    assert faults_of(replace(run, logged=[late, *run.logged[1:]])) == {checker.INVERTED}


def test_an_event_before_its_predecessor_within_one_topic_is_found_by_its_offset() -> None:
    run = good()
    second = _said(uuid7(), "ticket.replied", 3, CUSTOMER, visibility="internal")
    wish = Acknowledged("note", "t3", TICKET, 3, 3, ("ticket.replied",))
    logged = [
        *run.logged[:2],
        Logged(second.event_id, "ticket.replied", TICKET, 3, run.logged[1].time, 6),
    ]
    turned = replace(
        run,
        acknowledged=[*run.acknowledged[:2], wish],
        effects=Counter(["t1", "t2", "t3"]),
        said=[*run.said[:2], second],
        logged=logged,
    )
    assert checker.INVERTED in faults_of(turned)


def test_a_repeated_record_of_a_published_event_is_no_fault() -> None:
    run = good()
    again = replace(run.logged[0], time=2000, offset=9)
    assert not faults_of(replace(run, logged=[again, *run.logged]))


def test_events_applied_out_of_order_are_found() -> None:
    run = good()
    assert run.applied
    one, two, three = run.applied
    turned = [one, replace(three, place=1), replace(two, place=2)]
    assert faults_of(replace(run, applied=turned)) == {checker.INVERTED}


def test_an_event_applied_twice_is_found() -> None:
    run = good()
    assert run.applied
    twice = [*run.applied, replace(run.applied[2], place=9)]
    assert checker.APPLIED_TWICE in faults_of(replace(run, applied=twice))


def test_an_event_never_applied_is_found() -> None:
    run = good()
    assert run.applied
    assert faults_of(replace(run, applied=run.applied[:2])) == {checker.NOT_APPLIED}


def test_a_missing_intent_is_found_with_its_mail() -> None:
    run = good()
    email = next(i for i in run.intents if i.channel == "email")
    found = faults_of(
        replace(
            run,
            intents=[i for i in run.intents if i is not email],
            mails=run.mails - Counter([email.id]),
        )
    )
    assert found == {checker.INTENT_MISSING}


def test_a_doubled_intent_is_found() -> None:
    run = good()
    in_app = next(i for i in run.intents if i.channel == "in_app")
    twice = [*run.intents, replace(in_app, id=uuid7())]
    assert faults_of(replace(run, intents=twice)) == {checker.INTENT_DOUBLED}


def test_an_intent_for_somebody_who_is_not_to_be_told_is_found() -> None:
    run = good()
    in_app = next(i for i in run.intents if i.channel == "in_app")
    stray = replace(in_app, recipient_id=uuid7())
    assert faults_of(replace(run, intents=[*run.intents, stray])) == {checker.INTENT_UNEXPECTED}


def test_an_intent_that_is_never_sent_is_found() -> None:
    run = good()
    stuck = [replace(i, state="sending") if i is run.intents[0] else i for i in run.intents]
    assert faults_of(replace(run, intents=stuck)) == {checker.INTENT_UNSETTLED}


def test_a_missing_mail_is_found() -> None:
    run = good()
    gone = next(iter(run.mails))
    assert faults_of(replace(run, mails=run.mails - Counter([gone]))) == {checker.MAIL_MISSING}


def test_a_doubled_mail_is_found() -> None:
    run = good()
    twice = next(iter(run.mails))
    assert faults_of(replace(run, mails=run.mails + Counter([twice]))) == {checker.MAIL_DOUBLED}


def test_a_doubled_mail_that_the_service_counted_as_unknown_is_counted_and_no_fault() -> None:
    run = good()
    twice = next(iter(run.mails))
    intents = [replace(i, is_repeat=i.id == twice) for i in run.intents]
    figures = compare(replace(run, intents=intents, mails=run.mails + Counter([twice])))
    assert not figures.faults
    assert figures.counts["mails doubled inside the window"] == 1


def test_a_mail_that_belongs_to_nothing_is_found() -> None:
    run = good()
    assert faults_of(replace(run, mails=run.mails + Counter([uuid7()]))) == {checker.MAIL_UNKNOWN}


def test_a_joined_intent_is_carried_by_the_mail_it_was_joined_to() -> None:
    run = good()
    carrier, joined = [i for i in run.intents if i.channel == "email"][:2]
    intents = [replace(i, mail_id=carrier.id) if i is joined else i for i in run.intents]
    assert not faults_of(replace(run, intents=intents, mails=run.mails - Counter([joined.id])))


def test_a_figure_that_differs_from_the_ticket_is_found() -> None:
    assert faults_of(replace(good(), facts={TICKET: ("new", 2)})) == {checker.FACT_WRONG}


def test_a_dead_letter_is_found() -> None:
    assert faults_of(replace(good(), dead_letters=["notify ticket.replied 2"])) == {checker.BURIED}


def test_a_note_among_staff_is_told_to_nobody() -> None:
    note = _said(REPLIED, "ticket.replied", 2, AGENT, visibility="internal")
    assert not expected_intents([note], TEAMS)


def test_a_new_ticket_is_told_to_its_customer_and_its_team() -> None:
    created = _said(CREATED, "ticket.created", 1, CUSTOMER)
    told = {(rule, who) for _, rule, who, _ in expected_intents([created], TEAMS)}
    assert told == {("received", CUSTOMER), ("new_ticket", AGENT)}

"""When to try again, when to give up, and who may use the connections: time is an argument."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from notify_service.clients import SmtpAddress, failure_of_answer
from notify_service.intents import domain
from notify_service.intents.domain import Contact, Failure, Letter, Notice
from notify_service.intents.pacing import Breaker, Slots
from shared.ids import uuid7
from shared.tracing import Cause

NOW = datetime(2026, 1, 15, 8, 30, tzinfo=UTC)
LATER = Failure("451", "451 later")


def letter(**given: object) -> Letter:
    usual = Letter(
        id=uuid7(),
        epoch=1,
        version=0,
        rule="received",
        recipient_id=uuid7(),
        address=None,
        attempts=1,
        is_repeat=False,
        was_held=False,
        expires_at=NOW + timedelta(hours=72),
        notice=Notice(uuid7(), "ticket.created", NOW, uuid7(), Cause(), {}),
        contact=Contact("Siti", "siti@example.test", "id", "Asia/Jakarta", True, True),
    )
    return replace(usual, **given)  # type: ignore[arg-type]


def test_the_waits_grow_from_half_a_minute_to_six_hours() -> None:
    waits = [
        (domain.next_try(attempts, NOW, 1.0, 0.5) - NOW).total_seconds()
        for attempts in range(1, 11)
    ]
    assert waits == [30, 120, 600, 1800, 3600, 7200, 14400, 21600, 21600, 21600]


def test_jitter_moves_a_try_by_ten_percent_at_most() -> None:
    early, late = (domain.next_try(1, NOW, 1.0, chance) for chance in (0.0, 0.999))
    assert early == NOW + timedelta(seconds=27)
    assert NOW + timedelta(seconds=32.9) < late <= NOW + timedelta(seconds=33)


def test_a_failure_that_can_pass_leads_to_another_try() -> None:
    outcome = domain.failed(letter(), LATER, NOW, 1.0, 0.5)
    assert (outcome.state, outcome.due_at) == ("pending", NOW + timedelta(seconds=30))
    assert not outcome.is_final


def test_a_failure_for_good_ends_it() -> None:
    outcome = domain.failed(letter(), replace(LATER, is_permanent=True), NOW, 1.0, 0.5)
    assert (outcome.state, outcome.due_at, outcome.is_final) == ("failed", None, True)


@pytest.mark.parametrize(
    ("rule", "is_repeat", "end"),
    [("received", False, "failed"), ("verify", False, "expired"), ("received", True, "unknown")],
)
def test_after_the_last_try_the_end_says_why(rule: str, is_repeat: bool, end: str) -> None:
    late = letter(rule=rule, is_repeat=is_repeat, expires_at=NOW + timedelta(seconds=20))
    outcome = domain.failed(late, LATER, NOW, 1.0, 0.5)
    assert (outcome.state, outcome.is_final) == (end, True)


def test_all_tries_of_a_day_three_fit_before_the_end() -> None:
    moment, attempts = NOW, 1
    while True:
        outcome = domain.failed(letter(attempts=attempts), LATER, moment, 1.0, 0.5)
        if outcome.due_at is None:
            break
        moment, attempts = outcome.due_at, attempts + 1
    assert attempts == 18
    assert timedelta(hours=66) < moment - NOW < timedelta(hours=72)


def test_an_intent_without_a_proven_address_waits_and_costs_no_try() -> None:
    unproven = Contact("Siti", "siti@example.test", "id", "Asia/Jakarta", True, False)
    for contact in (None, unproven):
        outcome = domain.obstacle(letter(contact=contact), NOW)
        assert outcome is not None
        assert (outcome.state, outcome.due_at, outcome.counts) == ("pending", None, False)


def test_a_fixed_text_may_go_to_its_own_unproven_address() -> None:
    assert (
        domain.obstacle(letter(rule="verify", address="x@example.test", contact=None), NOW) is None
    )


def test_what_is_too_late_or_for_somebody_who_left_is_not_sent() -> None:
    late = domain.obstacle(letter(expires_at=NOW), NOW)
    gone = domain.obstacle(letter(contact=Contact("", "", "id", "Asia/Jakarta", False, False)), NOW)
    assert late is not None and late.state == "expired"
    assert gone is not None and gone.state == "failed"


@pytest.mark.parametrize(
    ("code", "is_permanent", "of_channel"),
    [
        (421, False, True),
        (450, False, False),
        (452, False, False),
        (535, False, True),
        (550, True, False),
        (554, True, False),
    ],
)
def test_answers_of_the_server_mean_what_the_standard_says(
    code: int, is_permanent: bool, of_channel: bool
) -> None:
    failure = failure_of_answer(code, "words")
    assert (failure.is_permanent, failure.of_channel) == (is_permanent, of_channel)
    assert failure.text == f"{code} words"


def test_the_breaker_opens_after_three_failures_and_lets_one_try_pass_at_a_time() -> None:
    breaker = Breaker(first_pause=2, longest_pause=8)
    for second in range(3):
        assert breaker.allows(second, in_flight=5)
        breaker.note_failure(second)
    assert breaker.is_open and not breaker.allows(3.9, 0)
    assert breaker.allows(4, 0) and not breaker.allows(4, 1)
    breaker.note_failure(4)
    assert not breaker.allows(7.9, 0) and breaker.allows(8, 0)
    assert breaker.note_success()
    assert breaker.allows(8, 5) and not breaker.note_success()


def test_the_breakers_pause_has_a_limit() -> None:
    breaker = Breaker(first_pause=2, longest_pause=8)
    for _ in range(20):
        breaker.note_failure(100)
    assert breaker.allows(108, 0)


def test_one_domain_never_takes_all_connections() -> None:
    slots = Slots(8)
    started = 0
    while slots.has_room("big.test", 0):
        slots.start("big.test", 0)
        started += 1
    assert started == 6
    assert slots.has_room("small.test", 0)


def test_a_slow_domain_gets_no_more_and_a_failing_one_a_single_connection() -> None:
    slots = Slots(8, slow_seconds=2)
    slots.start("slow.test", 0)
    assert slots.has_room("slow.test", 1) and not slots.has_room("slow.test", 3)
    for second in range(3):
        slots.start("bad.test", second)
        slots.end("bad.test", second, has_failed=True)
    assert slots.is_troubled("bad.test", 4)
    assert slots.has_room("bad.test", 4)
    slots.start("bad.test", 4)
    assert not slots.has_room("bad.test", 4)
    slots.end("bad.test", 4, has_failed=False)
    assert not slots.is_troubled("bad.test", 5)


def test_messages_to_a_failing_domain_step_aside_longer_and_longer() -> None:
    slots = Slots(8)
    waits = []
    for _ in range(12):
        slots.start("bad.test", 0)
        slots.end("bad.test", 0, has_failed=True)
        waits.append(slots.wait_seconds("bad.test"))
    assert waits == sorted(waits) and waits[0] == 5 and waits[-1] == 300


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("smtp://localhost:1025", SmtpAddress("localhost", 1025)),
        ("smtp://mail.test", SmtpAddress("mail.test", 25)),
        ("smtp://me:p%40ss@mail.test", SmtpAddress("mail.test", 587, "me", "p@ss")),
        ("smtps://me:x@mail.test", SmtpAddress("mail.test", 465, "me", "x", use_tls=True)),
    ],
)
def test_mail_server_addresses_are_read(url: str, address: SmtpAddress) -> None:
    assert SmtpAddress.parse(url) == address


@pytest.mark.parametrize("url", ["", "localhost:25", "http://mail.test", "smtp://"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="NOTIFY_SMTP_URL"):
        SmtpAddress.parse(url)


def quiet(starts: str, ends: str, zone: str = "Asia/Jakarta") -> Contact:
    return Contact("Siti", "siti@example.test", "id", zone, True, True, starts, ends)


@pytest.mark.parametrize(
    ("clock", "starts", "ends", "hours"),
    [
        ("22:00", "22:00", "06:00", 8),
        ("23:30", "22:00", "06:00", 6.5),
        ("00:00", "22:00", "06:00", 6),
        ("05:59", "22:00", "06:00", 1 / 60),
        ("06:00", "22:00", "06:00", None),
        ("21:59", "22:00", "06:00", None),
        ("12:00", "12:00", "13:30", 1.5),
        ("13:30", "12:00", "13:30", None),
        ("11:59", "12:00", "13:30", None),
    ],
)
def test_quiet_hours_end_at_their_end_in_the_readers_zone(
    clock: str, starts: str, ends: str, hours: float | None
) -> None:
    for zone in ("Asia/Jakarta", "Asia/Jayapura", "Europe/Berlin"):
        local = datetime.fromisoformat(f"2026-01-15T{clock}").replace(tzinfo=ZoneInfo(zone))
        now = local.astimezone(UTC)
        until = domain.quiet_until(quiet(starts, ends, zone), now)
        assert until == (now + timedelta(hours=hours) if hours else None)


def test_who_has_no_quiet_hours_is_never_spared() -> None:
    contact = Contact("Siti", "siti@example.test", "id", "Asia/Jakarta", True, True)
    assert domain.quiet_until(contact, NOW) is None


def test_a_mail_waits_for_the_end_of_quiet_hours_and_that_is_no_try() -> None:
    outcome = domain.obstacle(letter(contact=quiet("15:00", "17:00")), NOW)
    assert outcome is not None
    assert (outcome.state, outcome.counts, outcome.code) == ("pending", False, "quiet")
    assert outcome.due_at == NOW + timedelta(minutes=90)


def test_what_is_urgent_or_about_the_account_does_not_wait() -> None:
    contact = quiet("15:00", "17:00")
    urgent = Notice(uuid7(), "ticket.created", NOW, uuid7(), Cause(), {"priority": "urgent"})
    assert domain.obstacle(letter(contact=contact, notice=urgent), NOW) is None
    assert domain.obstacle(letter(contact=contact, rule="new_sign_in"), NOW) is None

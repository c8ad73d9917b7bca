"""An intent's way from `pending` to its end: when to try, what a failed try means, when to give up."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from notify_service.rules.domain import ACCOUNT_RULES, LINK_RULES
from shared.tracing import Cause

State = Literal[
    "pending", "joined", "sending", "sent", "delivered", "read", "failed", "expired", "unknown"
]
Channel = Literal["email", "in_app", "phone"]

RETRY_SECONDS = (30, 120, 600, 1800, 3600, 7200, 14400)
RETRY_LAST_SECONDS = 21600
_JITTER = 0.2
# The code of what waits for the end of somebody's quiet hours.
QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Policy:
    """How intents are made: joining, giving up, budgets.

    `new_tickets_at_once` mails about new tickets leave at once to a person within a window; further
    ones are joined into one. `unverified_mails_per_day` is for an address that nobody has proven.
    """

    join_seconds: float = 60.0
    new_tickets_at_once: int = 5
    give_up_seconds: float = 72 * 3600.0
    unverified_mails_per_day: int = 3


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened, as far as messages tell of it."""

    event_id: UUID
    event_type: str
    happened_at: datetime
    ticket_id: UUID | None
    cause: Cause
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Contact:
    """A person as a message needs to know them, at the moment of sending."""

    name: str
    email: str
    language: str
    time_zone: str
    is_active: bool
    is_email_verified: bool
    quiet_from: str | None = None
    quiet_to: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A claimed intent with all that its message is made of.

    `earlier_ids` are the first and the last message to the same person about the same ticket.
    """

    id: UUID
    epoch: int
    version: int
    rule: str
    recipient_id: UUID
    address: str | None
    attempts: int
    is_repeat: bool
    was_held: bool
    expires_at: datetime
    notice: Notice
    contact: Contact | None
    earlier_ids: tuple[UUID, ...] = ()
    channel: Channel = "email"

    @property
    def email(self) -> str:
        """Where it goes; empty when nobody has told us an address yet."""
        return self.address or (self.contact.email if self.contact else "")

    @property
    def domain(self) -> str:
        """The part of the address behind the @, for fairness between mail providers."""
        return self.email.rpartition("@")[2].lower()

    @property
    def is_fixed(self) -> bool:
        """Whether the text is fixed, so that it may go to an address which nobody has proven."""
        return self.rule in ACCOUNT_RULES

    @property
    def is_urgent(self) -> bool:
        """Whether it may disturb: all about the account, and what is about an urgent ticket."""
        return self.is_fixed or self.notice.data.get("priority") == "urgent"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a try did not end well; `code` is an SMTP code or a word.

    `is_uncertain`: the provider may have taken the message. `of_channel`: no message would have
    gone through.
    """

    code: str
    text: str
    is_permanent: bool = False
    is_uncertain: bool = False
    of_channel: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be recorded about a claimed intent. `counts` is false where nothing was tried."""

    letter: Letter
    state: State
    at: datetime
    due_at: datetime | None = None
    code: str | None = None
    error: str | None = None
    is_uncertain: bool = False
    counts: bool = True

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state in ("sent", "failed", "expired", "unknown")


def obstacle(letter: Letter, now: datetime) -> Outcome | None:
    """Why a claimed intent must not be sent now, if so."""
    if letter.expires_at <= now:
        return _untried(
            letter, "expired", now, "expired", "Its time was over before it could be sent."
        )
    if letter.address:
        return None
    contact = letter.contact
    if contact is None or (contact.is_active and not contact.is_email_verified):
        return _untried(letter, "pending", now, "no_address", "No proven address is known yet.")
    if not contact.is_active or not contact.email:
        return _untried(letter, "failed", now, "inactive", "The recipient is not active any more.")
    until = None if letter.is_urgent else quiet_until(contact, now)
    if until is None:
        return None
    words = "It waits for the end of quiet hours."
    return Outcome(letter, "pending", now, until, QUIET, words, counts=False)


def quiet_until(contact: Contact, now: datetime) -> datetime | None:
    """When the quiet hours that a person has now are over; None when they may be disturbed."""
    if contact.quiet_from is None or contact.quiet_to is None:
        return None
    try:
        local = now.astimezone(ZoneInfo(contact.time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        local = now
    starts, ends = time.fromisoformat(contact.quiet_from), time.fromisoformat(contact.quiet_to)
    clock = local.time()
    is_quiet = starts <= clock < ends if starts < ends else clock >= starts or clock < ends
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=1 if clock >= ends else 0)
    return datetime.combine(day, ends, local.tzinfo).astimezone(UTC)


def accepted(letter: Letter, now: datetime) -> Outcome:
    """The provider took the message."""
    return Outcome(letter, "sent", now)


def put_back(letter: Letter, now: datetime, seconds: float) -> Outcome:
    """Nothing was tried; it is due again after some seconds."""
    due_at = now + timedelta(seconds=seconds)
    return Outcome(letter, "pending", now, due_at, counts=False)


def failed(letter: Letter, failure: Failure, now: datetime, scale: float, chance: float) -> Outcome:
    """What follows from a failed try: another one later, or the end."""
    if failure.is_permanent:
        return Outcome(letter, "failed", now, None, failure.code, failure.text)
    due_at = next_try(letter.attempts, now, scale, chance)
    has_time = due_at < letter.expires_at
    return Outcome(
        letter,
        "pending" if has_time else _end_of(letter, failure),
        now,
        due_at if has_time else None,
        failure.code,
        failure.text,
        failure.is_uncertain,
    )


def _end_of(letter: Letter, failure: Failure) -> State:
    if letter.is_repeat or failure.is_uncertain:
        return "unknown"
    return "expired" if letter.rule in LINK_RULES.values() else "failed"


def next_try(attempts: int, now: datetime, scale: float, chance: float) -> datetime:
    """When to try again after so many tries; `chance` in [0, 1) spreads them by 10 % both ways."""
    waits = RETRY_SECONDS[attempts - 1] if attempts <= len(RETRY_SECONDS) else RETRY_LAST_SECONDS
    return now + timedelta(seconds=waits * scale * (1 - _JITTER / 2 + _JITTER * chance))


def _untried(letter: Letter, state: State, now: datetime, code: str, error: str) -> Outcome:
    return Outcome(letter, state, now, None, code, error, counts=False)

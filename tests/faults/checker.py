"""Compares what was acknowledged with what is there; pure, so that it can be shown to find faults."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID

SHOWN = 5

# (event_id, rule, recipient_id, channel)
IntentKey = tuple[UUID, str, UUID, str]


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What a writer was told: that its wish was granted, at which version of the ticket.

    `tag` is a text that only this wish carries, and the Idempotency-Key where there is one; `events`
    are those that the wish has to cause, the last of them at `version`.
    """

    wish: str
    tag: str
    ticket_id: UUID
    version: int
    told_version: int
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A row of the outbox."""

    event_id: UUID
    type: str
    aggregate_id: UUID
    version: int
    is_published: bool
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Logged:
    """A record of the broker's log; `time` in milliseconds is when the broker appended it."""

    event_id: UUID
    type: str
    aggregate_id: UUID
    version: int
    time: int
    offset: int


@dataclass(frozen=True, slots=True)
class Applied:
    """What a consumer applied; `place` is its order."""

    place: int
    event_id: UUID
    aggregate_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class Intent:
    """A notification intent; `mail_id` is the intent whose mail carries it."""

    id: UUID
    event_id: UUID
    rule: str
    recipient_id: UUID
    channel: str
    state: str
    mail_id: UUID
    is_repeat: bool

    @property
    def key(self) -> IntentKey:
        """What may be there once only."""
        return (self.event_id, self.rule, self.recipient_id, self.channel)


@dataclass(frozen=True)
class Evidence:
    """Everything that was found after a run: what writers were told, and what the stores hold.

    `effects` counts tickets and messages by their tag; `mails` counts received mails by the intent
    in their Message-ID; `facts` are status and version of tickets as analytics-service has them;
    `applied` is None where no recorder listened.
    """

    acknowledged: Sequence[Acknowledged]
    effects: Counter[str]
    said: Sequence[Said]
    logged: Sequence[Logged]
    applied: Sequence[Applied] | None
    expected_intents: set[IntentKey]
    intents: Sequence[Intent]
    mails: Counter[UUID]
    facts: Mapping[UUID, tuple[str, int]]
    dead_letters: Sequence[str] = ()


@dataclass
class Figures:
    """How much of each kind of fault was found, with a few examples of each."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    examples: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def found(self, fault: str, example: object) -> None:
        """Count a fault."""
        self.faults[fault] += 1
        if len(self.examples[fault]) < SHOWN:
            self.examples[fault].append(str(example))

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {number}" for name, number in self.counts.items())
        found = "; ".join(
            f"{number} × {fault}: {', '.join(self.examples[fault])}"
            for fault, number in self.faults.items()
        )
        return f"{counts} | {found or 'no fault'}"


# Every kind of fault that can be found.
LOST = "acknowledged and lost"
DOUBLED = "done more than once"
WRONG_VERSION = "acknowledged with another version"
WRONG_STORY = "ticket tells another story than was acknowledged"
UNPUBLISHED = "event not published"
NOT_IN_LOG = "event missing in the log"
INVERTED = "event before its predecessor"
NOT_APPLIED = "event not applied"
APPLIED_TWICE = "event applied twice"
BURIED = "dead letter"
INTENT_MISSING = "intent missing"
INTENT_DOUBLED = "intent doubled"
INTENT_UNEXPECTED = "intent that nobody asked for"
INTENT_UNSETTLED = "intent not settled"
MAIL_MISSING = "mail missing"
MAIL_DOUBLED = "mail doubled outside the known window"
MAIL_UNKNOWN = "mail of no intent"
FACT_WRONG = "figure differs from the ticket"


def compare(evidence: Evidence) -> Figures:
    """All that is wrong with a run."""
    figures = Figures()
    _check_effects(evidence, figures)
    _check_stories(evidence, figures)
    _check_log(evidence, figures)
    _check_applied(evidence, figures)
    _check_intents(evidence, figures)
    _check_mails(evidence, figures)
    _check_facts(evidence, figures)
    return figures


def _check_effects(evidence: Evidence, figures: Figures) -> None:
    """Each ticket and message is there once, whether or not its writer had to ask again."""
    for action in evidence.acknowledged:
        figures.counts["acknowledged"] += 1
        if action.told_version != action.version:
            figures.found(WRONG_VERSION, action)
        if action.wish in ("open", "customer_reply", "staff_reply", "note"):
            figures.counts["tickets" if action.wish == "open" else "messages"] += 1
            if evidence.effects[action.tag] == 0:
                figures.found(LOST, action)
    for tag, number in evidence.effects.items():
        if number > 1:
            figures.found(DOUBLED, tag)


def _check_stories(evidence: Evidence, figures: Figures) -> None:
    """The events of a ticket are those of the acknowledged wishes, in their order, and no others.

    Writers finish what they began, so nothing is there that was not acknowledged.
    """
    wished: defaultdict[UUID, list[str]] = defaultdict(list)
    for action in evidence.acknowledged:
        wished[action.ticket_id] += action.events
    told: defaultdict[UUID, list[tuple[int, str]]] = defaultdict(list)
    for said in evidence.said:
        told[said.aggregate_id].append((said.version, said.type))
    for ticket_id in wished.keys() | told.keys():
        expected = list(enumerate(wished[ticket_id], start=1))
        found = sorted(told[ticket_id])
        for missing in _without(expected, found):
            figures.found(LOST, (ticket_id, missing))
        for extra in _without(found, expected):
            figures.found(WRONG_STORY, (ticket_id, extra))


def _check_log(evidence: Evidence, figures: Figures) -> None:
    """Every event is in the log, and no version of a ticket was written before the one below it."""
    first: dict[UUID, Logged] = {}
    for logged in sorted(evidence.logged, key=lambda one: one.offset):
        figures.counts["log records"] += 1
        first.setdefault(logged.event_id, logged)
    written: defaultdict[UUID, list[Logged]] = defaultdict(list)
    for said in evidence.said:
        figures.counts["events"] += 1
        if not said.is_published:
            figures.found(UNPUBLISHED, said.event_id)
        if said.event_id not in first:
            figures.found(NOT_IN_LOG, (said.type, said.aggregate_id, said.version))
        else:
            written[said.aggregate_id].append(first[said.event_id])
    for ticket_id, records in written.items():
        for version in _turned(sorted(records, key=lambda one: one.version)):
            figures.found(INVERTED, (ticket_id, version))


def _check_applied(evidence: Evidence, figures: Figures) -> None:
    """The recording consumer applied every event once, in the order of versions."""
    for letter in evidence.dead_letters:
        figures.found(BURIED, letter)
    if evidence.applied is None:
        return
    times = Counter(applied.event_id for applied in evidence.applied)
    for said in evidence.said:
        if times[said.event_id] == 0:
            figures.found(NOT_APPLIED, (said.type, said.aggregate_id, said.version))
        elif times[said.event_id] > 1:
            figures.found(APPLIED_TWICE, (said.type, said.aggregate_id, said.version))
    last: Counter[UUID] = Counter()
    for applied in sorted(evidence.applied, key=lambda a: a.place):
        if applied.version != last[applied.aggregate_id] + 1:
            figures.found(INVERTED, (applied.aggregate_id, applied.version))
        last[applied.aggregate_id] = applied.version


def _check_intents(evidence: Evidence, figures: Figures) -> None:
    """Exactly the expected (event, rule, recipient, channel), each once, each settled."""
    found = Counter(intent.key for intent in evidence.intents)
    figures.counts["intents"] = len(evidence.intents)
    for key in evidence.expected_intents - found.keys():
        figures.found(INTENT_MISSING, key)
    for key, number in found.items():
        if number > 1:
            figures.found(INTENT_DOUBLED, key)
        if key not in evidence.expected_intents:
            figures.found(INTENT_UNEXPECTED, key)
    for intent in evidence.intents:
        if intent.state not in ("sent", "delivered", "read"):
            figures.found(INTENT_UNSETTLED, (intent.key, intent.state))


def _check_mails(evidence: Evidence, figures: Figures) -> None:
    """Every e-mail intent is in exactly one mail; a second copy only where it is counted as unknown."""
    letters = [intent for intent in evidence.intents if intent.channel == "email"]
    repeated = {intent.id for intent in letters if intent.is_repeat}
    figures.counts["mails"] = evidence.mails.total()
    figures.counts["counted as unknown"] = len(repeated)
    for mail_id in {letter.mail_id for letter in letters}:
        if evidence.mails[mail_id] == 0:
            figures.found(MAIL_MISSING, mail_id)
    known = {intent.mail_id for intent in letters}
    for mail_id, number in evidence.mails.items():
        if mail_id not in known:
            figures.found(MAIL_UNKNOWN, mail_id)
        elif number > 1 and mail_id in repeated:
            figures.counts["mails doubled inside the window"] += 1
        elif number > 1:
            figures.found(MAIL_DOUBLED, mail_id)


def _check_facts(evidence: Evidence, figures: Figures) -> None:
    """The figures service has every ticket as its last event left it."""
    last: dict[UUID, Said] = {}
    for said in sorted(evidence.said, key=lambda s: s.version):
        last[said.aggregate_id] = said
    for ticket_id, said in last.items():
        expected = (said.data["ticket"]["status"], said.version)
        if evidence.facts.get(ticket_id) != expected:
            figures.found(FACT_WRONG, (ticket_id, expected, evidence.facts.get(ticket_id)))


def _without(items: Iterable[Any], others: Iterable[Any]) -> list[Any]:
    left = Counter(items)
    left.subtract(Counter(others))
    return list(left.elements())


def _turned(records: Sequence[Logged]) -> Iterable[int]:
    """Versions that were appended before the one below them; a topic's own offsets are exact."""
    for before, after in pairwise(records):
        if after.time < before.time:
            yield after.version
    offsets: dict[str, int] = {}
    for one in records:
        if one.offset < offsets.get(one.type, -1):
            yield one.version
        offsets[one.type] = one.offset

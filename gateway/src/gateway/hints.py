"""Who is told of which hint: rules, and the words that go over the wire."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from shared.live import FIGURES_TYPE

EVERYTHING = "*"
STAFF = "staff"
_MAX_DIGITS = 19

QUEUE = b"event: queue\ndata: {}\n"
FIGURES = b"event: figures\ndata: {}\n"
RESYNC = b"event: resync\ndata: {}\n"
BEAT = b"event: beat\ndata: {}\n"


@dataclass(frozen=True, slots=True)
class Hint:
    """One entry of the stream; `who` is the requester's id, and public says whether they may know."""

    at: "Place"
    type: str
    subject: str
    version: int
    who: str
    is_public: bool

    @classmethod
    def of(cls, entry_id: str, fields: Mapping[str, str]) -> "Hint":
        """Read an entry; what it does not say is taken as internal."""
        version = fields.get("version", "")
        return cls(
            at=Place.parse(entry_id) or START,
            type=fields.get("type", ""),
            subject=fields.get("subject", ""),
            version=int(version) if version.isdecimal() and len(version) < _MAX_DIGITS else 0,
            who=fields.get("who", ""),
            is_public=fields.get("public") == "1",
        )

    @property
    def is_of_ticket(self) -> bool:
        """Whether a ticket changed."""
        return self.type.startswith("ticket.")

    @property
    def event(self) -> bytes:
        """The hint as an event of the stream, without its id."""
        data = orjson.dumps({"id": self.subject, "version": self.version})
        return b"event: ticket\ndata: " + data + b"\n"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the stream: Redis counts milliseconds, and within one of them."""

    ms: int
    nth: int

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """Read `1764000000000-0`; None for anything else."""
        ms, hyphen, nth = text.partition("-")
        if not (hyphen and ms.isdecimal() and nth.isdecimal() and len(text) <= 40):
            return None
        return cls(int(ms), int(nth))

    def __str__(self) -> str:
        return f"{self.ms}-{self.nth}"


START = Place(0, 0)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who listens. Customers and links name their person, a link also its one ticket.

    Staff name the tickets that were checked for them; `tickets` is None when they may hear of all.
    """

    person: str
    is_staff: bool = False
    is_link: bool = False
    tickets: frozenset[str] | None = frozenset()
    sees_figures: bool = False

    @property
    def key(self) -> str:
        """Whose streams are counted together."""
        return f"link:{','.join(self.tickets or ())}" if self.is_link else f"person:{self.person}"

    @property
    def topics(self) -> Iterator[str]:
        """Where to look for this audience when a hint comes in; `hears` then decides."""
        if self.is_staff:
            yield STAFF
        elif not self.is_link:
            yield self.person
        yield from [EVERYTHING] if self.tickets is None else self.tickets

    def hears(self, hint: Hint) -> bool:
        """Whether a ticket's hint is for them, with its id."""
        if not hint.is_of_ticket:
            return False
        if self.is_staff:
            return self.tickets is None or hint.subject in self.tickets
        if not hint.is_public or hint.who != self.person:
            return False
        return not self.is_link or hint.subject in (self.tickets or ())

    def shares(self, hints: Sequence[Hint]) -> dict[str, bytes]:
        """What all staff are told of some hints, without saying which tickets they are about."""
        told: dict[str, bytes] = {}
        if self.is_staff and any(hint.is_of_ticket for hint in hints):
            told["queue"] = QUEUE
        if self.sees_figures and any(hint.type == FIGURES_TYPE for hint in hints):
            told["figures"] = FIGURES
        return told


def topics_of(hint: Hint) -> tuple[str, ...]:
    """The topics under which those stand whom a ticket's hint may concern."""
    return (hint.who, hint.subject, EVERYTHING)


def events_for(audience: Audience, hints: Sequence[Hint]) -> dict[str, bytes]:
    """All that an audience is told of some hints; the newest stands for what is said twice."""
    told = {hint.subject: hint.event for hint in hints if audience.hears(hint)}
    return told | audience.shares(hints)

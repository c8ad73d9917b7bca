"""Makers of what tests are about: people who ask, events as they travel, stories of tickets."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.auth import Actor
from shared.events import identity as people
from shared.events import ticket as tickets
from shared.events.base import Envelope, Event
from shared.events.examples import example
from shared.ids import uuid7
from shared.inbox import Record
from shared.permissions import Permission
from shared.tracing import Cause

GATEWAY = Actor(id=None, kind="gateway")


def customer(user_id: UUID | None = None, **more: Any) -> Actor:
    """A customer who is logged in; holds no permission."""
    return Actor(id=user_id or uuid7(), kind="customer", **more)


def staff(*permissions: Permission, user_id: UUID | None = None, **more: Any) -> Actor:
    """An employee who holds exactly these permissions."""
    names = frozenset(str(permission) for permission in permissions)
    return Actor(id=user_id or uuid7(), kind="staff", perms=names, **more)


def admin(user_id: UUID | None = None, **more: Any) -> Actor:
    """An employee who may do everything."""
    return staff(*Permission, user_id=user_id, **more)


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def user_facts(**given: Any) -> people.UserFacts:
    """A customer with a verified address, unless told otherwise."""
    user_id = given.pop("id", uuid7())
    usual = {
        "id": user_id,
        "kind": "customer",
        "role": "customer",
        "name": "Siti Rahma",
        "email": f"siti-{user_id.hex[-8:]}@example.test",
        "is_email_verified": True,
    }
    return people.UserFacts(**{**usual, **given})


def agent_facts(**given: Any) -> people.UserFacts:
    """An active agent."""
    return user_facts(**{"kind": "staff", "role": "agent", "name": "Budi Santoso", **given})


def team_facts(**given: Any) -> people.TeamFacts:
    """An active team."""
    return people.TeamFacts(**{"id": uuid7(), "key": "noc", "name": "NOC", **given})


def ticket_facts(**given: Any) -> tickets.TicketFacts:
    """A new ticket that nobody has touched."""
    usual = {
        "id": uuid7(),
        "number": f"{uuid7().int % 100_000_000:08d}",
        "subject": "Internet mati sejak pagi",
        "status": "new",
        "priority": "normal",
        "category": "gangguan",
        "category_name": {"id": "Gangguan", "en": "Fault"},
        "channel": "web",
        "requester_id": uuid7(),
        "requester_name": "Siti Rahma",
        "created_at": now(),
        "link_id": uuid7(),
        "link_expires_at": now(),
    }
    return tickets.TicketFacts(**{**usual, **given})


def event(contract: type[Event], **given: Any) -> Event:
    """Any event, its other fields filled with examples."""
    return example(contract, **given)


def envelope(
    event: Event,
    version: int,
    subject: UUID,
    *,
    source: str = "test",
    time: datetime | None = None,
    schema_version: int | None = None,
) -> Envelope:
    """The event as it travels."""
    return Envelope(
        id=uuid7(),
        source=source,
        type=event.TYPE,
        time=time or now(),
        subject=subject,
        sequence=version,
        schema_version=schema_version or event.SCHEMA_VERSION,
        cause=Cause(),
        data=event.model_dump_json().encode(),
    )


def record(envelope: Envelope, *, partition: int = 0, offset: int = 0) -> Record:
    """The envelope as a consumer reads it."""
    return Record(envelope.type, partition, offset, tuple(envelope.headers()), envelope.data)


@dataclass
class TicketStory:
    """The events of one ticket, in order: each call gives the next, with the next version."""

    ticket: tickets.TicketFacts = field(default_factory=ticket_facts)
    version: int = 0

    def say(
        self,
        contract: type[Event],
        *,
        at: datetime | None = None,
        ticket: dict[str, Any] | None = None,
        **given: Any,
    ) -> Envelope:
        """The next event; `ticket` holds the facts that it changes."""
        self.ticket = self.ticket.model_copy(update=ticket or {})
        self.version += 0 if contract.is_snapshot() else 1
        spoken = event(contract, ticket=self.ticket, **given)
        return envelope(spoken, self.version, self.ticket.id, source="ticket-service", time=at)

    def created(self, *, at: datetime | None = None) -> Envelope:
        """`ticket.created`."""
        at = at or now()
        return self.say(tickets.TicketCreated, at=at, ticket={"created_at": at})

    def replied(self, *, at: datetime | None = None, **given: Any) -> Envelope:
        """`ticket.replied`, public; a first answer of staff is noted as such."""
        at = at or now()
        actor = given.setdefault("actor", person("staff"))
        is_first = actor.kind == "staff" and self.ticket.first_replied_at is None
        facts = {"first_replied_at": at} if is_first else {}
        given.setdefault("visibility", "public")
        return self.say(tickets.TicketReplied, at=at, ticket=facts, **given)

    def updated(self, *, at: datetime | None = None, **facts: Any) -> Envelope:
        """`ticket.updated` with these facts changed."""
        old = self.ticket.model_dump(mode="json")
        new = self.ticket.model_copy(update=facts).model_dump(mode="json")
        changes = {name: (old[name], new[name]) for name in facts}
        return self.say(tickets.TicketUpdated, at=at, ticket=facts, changes=changes)

    def pended(self, *, at: datetime | None = None) -> Envelope:
        """`ticket.pended`."""
        return self._turn(tickets.TicketPended, "pending", at)

    def held(self, *, at: datetime | None = None) -> Envelope:
        """`ticket.held`."""
        return self._turn(tickets.TicketHeld, "on_hold", at)

    def solved(self, *, at: datetime | None = None) -> Envelope:
        """`ticket.solved`."""
        return self._turn(tickets.TicketSolved, "solved", at, solved_at=at or now())

    def closed(self, *, at: datetime | None = None) -> Envelope:
        """`ticket.closed`."""
        return self._turn(tickets.TicketClosed, "closed", at, closed_at=at or now())

    def cancelled(self, *, at: datetime | None = None) -> Envelope:
        """`ticket.cancelled`."""
        return self._turn(tickets.TicketCancelled, "cancelled", at)

    def reopened(self, *, at: datetime | None = None) -> Envelope:
        """`ticket.reopened`: solved and closed no longer."""
        more = self.ticket.reopen_count + 1
        return self._turn(
            tickets.TicketReopened, "open", at, solved_at=None, closed_at=None, reopen_count=more
        )

    def merged(self, into: UUID | None = None, *, at: datetime | None = None) -> Envelope:
        """`ticket.merged`."""
        into = into or uuid7()
        return self._turn(
            tickets.TicketMerged, "merged", at, given={"into_id": into}, merged_into_id=into
        )

    def deleted(self, *, at: datetime | None = None) -> Envelope:
        """`ticket.deleted`."""
        return self.say(tickets.TicketDeleted, at=at, ticket={"is_deleted": True})

    def restored(self, *, at: datetime | None = None) -> Envelope:
        """`ticket.restored`."""
        return self.say(tickets.TicketRestored, at=at, ticket={"is_deleted": False})

    def rated(self, score: int = 5, *, at: datetime | None = None) -> Envelope:
        """`ticket.rated`."""
        return self.say(tickets.TicketRated, at=at, score=score)

    def snapshot(self, **given: Any) -> Envelope:
        """`ticket.snapshot` at the present version."""
        return self.say(tickets.TicketSnapshot, **given)

    def _turn(
        self,
        contract: type[Event],
        status: str,
        at: datetime | None,
        given: dict[str, Any] | None = None,
        **facts: Any,
    ) -> Envelope:
        before = self.ticket.status
        return self.say(
            contract,
            at=at,
            ticket={"status": status, **facts},
            previous_status=before,
            **(given or {}),
        )


def person(kind: tickets.ActorKind = "staff", user_id: UUID | None = None) -> tickets.PersonRef:
    """Who did something, as ticket events name it."""
    return tickets.PersonRef(id=user_id or uuid7(), name="Budi Santoso", kind=kind)

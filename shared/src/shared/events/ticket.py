"""What ticket-service says about tickets, from the first word to the last, and about categories."""

from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from shared.events.base import Event, Fact

Status = Literal["new", "open", "pending", "on_hold", "solved", "closed", "cancelled", "merged"]
Priority = Literal["low", "normal", "high", "urgent"]
Impact = Literal["down", "degraded", "intermittent"]
Channel = Literal["web", "staff", "api", "email", "whatsapp"]
Visibility = Literal["public", "internal"]
ActorKind = Literal["customer", "staff", "api_client", "link", "system"]

MAX_PUBLIC_TEXT_BYTES = 20 * 1024


class PersonRef(Fact):
    """Who did something; the name is empty when this service had not learnt it yet.

    `via_id` and `via_name` are the employee who did it in this person's place.
    """

    id: UUID | None
    name: str
    kind: ActorKind
    via_id: UUID | None = None
    via_name: str = ""


class TicketFacts(Fact):
    """The state of a ticket after the event, enough to write a message or a statistic about it.

    `number` is shown as `1234-5678`; `category_name` maps a language to the name; `link_id` and
    `link_expires_at` make the requester's signed link `/t/…` (purpose `ticket`). `organisation_id` is
    the one that the requester belonged to when it was opened; some of its people may see it.
    """

    id: UUID
    number: str
    subject: str
    status: Status
    priority: Priority
    category: str
    category_name: dict[str, str]
    channel: Channel
    impact: Impact | None = None
    tags: tuple[str, ...] = ()
    requester_id: UUID
    requester_name: str = ""
    assignee_id: UUID | None = None
    assignee_name: str = ""
    team_id: UUID | None = None
    team_name: str = ""
    service_line_id: UUID | None = None
    area_id: UUID | None = None
    follows_id: UUID | None = None
    merged_into_id: UUID | None = None
    created_at: datetime
    first_replied_at: datetime | None = None
    solved_at: datetime | None = None
    closed_at: datetime | None = None
    reopen_count: int = 0
    is_deleted: bool = False
    link_id: UUID
    link_expires_at: datetime
    organisation_id: UUID | None = None


class TicketEvent(Event):
    """What every ticket event carries: the ticket after it and who did it."""

    SCHEMA_VERSION: ClassVar[int] = 2
    ticket: TicketFacts
    actor: PersonRef


class TicketCreated(TicketEvent):
    """A ticket was opened; the description is cut to 20 KB, photos are only counted."""

    TYPE: ClassVar[str] = "ticket.created"
    SCHEMA_VERSION: ClassVar[int] = 3
    description: str
    attachment_count: int = 0


class TicketUpdated(TicketEvent):
    """Fields changed; `changes` maps each to its old and new value.

    Also says that work began or goes on: `status` from new, pending or on_hold to open.
    """

    TYPE: ClassVar[str] = "ticket.updated"
    changes: dict[str, tuple[Any, Any]]


class TicketReplied(TicketEvent):
    """A message was added. `body` is cut to 20 KB and None when internal; photos are only counted."""

    TYPE: ClassVar[str] = "ticket.replied"
    SCHEMA_VERSION: ClassVar[int] = 3
    message_id: UUID
    visibility: Visibility
    body: str | None = None
    mentioned_ids: tuple[UUID, ...] = ()
    attachment_count: int = 0


class TicketStateChanged(TicketEvent):
    """What the events of the state verbs have in common; `note` is public."""

    previous_status: Status
    note: str = ""


class TicketPended(TicketStateChanged):
    """The ticket waits for the customer."""

    TYPE: ClassVar[str] = "ticket.pended"


class TicketHeld(TicketStateChanged):
    """The ticket waits for a vendor or an outage."""

    TYPE: ClassVar[str] = "ticket.held"


class TicketSolved(TicketStateChanged):
    """Staff say that it is solved."""

    TYPE: ClassVar[str] = "ticket.solved"


class TicketClosed(TicketStateChanged):
    """The ticket is finished."""

    TYPE: ClassVar[str] = "ticket.closed"


class TicketCancelled(TicketStateChanged):
    """The ticket was withdrawn."""

    TYPE: ClassVar[str] = "ticket.cancelled"


class TicketReopened(TicketStateChanged):
    """A finished ticket is worked on again; `reopen_count` of the ticket went up."""

    TYPE: ClassVar[str] = "ticket.reopened"


class TicketMerged(TicketStateChanged):
    """The ticket goes on in another one."""

    TYPE: ClassVar[str] = "ticket.merged"
    into_id: UUID
    into_number: str


class TicketDeleted(TicketEvent):
    """Staff took the ticket out of sight, with a reason; it can be restored."""

    TYPE: ClassVar[str] = "ticket.deleted"
    reason: str


class TicketRestored(TicketEvent):
    """A deleted ticket is back."""

    TYPE: ClassVar[str] = "ticket.restored"


class TicketRated(TicketEvent):
    """The requester said how content they are, from 1 to 5; the last word counts."""

    TYPE: ClassVar[str] = "ticket.rated"
    score: int
    comment: str | None = None


class TicketSnapshot(Event):
    """The full present state of a ticket; `score` is what the requester said last."""

    TYPE: ClassVar[str] = "ticket.snapshot"
    SCHEMA_VERSION: ClassVar[int] = 3
    ticket: TicketFacts
    score: int | None = None


class CategoryFacts(Fact):
    """What a ticket can be about; `name` maps a language to the name."""

    id: UUID
    slug: str
    name: dict[str, str]
    team_id: UUID | None = None
    is_active: bool = True


class CategoryCreated(Event):
    """A category exists. Aggregate: category."""

    TYPE: ClassVar[str] = "category.created"
    category: CategoryFacts


class CategoryUpdated(Event):
    """A category changed its names, team, urgency, place or state."""

    TYPE: ClassVar[str] = "category.updated"
    category: CategoryFacts


class CategorySnapshot(Event):
    """The full present state of a category."""

    TYPE: ClassVar[str] = "category.snapshot"
    category: CategoryFacts


CONTRACTS: tuple[type[Event], ...] = (
    TicketCreated,
    TicketUpdated,
    TicketReplied,
    TicketPended,
    TicketHeld,
    TicketSolved,
    TicketClosed,
    TicketCancelled,
    TicketReopened,
    TicketMerged,
    TicketDeleted,
    TicketRestored,
    TicketRated,
    TicketSnapshot,
    CategoryCreated,
    CategoryUpdated,
    CategorySnapshot,
)

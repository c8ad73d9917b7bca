"""The rules of a ticket as pure functions: a ticket and a wish in, the new ticket and its events out."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from shared.auth import Actor
from shared.errors import Conflict, Forbidden, NotFound, Stale
from shared.events import ticket as events
from shared.events.ticket import (
    Channel,
    Impact,
    PersonRef,
    Priority,
    Status,
    TicketFacts,
)
from shared.permissions import Permission
from ticket_service.tickets.numbers import show_number

Verb = Literal["pend", "hold", "solve", "close", "cancel", "reopen"]
Urgency = Literal["low", "normal", "high"]

ACTIVE: tuple[Status, ...] = ("new", "open", "pending", "on_hold")
FINISHED: tuple[Status, ...] = ("solved", "closed", "cancelled")
LINK_LIFETIME = timedelta(days=180)
RATING_PERIOD = timedelta(days=30)
MAX_RATING_CHANGES = 10

# Verb → the states it starts from, the state it leads to, the event that says so.
TRANSITIONS: dict[Verb, tuple[tuple[Status, ...], Status, type[events.TicketStateChanged]]] = {
    "pend": (("new", "open", "on_hold"), "pending", events.TicketPended),
    "hold": (("new", "open", "pending"), "on_hold", events.TicketHeld),
    "solve": (ACTIVE, "solved", events.TicketSolved),
    "close": ((*ACTIVE, "solved"), "closed", events.TicketClosed),
    "cancel": (ACTIVE, "cancelled", events.TicketCancelled),
    "reopen": (FINISHED, "open", events.TicketReopened),
}

# What customers may do with their own tickets, and from which states.
CUSTOMER_VERBS: dict[Verb, tuple[Status, ...]] = {
    "close": ("solved",),
    "cancel": ACTIVE,
    "reopen": ("solved",),
}

_PRIORITY: dict[Impact | None, dict[Urgency, Priority]] = {
    "down": {"low": "normal", "normal": "high", "high": "urgent"},
    "degraded": {"low": "low", "normal": "normal", "high": "high"},
    "intermittent": {"low": "low", "normal": "normal", "high": "high"},
    None: {"low": "low", "normal": "normal", "high": "normal"},
}

# Changes of these fields concern the customer too; the others stay among staff.
PUBLIC_FIELDS = frozenset({"status", "subject", "category", "assignee"})


class TicketNotFound(NotFound):
    """There is no such ticket, or it is not yours to see."""


class TicketChangedMeanwhile(Stale):
    """Somebody else changed this ticket meanwhile. Look at the new state, then decide again."""


class WrongState(Conflict):
    """The ticket's state does not allow this."""


class TicketIsMerged(Conflict):
    """This ticket goes on in another one."""


class CannotMergeIntoItself(Conflict):
    """A ticket cannot be merged into itself."""


class TicketIsDeleted(Conflict):
    """This ticket is deleted. Restore it first."""


class OnlyRequesterRates(Forbidden):
    """Only the person who reported it can say how it went."""


class RatingPeriodIsOver(Conflict):
    """This ticket ended too long ago to be rated."""


class RatingChangedTooOften(Conflict):
    """This rating was changed many times already. It stays as it is now."""


@dataclass(frozen=True, slots=True)
class Category:
    """What a ticket is about, as much of it as the ticket's rules need."""

    id: UUID
    slug: str
    name: dict[str, str]
    urgency: Urgency
    team_id: UUID | None
    team_name: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket with the names that its events carry."""

    id: UUID
    version: int
    number: str
    subject: str
    description: str
    status: Status
    priority: Priority
    category_id: UUID
    category: str
    category_name: dict[str, str]
    channel: Channel
    requester_id: UUID
    requester_name: str
    link_id: UUID
    link_expires_at: datetime
    created_at: datetime
    updated_at: datetime
    impact: Impact | None = None
    tags: tuple[str, ...] = ()
    assignee_id: UUID | None = None
    assignee_name: str = ""
    team_id: UUID | None = None
    team_name: str = ""
    service_line_id: UUID | None = None
    area_id: UUID | None = None
    organisation_id: UUID | None = None
    follows_id: UUID | None = None
    merged_into_id: UUID | None = None
    last_message_by: Literal["customer", "staff"] | None = None
    reopen_count: int = 0
    first_replied_at: datetime | None = None
    solved_at: datetime | None = None
    closed_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_reason: str | None = None

    @property
    def is_active(self) -> bool:
        """Whether somebody still has to do something."""
        return self.status in ACTIVE


@dataclass(frozen=True, slots=True)
class Step:
    """A ticket after some events; each took one version, in order."""

    ticket: Ticket
    written: tuple[events.TicketEvent, ...] = ()

    def then(self, following: "Step") -> "Step":
        """This step and the next one as one."""
        return Step(following.ticket, self.written + following.written)


@dataclass(frozen=True, slots=True)
class Message:
    """Something written on a ticket."""

    id: UUID
    ticket_id: UUID
    author: PersonRef
    visibility: events.Visibility
    body: str
    created_at: datetime
    mentioned_ids: tuple[UUID, ...] = field(default=())
    attachment_count: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """What a customer says about how it went."""

    score: int
    comment: str | None


@dataclass(frozen=True, slots=True)
class Rated:
    """What was said last, and how many times something was."""

    said: Said | None
    times: int


def priority_for(impact: Impact | None, urgency: Urgency) -> Priority:
    """Impact (what the customer says) × urgency (what the category is worth)."""
    return _PRIORITY[impact][urgency]


def open_ticket(ticket: Ticket, actor: PersonRef, attachment_count: int = 0) -> Step:
    """A new ticket; its first event is version 1."""
    return _happened(
        replace(ticket, version=0),
        events.TicketCreated,
        actor,
        description=cut(ticket.description),
        attachment_count=attachment_count,
    )


def edit(ticket: Ticket, actor: PersonRef, at: datetime, **wanted: Any) -> Step:
    """Change plain fields; nothing happens, and no event is written, when nothing is different."""
    _must_not_be_merged(ticket)
    old = {name: getattr(ticket, name) for name in wanted}
    different = [name for name, value in wanted.items() if value != old[name]]
    if not different:
        return Step(ticket)
    changed = replace(ticket, **wanted, updated_at=at)
    shown = {
        _shown_name(n): (_shown(ticket, n), _shown(changed, n)) for n in different if _is_shown(n)
    }
    return _happened(changed, events.TicketUpdated, actor, changes=shown)


def assign(
    ticket: Ticket,
    actor: PersonRef,
    at: datetime,
    *,
    assignee: tuple[UUID | None, str],
    team: tuple[UUID | None, str],
) -> Step:
    """Give the ticket to a person and/or a team; a new one is open as soon as a person has it."""
    _must_be(ticket, ACTIVE, "assign")
    wanted: dict[str, Any] = {"assignee_id": assignee[0], "assignee_name": assignee[1]}
    wanted |= {"team_id": team[0], "team_name": team[1]}
    if ticket.status == "new" and assignee[0]:
        wanted["status"] = "open"
    return edit(ticket, actor, at, **wanted)


def change_state(ticket: Ticket, verb: Verb, actor: PersonRef, note: str, at: datetime) -> Step:
    """Apply one of the state verbs, if the state allows it to this kind of actor."""
    sources, target, event = TRANSITIONS[verb]
    _must_be(ticket, sources if actor.kind == "staff" else CUSTOMER_VERBS.get(verb, ()), verb)
    changed = replace(
        ticket,
        status=target,
        updated_at=at,
        solved_at=_solved_at(ticket, target, at),
        closed_at=at if target in ("closed", "cancelled") else None,
        reopen_count=ticket.reopen_count + (verb == "reopen"),
    )
    return _happened(changed, event, actor, previous_status=ticket.status, note=note)


def reply(ticket: Ticket, message: Message, actor: PersonRef) -> Step:
    """Add a public message: staff's begins the work, the customer's wakes a waiting or solved ticket."""
    _must_be(ticket, (*ACTIVE, "solved"), "reply")
    by: Literal["customer", "staff"] = "staff" if actor.kind == "staff" else "customer"
    at = message.created_at
    first = ticket.first_replied_at or (at if by == "staff" else None)
    said = _happened(
        replace(ticket, last_message_by=by, first_replied_at=first, updated_at=at),
        events.TicketReplied,
        actor,
        message_id=message.id,
        visibility="public",
        body=cut(message.body),
        attachment_count=message.attachment_count,
    )
    if by == "customer" and ticket.status == "solved":
        return said.then(change_state(said.ticket, "reopen", actor, "", at))
    wakes = ("pending", "on_hold") if by == "customer" else ("new",)
    if ticket.status in wakes:
        return said.then(edit(said.ticket, actor, at, status="open"))
    return said


def note(ticket: Ticket, message: Message, actor: PersonRef) -> Step:
    """Add an internal message; its text leaves this service in no event."""
    _must_not_be_merged(ticket)
    return _happened(
        replace(ticket, updated_at=message.created_at),
        events.TicketReplied,
        actor,
        message_id=message.id,
        visibility="internal",
        mentioned_ids=message.mentioned_ids,
        attachment_count=message.attachment_count,
    )


def rate(ticket: Ticket, actor: PersonRef, said: Said, before: Rated, at: datetime) -> Step:
    """What the requester says about the way it was handled; within thirty days they may say it anew.

    Who says the same again has said nothing.
    """
    if actor.id != ticket.requester_id or actor.via_id:
        raise OnlyRequesterRates
    _must_be(ticket, ("solved", "closed"), "rate")
    if not is_ratable(ticket, at):
        raise RatingPeriodIsOver(days=RATING_PERIOD.days)
    if said == before.said:
        return Step(ticket)
    if before.times > MAX_RATING_CHANGES:
        raise RatingChangedTooOften(max_changes=MAX_RATING_CHANGES)
    return _happened(
        replace(ticket, updated_at=at),
        events.TicketRated,
        actor,
        score=said.score,
        comment=said.comment,
    )


def is_ratable(ticket: Ticket, at: datetime) -> bool:
    """Whether the ticket ended well, not too long ago."""
    ended_at = ticket.closed_at or ticket.solved_at
    if ticket.status not in ("solved", "closed") or ended_at is None:
        return False
    return at - ended_at <= RATING_PERIOD


def merge(ticket: Ticket, into: Ticket, actor: PersonRef, at: datetime) -> Step:
    """Let a ticket go on in another one of the same customer's or of anybody's, as staff decide."""
    if ticket.id == into.id:
        raise CannotMergeIntoItself
    _must_be(ticket, (*ACTIVE, "solved"), "merge")
    _must_be(into, (*ACTIVE, "solved"), "merge")
    changed = replace(ticket, status="merged", merged_into_id=into.id, updated_at=at)
    return _happened(
        changed,
        events.TicketMerged,
        actor,
        previous_status=ticket.status,
        into_id=into.id,
        into_number=show_number(into.number),
    )


def delete(ticket: Ticket, actor: PersonRef, reason: str, at: datetime) -> Step:
    """Take a ticket out of sight; nothing is lost."""
    if ticket.deleted_at:
        raise TicketIsDeleted
    changed = replace(ticket, deleted_at=at, deleted_reason=reason, updated_at=at)
    return _happened(changed, events.TicketDeleted, actor, reason=reason)


def restore(ticket: Ticket, actor: PersonRef, at: datetime) -> Step:
    """Bring a deleted ticket back as it was."""
    if not ticket.deleted_at:
        raise WrongState(status=ticket.status, verb="restore")
    changed = replace(ticket, deleted_at=None, deleted_reason=None, updated_at=at)
    return _happened(changed, events.TicketRestored, actor)


def forget_requester(ticket: Ticket, at: datetime) -> Step:
    """Whoever reported it is no longer known; what they called it becomes what it was about."""
    subject = ticket.category_name["id"]
    return _happened(
        replace(ticket, subject=subject, requester_name="", updated_at=at),
        events.TicketUpdated,
        PersonRef(id=None, name="", kind="system"),
        changes={"subject": ("", subject)},
    )


def may_act(ticket: Ticket, actor: Actor) -> bool:
    """Whether somebody who sees a ticket may do something with it.

    Customers may with their own; with those of their organisation only when they manage it.
    """
    if actor.kind != "customer" or ticket.requester_id == actor.id:
        return True
    return ticket.organisation_id in actor.manages


def forget_writer(ticket: Ticket, at: datetime) -> Step:
    """Somebody who wrote on it is no longer known, and what they wrote has gone."""
    return _happened(
        replace(ticket, updated_at=at),
        events.TicketUpdated,
        PersonRef(id=None, name="", kind="system"),
        changes={"words": ("", "")},
    )


def opens_follow_up(ticket: Ticket, actor: PersonRef) -> bool:
    """Whether a reply belongs into a new ticket: a customer's, after the end of this one."""
    return actor.kind != "staff" and ticket.status in ("closed", "cancelled")


def is_rater(ticket: Ticket, actor: Actor) -> bool:
    """Whether this is the customer themself: an employee in their place has no opinion of theirs."""
    return actor.id == ticket.requester_id and actor.impersonator is None


def verbs_for(ticket: Ticket, actor: Actor, at: datetime) -> list[str]:
    """What this actor may do with the ticket now; pages show these buttons and no others."""
    if ticket.deleted_at:
        return ["restore"] if actor.may(Permission.TICKET_DELETE) else []
    rate = ["rate"] if is_rater(ticket, actor) and is_ratable(ticket, at) else []
    if actor.is_staff:
        return _staff_verbs(ticket, actor) + rate
    if not may_act(ticket, actor):
        return []
    verbs = [verb for verb, sources in CUSTOMER_VERBS.items() if ticket.status in sources]
    can_write = ticket.status != "merged"
    own = [] if actor.kind == "link" else list(verbs)
    return (["reply"] if can_write else []) + own + rate


def _staff_verbs(ticket: Ticket, actor: Actor) -> list[str]:
    is_merged = ticket.status == "merged"
    can_reply = ticket.is_active or ticket.status == "solved"
    wishes: list[tuple[str, Permission, bool]] = [
        ("reply", Permission.TICKET_REPLY, can_reply),
        ("note", Permission.TICKET_NOTE, not is_merged),
        ("edit", Permission.TICKET_EDIT, not is_merged),
        ("assign", Permission.TICKET_ASSIGN, ticket.is_active),
        *(
            (verb, Permission.TICKET_CHANGE_STATE, ticket.status in sources)
            for verb, (sources, _, _) in TRANSITIONS.items()
        ),
        ("merge", Permission.TICKET_MERGE, can_reply),
        ("delete", Permission.TICKET_DELETE, True),
    ]
    return [
        verb for verb, permission, is_possible in wishes if is_possible and actor.may(permission)
    ]


def facts(ticket: Ticket) -> TicketFacts:
    """The ticket as its events show it."""
    return TicketFacts(
        id=ticket.id,
        number=show_number(ticket.number),
        subject=ticket.subject,
        status=ticket.status,
        priority=ticket.priority,
        category=ticket.category,
        category_name=ticket.category_name,
        channel=ticket.channel,
        impact=ticket.impact,
        tags=ticket.tags,
        requester_id=ticket.requester_id,
        requester_name=ticket.requester_name,
        assignee_id=ticket.assignee_id,
        assignee_name=ticket.assignee_name,
        team_id=ticket.team_id,
        team_name=ticket.team_name,
        service_line_id=ticket.service_line_id,
        area_id=ticket.area_id,
        follows_id=ticket.follows_id,
        merged_into_id=ticket.merged_into_id,
        created_at=ticket.created_at,
        first_replied_at=ticket.first_replied_at,
        solved_at=ticket.solved_at,
        closed_at=ticket.closed_at,
        reopen_count=ticket.reopen_count,
        is_deleted=ticket.deleted_at is not None,
        link_id=ticket.link_id,
        link_expires_at=ticket.link_expires_at,
        organisation_id=ticket.organisation_id,
    )


def cut(text: str) -> str:
    """At most 20 KB of text for an event, cut between characters."""
    return text.encode()[: events.MAX_PUBLIC_TEXT_BYTES].decode(errors="ignore")


def visibility_of(event: events.TicketEvent) -> events.Visibility:
    """Whether the customer's timeline shows an event."""
    if isinstance(event, events.TicketReplied):
        return event.visibility
    if isinstance(event, events.TicketDeleted | events.TicketRestored):
        return "internal"
    if isinstance(event, events.TicketUpdated):
        return "public" if PUBLIC_FIELDS & event.changes.keys() else "internal"
    return "public"


def _happened(
    ticket: Ticket, event: type[events.TicketEvent], actor: PersonRef, **data: Any
) -> Step:
    after = replace(ticket, version=ticket.version + 1)
    return Step(after, (event(ticket=facts(after), actor=actor, **data),))


def _must_be(ticket: Ticket, sources: tuple[Status, ...], verb: str) -> None:
    if ticket.deleted_at:
        raise TicketIsDeleted
    _must_not_be_merged(ticket)
    if ticket.status not in sources:
        raise WrongState(status=ticket.status, verb=verb)


def _must_not_be_merged(ticket: Ticket) -> None:
    if ticket.deleted_at:
        raise TicketIsDeleted
    if ticket.status == "merged":
        raise TicketIsMerged(into=str(ticket.merged_into_id))


def _solved_at(ticket: Ticket, target: Status, at: datetime) -> datetime | None:
    if target in ("solved", "closed"):
        return ticket.solved_at or at
    return None


def _is_shown(name: str) -> bool:
    return name not in ("assignee_name", "team_name", "category_id", "category_name")


def _shown_name(name: str) -> str:
    return name.removesuffix("_id")


def _shown(ticket: Ticket, name: str) -> Any:
    """People and teams appear by name in a change, for those who read it later."""
    if name in ("assignee_id", "team_id"):
        return getattr(ticket, name.replace("_id", "_name")) or None
    value = getattr(ticket, name)
    return list(value) if isinstance(value, tuple) else value

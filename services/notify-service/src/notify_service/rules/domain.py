"""Which event tells whom: the table of rules, and what a message needs to know of an event."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from shared.events import identity
from shared.events import ticket as events
from shared.events.identity import NotificationKind
from shared.events.ticket import TicketEvent, TicketFacts
from shared.ids import derived_id

Audience = Literal["requester", "assignee", "team"]
Joining = Literal["never", "ticket", "queue"]
Change = Literal["pended", "held", "resumed", "reopened", "cancelled", "merged"]

# Messages of one topic to one person are joined: those about a ticket, those about the queue.
QUEUE_TOPIC = derived_id("topic", "queue")
MAX_DESCRIPTION = 2000

# Messages about the account itself: fixed texts, so that they may go to an address nobody has proven.
LINK_RULES: dict[identity.LinkPurpose, str] = {
    "verify": "verify",
    "invite": "invite",
    "reset": "reset",
    "account_exists": "account_exists",
}
# The same with a link or a code, announced by the name of the text; the first ones go to phones.
PHONE_RULES = frozenset({"phone_code", "number_replaced"})
ANNOUNCED_RULES = PHONE_RULES | {"email_proof", "email_changed", "phone_changed", "new_sign_in"}
PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a rule
SECURITY_CHANGED = "security_changed"
ACCOUNT_RULES = frozenset(
    {*LINK_RULES.values(), *ANNOUNCED_RULES, PASSWORD_CHANGED, SECURITY_CHANGED}
)


def _always(_: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table; the name is also that of the templates of its message.

    `joining` says with what quick further messages to the same person are joined. Whoever did
    something is told of it only where `tells_actor`, as a receipt. `kind` is what people switch on
    and off, where that is not called like the rule.
    """

    name: str
    on: tuple[type[TicketEvent], ...]
    audience: Audience
    when: Callable[[Any], bool] = _always
    joining: Joining = "ticket"
    tells_actor: bool = False
    kind: NotificationKind | None = None

    @property
    def switch(self) -> str:
        """The kind of message that a person mutes to be told nothing by this rule."""
        return self.kind or self.name


@dataclass(frozen=True, slots=True)
class Telling:
    """A rule that holds for an event, and whom it tells: one person, or a team without `spared`."""

    rule: Rule
    topic: UUID | None
    recipient_id: UUID | None = None
    team_id: UUID | None = None
    spared: tuple[UUID, ...] = ()


def is_from_customer(event: TicketEvent) -> bool:
    """Whether the requester's side did it: in person, by signed link, or a colleague of theirs."""
    actor = event.actor
    return actor.kind in ("customer", "link") or actor.id == event.ticket.requester_id


def has_new_assignee(event: TicketEvent) -> bool:
    """Whether the event gave the ticket to a person."""
    if isinstance(event, events.TicketUpdated):
        return not {"assignee", "assignee_id"}.isdisjoint(event.changes)
    return True


def change_of(event: TicketEvent) -> Change | None:
    """What the requester reads about a new state, where it is worth a message."""
    if isinstance(event, events.TicketUpdated):
        old, new = event.changes.get("status", (None, None))
        return "resumed" if new == "open" and old in ("pending", "on_hold") else None
    return _CHANGES.get(type(event))


_CHANGES: dict[type[TicketEvent], Change] = {
    events.TicketPended: "pended",
    events.TicketHeld: "held",
    events.TicketReopened: "reopened",
    events.TicketCancelled: "cancelled",
    events.TicketMerged: "merged",
}


def _is_public(event: events.TicketReplied) -> bool:
    return event.visibility == "public"


RULES: tuple[Rule, ...] = (
    Rule(
        "received",
        on=(events.TicketCreated,),
        audience="requester",
        joining="never",
        tells_actor=True,
    ),
    Rule(
        "assigned",
        on=(events.TicketCreated, events.TicketUpdated),
        audience="assignee",
        when=has_new_assignee,
    ),
    Rule(
        "new_ticket",
        on=(events.TicketCreated,),
        audience="team",
        joining="queue",
    ),
    Rule(
        "replied",
        on=(events.TicketReplied,),
        audience="requester",
        when=lambda event: _is_public(event) and not is_from_customer(event),
    ),
    Rule(
        "customer_replied",
        on=(events.TicketReplied,),
        audience="assignee",
        when=lambda event: _is_public(event) and is_from_customer(event),
    ),
    Rule(
        "state_changed",
        on=(events.TicketUpdated, *_CHANGES),
        audience="requester",
        when=lambda event: change_of(event) is not None,
        kind="progress",
    ),
    Rule(
        "solved",
        on=(events.TicketSolved,),
        audience="requester",
        joining="never",
    ),
    Rule(
        "closed",
        on=(events.TicketClosed,),
        audience="requester",
        joining="never",
        kind="solved",
    ),
)

TICKET_EVENTS: tuple[type[TicketEvent], ...] = tuple(
    dict.fromkeys(contract for rule in RULES for contract in rule.on)
)


def tellings_of(event: TicketEvent) -> list[Telling]:
    """Everybody to be told of an event, by rule; nobody twice, and never the actor of their own act."""
    found = [
        telling
        for rule in RULES
        if isinstance(event, rule.on) and rule.when(event)
        for telling in _tellings(rule, event)
    ]
    direct = tuple(t.recipient_id for t in found if t.recipient_id)
    return [t if t.team_id is None else _sparing(t, direct) for t in found]


def _tellings(rule: Rule, event: TicketEvent) -> list[Telling]:
    ticket = event.ticket
    topic = {"never": None, "ticket": ticket.id, "queue": QUEUE_TOPIC}[rule.joining]
    if rule.audience == "team":
        spared = (event.actor.id,) if event.actor.id else ()
        return (
            [Telling(rule, topic, team_id=ticket.team_id, spared=spared)] if ticket.team_id else []
        )
    person = ticket.requester_id if rule.audience == "requester" else ticket.assignee_id
    is_own_act = person == event.actor.id and not rule.tells_actor
    return [Telling(rule, topic, recipient_id=person)] if person and not is_own_act else []


def _sparing(telling: Telling, people: tuple[UUID, ...]) -> Telling:
    """The team without those who are told of the same event by another rule."""
    return Telling(
        telling.rule, telling.topic, team_id=telling.team_id, spared=telling.spared + people
    )


def facts_for_message(event: TicketEvent) -> dict[str, Any]:
    """What templates may use of an event; an internal note has no rule, so none is ever kept here."""
    return {
        **_ticket_facts(event.ticket),
        "actor_id": str(event.actor.id) if event.actor.id else "",
        "actor_name": event.actor.name,
        "actor_kind": event.actor.kind,
        "change": change_of(event),
        "text": _text_of(event),
    }


def _text_of(event: TicketEvent) -> str:
    if isinstance(event, events.TicketCreated):
        return event.description[:MAX_DESCRIPTION]
    if isinstance(event, events.TicketReplied):
        return (event.body or "") if event.visibility == "public" else ""
    return event.note if isinstance(event, events.TicketStateChanged) else ""


def _ticket_facts(ticket: TicketFacts) -> dict[str, Any]:
    return {
        "number": show_number(ticket.number),
        "subject": ticket.subject,
        "status": ticket.status,
        "priority": ticket.priority,
        "category": ticket.category,
        "category_name": ticket.category_name,
        "requester_id": str(ticket.requester_id),
        "requester_name": ticket.requester_name,
        "assignee_id": str(ticket.assignee_id) if ticket.assignee_id else "",
        "assignee_name": ticket.assignee_name,
        "team_name": ticket.team_name,
        "link_id": str(ticket.link_id),
        "link_expires_at": ticket.link_expires_at.isoformat(),
    }


def show_number(number: str) -> str:
    """A ticket number as people see it, `1234-5678`."""
    digits = number.replace("-", "")
    middle = len(digits) // 2
    return f"{digits[:middle]}-{digits[middle:]}"

"""One function per thing that can be done with a ticket: load, decide, save, write the events."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from prometheus_client import Counter

from shared import outbox
from shared.auth import Actor, NotPermitted
from shared.db import Tx
from shared.errors import FieldError, Invalid
from shared.events.ticket import Channel, PersonRef, TicketEvent
from shared.ids import uuid7
from shared.links import LinkKeys, LinkNotValid, verify_link
from shared.permissions import Permission
from ticket_service.attachments import queries as attachments
from ticket_service.attachments.handlers import attach
from ticket_service.conversation import queries as conversation
from ticket_service.conversation.schemas import AuthorOut, MessageOut
from ticket_service.directory import queries as directory
from ticket_service.tickets import domain, queries
from ticket_service.tickets.domain import Message, Step, Ticket, Verb
from ticket_service.tickets.numbers import draw_number, parse_number, show_number
from ticket_service.tickets.schemas import (
    AssignTicket,
    ChangeState,
    DeleteTicket,
    EditTicket,
    LinkToken,
    MergeTicket,
    NoteOnTicket,
    OpenedLinkOut,
    OpenTicket,
    OpenTicketForCaller,
    ReplyOut,
    ReplyToTicket,
    TicketOut,
)
from ticket_service.tickets.sight import sight_of

TICKETS_CREATED = Counter("tickets_created_total", "Tickets opened, by way in.", ["channel"])

_EXPANDED_MESSAGES = 100
_EXPANDED_ENTRIES = 200


async def open_ticket(tx: Tx, actor: Actor, command: OpenTicket, channel: Channel) -> TicketOut:
    """Open a ticket for the one who asks."""
    assert actor.id is not None
    return await _open(tx, actor, actor.id, command, channel)


async def open_ticket_for_caller(tx: Tx, actor: Actor, command: OpenTicketForCaller) -> TicketOut:
    """Open a ticket for a customer who called or wrote elsewhere."""
    if not await directory.is_customer(tx, command.requester_id):
        detail = "There is no such active customer."
        raise Invalid(FieldError("/requester_id", detail, "unknown_customer"))
    return await _open(tx, actor, command.requester_id, command, "staff")


async def edit_ticket(
    tx: Tx, actor: Actor, number: str, command: EditTicket, expected: int | None
) -> TicketOut:
    """Change subject, category, priority or tags."""
    ticket = await lock_ticket(tx, actor, number, expected)
    wanted: dict[str, Any] = command.model_dump(exclude_none=True, exclude={"category"})
    if command.tags is not None:
        wanted["tags"] = tuple(dict.fromkeys(command.tags))
    if command.category is not None and command.category != ticket.category:
        category = await _category(tx, command.category)
        wanted |= {
            "category_id": category.id,
            "category": category.slug,
            "category_name": category.name,
        }
    step = domain.edit(ticket, await person_of(tx, actor), _now(), **wanted)
    return await save_ticket(tx, actor, ticket, step)


async def assign_ticket(
    tx: Tx, actor: Actor, number: str, command: AssignTicket, expected: int | None
) -> TicketOut:
    """Give a ticket to a person and/or a team, or take it away."""
    ticket = await lock_ticket(tx, actor, number, expected)
    assignee: tuple[UUID | None, str] = (ticket.assignee_id, ticket.assignee_name)
    team: tuple[UUID | None, str] = (ticket.team_id, ticket.team_name)
    if "assignee_id" in command.model_fields_set:
        assignee = await _assignee(tx, command.assignee_id)
    if "team_id" in command.model_fields_set:
        team = await _team(tx, command.team_id)
    step = domain.assign(ticket, await person_of(tx, actor), _now(), assignee=assignee, team=team)
    return await save_ticket(tx, actor, ticket, step)


async def change_ticket_state(
    tx: Tx,
    actor: Actor,
    number: str,
    verb: Verb,
    command: ChangeState,
    expected: int | None,
) -> TicketOut:
    """Pend, hold, solve, close, cancel or reopen."""
    if actor.is_staff:
        actor.need(Permission.TICKET_CHANGE_STATE)
    ticket = await lock_ticket(tx, actor, number, expected)
    person = await person_of(tx, actor)
    return await save_ticket(
        tx,
        actor,
        ticket,
        domain.change_state(ticket, verb, person, command.note, _now()),
    )


async def merge_ticket(
    tx: Tx, actor: Actor, number: str, command: MergeTicket, expected: int | None
) -> TicketOut:
    """Let a ticket go on in another one; both must be in the actor's sight."""
    numbers = sorted((parse_number(number), parse_number(command.into)))
    locked = {n: await queries.lock_ticket(tx, n, sight_of(actor)) for n in numbers}
    ticket, into = locked[parse_number(number)], locked[parse_number(command.into)]
    if ticket is None:
        raise domain.TicketNotFound
    if into is None:
        raise Invalid(FieldError("/into", "There is no such ticket.", "unknown_ticket"))
    _must_match(ticket, expected)
    step = domain.merge(ticket, into, await person_of(tx, actor), _now())
    return await save_ticket(tx, actor, ticket, step)


async def delete_ticket(
    tx: Tx, actor: Actor, number: str, command: DeleteTicket, expected: int | None
) -> None:
    """Take a ticket out of sight, with a reason."""
    ticket = await lock_ticket(tx, actor, number, expected)
    person = await person_of(tx, actor)
    await save_ticket(tx, actor, ticket, domain.delete(ticket, person, command.reason, _now()))


async def restore_ticket(tx: Tx, actor: Actor, number: str, expected: int | None) -> TicketOut:
    """Bring a deleted ticket back."""
    ticket = await lock_ticket(tx, actor, number, expected)
    return await save_ticket(
        tx, actor, ticket, domain.restore(ticket, await person_of(tx, actor), _now())
    )


async def reply_to_ticket(tx: Tx, actor: Actor, number: str, command: ReplyToTicket) -> ReplyOut:
    """Write to the customer, or as the customer; after the end of a ticket a follow-up is opened."""
    if actor.is_staff:
        actor.need(Permission.TICKET_REPLY)
    ticket = await lock_ticket(tx, actor, number, None)
    person = await person_of(tx, actor)
    if domain.opens_follow_up(ticket, person):
        ticket = await _open_follow_up(tx, person, ticket, command)
    count = len(command.attachment_ids)
    message = _message(ticket, person, "public", command.body, count)
    step = domain.reply(ticket, message, person)
    if command.then and actor.is_staff:
        actor.need(Permission.TICKET_CHANGE_STATE)
        ended = domain.change_state(step.ticket, command.then, person, "", message.created_at)
        step = step.then(ended)
    return await _say(tx, actor, ticket, step, message, command.attachment_ids)


async def note_on_ticket(tx: Tx, actor: Actor, number: str, command: NoteOnTicket) -> ReplyOut:
    """Write a message that only staff can read."""
    ticket = await lock_ticket(tx, actor, number, None)
    person = await person_of(tx, actor)
    message = replace(
        _message(ticket, person, "internal", command.body, len(command.attachment_ids)),
        mentioned_ids=tuple(await directory.active_staff_among(tx, command.mentioned_ids)),
    )
    step = domain.note(ticket, message, person)
    return await _say(tx, actor, ticket, step, message, command.attachment_ids)


async def ticket_page(
    connection: Tx, actor: Actor, number: str, expand: frozenset[str]
) -> TicketOut:
    """A ticket with what its page shows, in one call."""
    found = await queries.ticket_by_number(connection, parse_number(number), sight_of(actor))
    if found is None:
        raise domain.TicketNotFound
    ticket, out, has_attachments = found
    _for(actor, ticket, out)
    if "messages" in expand:
        out.messages = await conversation.last_messages_of(
            connection,
            ticket.id,
            with_internal=actor.is_staff,
            limit=_EXPANDED_MESSAGES,
        )
    if "timeline" in expand:
        out.timeline = await conversation.last_entries_of(
            connection,
            ticket.id,
            with_internal=actor.is_staff,
            limit=_EXPANDED_ENTRIES,
        )
    if has_attachments:
        await _show_attachments(connection, actor, out)
    return out


async def ticket_version(connection: Tx, actor: Actor, number: str) -> int | None:
    """The version of a ticket, if the actor may see it."""
    return await queries.version_by_number(connection, parse_number(number), sight_of(actor))


async def _show_attachments(connection: Tx, actor: Actor, out: TicketOut) -> None:
    found = await attachments.attachments_of(connection, out.id, with_internal=actor.is_staff)
    out.attachments = found.get(None, [])
    for message in out.messages or []:
        message.attachments = found.get(message.id, [])


async def visible_ticket_id(connection: Tx, actor: Actor, number: str) -> UUID:
    """The id behind a number, or `TicketNotFound`."""
    found = await queries.ticket_id_by_number(connection, parse_number(number), sight_of(actor))
    if found is None:
        raise domain.TicketNotFound
    return found


async def open_link(connection: Tx, keys: LinkKeys, command: LinkToken) -> OpenedLinkOut:
    """What a signed link `/t/…` speaks for."""
    link_id = verify_link(keys, "ticket", command.token, _now())
    row = await queries.linked_ticket(connection, link_id)
    if row is None:
        raise LinkNotValid
    return OpenedLinkOut(
        ticket_id=row["id"],
        number=show_number(row["number"]),
        user_id=row["requester_id"],
    )


async def _open(
    tx: Tx, actor: Actor, requester_id: UUID, command: OpenTicket, channel: Channel
) -> TicketOut:
    assert actor.id is not None
    known = await queries.opening(
        tx, command.category, requester_id, command.service_line_id, actor.id
    )
    if known is None:
        raise _unknown_category()
    if command.service_line_id != known["line_id"]:
        detail = "This is not a line of this customer."
        raise Invalid(FieldError("/service_line_id", detail, "unknown_service_line"))
    at, category = _now(), queries.category(known)
    asked_for = getattr(command, "priority", None)
    ticket = Ticket(
        id=uuid7(),
        version=0,
        number=draw_number(),
        subject=command.subject,
        description=command.description,
        status="new",
        priority=asked_for or domain.priority_for(command.impact, category.urgency),
        category_id=category.id,
        category=category.slug,
        category_name=category.name,
        channel=channel,
        requester_id=requester_id,
        requester_name=known["requester_name"],
        link_id=uuid4(),
        link_expires_at=at + domain.LINK_LIFETIME,
        created_at=at,
        updated_at=at,
        impact=command.impact,
        team_id=category.team_id,
        team_name=category.team_name,
        service_line_id=known["line_id"],
        area_id=known["area_id"],
        organisation_id=known["organisation_id"],
    )
    count = len(command.attachment_ids)
    person = await _person_named(tx, actor, known["actor_name"])
    ticket = await _insert(tx, ticket, person, count)
    out = _for(actor, ticket, queries.ticket_out(ticket, known))
    out.attachments = await attach(tx, actor, command.attachment_ids, ticket.id)
    return out


async def _open_follow_up(
    tx: Tx, person: PersonRef, ended: Ticket, command: ReplyToTicket
) -> Ticket:
    """A new ticket that carries on after the end of another one.

    It is opened for the organisation that the customer belongs to now, not for one they have left.
    """
    at = _now()
    organisation_id = await directory.organisation_of(tx, ended.requester_id)
    return await _insert(
        tx,
        replace(
            ended,
            id=uuid7(),
            number=draw_number(),
            description=command.body,
            status="new",
            tags=(),
            assignee_id=None,
            assignee_name="",
            organisation_id=organisation_id,
            follows_id=ended.id,
            merged_into_id=None,
            link_id=uuid4(),
            link_expires_at=at + domain.LINK_LIFETIME,
            last_message_by=None,
            reopen_count=0,
            first_replied_at=None,
            solved_at=None,
            closed_at=None,
            created_at=at,
            updated_at=at,
        ),
        person,
    )


async def _insert(tx: Tx, ticket: Ticket, person: PersonRef, attachment_count: int = 0) -> Ticket:
    """Store a new ticket under a number that is free, with its first event."""
    step = domain.open_ticket(ticket, person, attachment_count)
    while not await queries.insert_ticket(tx, step.ticket):
        ticket = replace(ticket, number=draw_number())
        step = domain.open_ticket(ticket, person, attachment_count)
    await write_events(tx, step)
    TICKETS_CREATED.labels(ticket.channel).inc()
    return step.ticket


async def lock_ticket(tx: Tx, actor: Actor, number: str, expected: int | None) -> Ticket:
    """The ticket in the actor's sight, locked; raises when it is not the version they know."""
    ticket = await queries.lock_ticket(tx, parse_number(number), sight_of(actor))
    if ticket is None:
        raise domain.TicketNotFound
    if not domain.may_act(ticket, actor):
        raise NotPermitted
    _must_match(ticket, expected)
    return ticket


def _must_match(ticket: Ticket, expected: int | None) -> None:
    if expected is not None and expected != ticket.version:
        raise domain.TicketChangedMeanwhile(version=ticket.version)


async def save_ticket(tx: Tx, actor: Actor, before: Ticket, step: Step) -> TicketOut:
    """Store what a step made of a locked ticket and tell of it; the answer shows the outcome."""
    if step.written:
        await queries.update_ticket(tx, step.ticket)
        await write_events(tx, step)
    # The asker may have moved the ticket out of their own sight; they still see the outcome.
    found = await queries.ticket_by_number(
        tx, before.number, replace(sight_of(actor), scope="link", ticket_id=before.id)
    )
    assert found is not None
    ticket, out, has_attachments = found
    if has_attachments:
        await _show_attachments(tx, actor, out)
    return _for(actor, ticket, out)


def _for(actor: Actor, ticket: Ticket, out: TicketOut) -> TicketOut:
    """The answer as this actor may see it, with what they may do."""
    out.verbs = domain.verbs_for(ticket, actor, _now())
    if not actor.is_staff:
        out.deleted_reason, out.tags = None, []
    return out


async def _say(
    tx: Tx,
    actor: Actor,
    before: Ticket,
    step: Step,
    message: Message,
    attachment_ids: Sequence[UUID],
) -> ReplyOut:
    await conversation.insert_message(tx, message)
    attached = await attach(tx, actor, attachment_ids, message.ticket_id, message.id)
    await queries.update_ticket(tx, step.ticket)
    await write_events(tx, step)
    author = AuthorOut(
        id=message.author.id,
        name=message.author.name,
        kind=message.author.kind,
        via=message.author.via_name or None,
    )
    written = MessageOut(
        id=message.id,
        author=author,
        visibility=message.visibility,
        body=message.body,
        created_at=message.created_at,
        attachments=attached,
    )
    return ReplyOut(message=written, number=show_number(before.number), version=step.ticket.version)


async def write_events(tx: Tx, step: Step) -> None:
    """Each event with its own version into the outbox, and beside it into the timeline."""
    first = step.ticket.version - len(step.written) + 1
    for version, event in enumerate(step.written, start=first):
        await outbox.add(tx, step.ticket.id, version, event)
        await conversation.insert_timeline_entry(
            tx,
            step.ticket.id,
            version,
            event.TYPE,
            event.actor,
            domain.visibility_of(event),
            _timeline_data(event),
            step.ticket.updated_at,
        )


def _timeline_data(event: TicketEvent) -> dict[str, Any]:
    """What the timeline keeps of an event: not the ticket, not the texts, which have their own rows."""
    left_out = {"ticket", "actor", "description", "body", "mentioned_ids", "comment"}
    return event.model_dump(mode="json", exclude=left_out)


async def person_of(tx: Tx, actor: Actor) -> PersonRef:
    """The actor as events show them."""
    return await _person_named(tx, actor, await directory.name_of(tx, actor.id) if actor.id else "")


async def _person_named(tx: Tx, actor: Actor, name: str) -> PersonRef:
    """The actor under a name, and the employee who acts in their place."""
    assert actor.kind in ("customer", "staff", "api_client", "link")
    via = actor.impersonator
    via_name = await directory.name_of(tx, via) if via else ""
    return PersonRef(id=actor.id, name=name, kind=actor.kind, via_id=via, via_name=via_name)


def _message(
    ticket: Ticket, person: PersonRef, visibility: Any, body: str, attachment_count: int
) -> Message:
    return Message(
        id=uuid7(),
        ticket_id=ticket.id,
        author=person,
        visibility=visibility,
        body=body,
        created_at=_now(),
        attachment_count=attachment_count,
    )


async def _category(tx: Tx, slug: str) -> domain.Category:
    category = await queries.category_by_slug(tx, slug)
    if category is None:
        raise _unknown_category()
    return category


def _unknown_category() -> Invalid:
    detail = "There is no such category. See GET /categories."
    return Invalid(FieldError("/category", detail, "unknown_category"))


async def _assignee(tx: Tx, user_id: UUID | None) -> tuple[UUID | None, str]:
    if user_id is None:
        return None, ""
    name = await directory.active_staff_name(tx, user_id)
    if name is None:
        detail = "There is no such active colleague."
        raise Invalid(FieldError("/assignee_id", detail, "unknown_assignee"))
    return user_id, name


async def _team(tx: Tx, team_id: UUID | None) -> tuple[UUID | None, str]:
    if team_id is None:
        return None, ""
    name = await directory.active_team_name(tx, team_id)
    if name is None:
        raise Invalid(FieldError("/team_id", "There is no such team.", "unknown_team"))
    return team_id, name


def _now() -> datetime:
    return datetime.now(UTC)

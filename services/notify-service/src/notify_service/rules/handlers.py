"""Applying the rules to events: in the consumer's transaction, so that no intent is lost or doubled."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from notify_service.contacts import queries as contacts
from notify_service.contacts.handlers import learn_contact
from notify_service.intents import queries
from notify_service.intents.domain import Notice, Policy
from notify_service.metrics import INTENTS
from notify_service.rules import domain
from shared.db import Row, Tx
from shared.erasure import redacted
from shared.events import identity
from shared.events.base import Envelope, Event
from shared.events.ticket import TicketEvent
from shared.inbox import Handler


def rule_handlers(policy: Policy) -> Mapping[type[Event], Handler]:
    """What to do on each event that somebody is told of, under this policy."""

    async def tell_of_ticket(tx: Tx, envelope: Envelope, event: Any) -> None:
        await tell(tx, envelope, event, policy)

    async def tell_of_link(tx: Tx, envelope: Envelope, event: Any) -> None:
        await send_link(tx, envelope, event, policy)

    async def tell_of_announced(tx: Tx, envelope: Envelope, event: Any) -> None:
        await send_announced(tx, envelope, event, policy)

    async def tell_of_password(tx: Tx, envelope: Envelope, event: Any) -> None:
        await learn_contact(tx, envelope, event)
        await warn_of_password(tx, envelope, event, policy)

    async def tell_of_security(tx: Tx, envelope: Envelope, event: Any) -> None:
        await warn_of_security(tx, envelope, event, policy)

    tickets: dict[type[Event], Handler] = dict.fromkeys(domain.TICKET_EVENTS, tell_of_ticket)
    return {
        **tickets,
        identity.LinkIssued: tell_of_link,
        identity.LinkAnnounced: tell_of_announced,
        identity.UserPasswordChanged: tell_of_password,
        identity.UserSecurityChanged: tell_of_security,
    }


async def tell(tx: Tx, envelope: Envelope, event: TicketEvent, policy: Policy) -> None:
    """Make the intents of a ticket's event."""
    tellings = domain.tellings_of(event)
    if not tellings:
        return
    for telling in tellings:
        if telling.topic is None and telling.recipient_id and envelope.sequence > 1:
            await queries.release_held(tx, event.ticket.id, telling.recipient_id)
    notice = _notice(envelope, await _facts_to_keep(tx, event))
    _count(await queries.insert_intents(tx, notice, tellings, policy))


async def _facts_to_keep(tx: Tx, event: TicketEvent) -> dict[str, Any]:
    """What messages may use; an event that comes late brings nobody back who was erased meanwhile."""
    ticket = event.ticket
    people = [i for i in (ticket.requester_id, ticket.assignee_id, event.actor.id) if i]
    for person in await contacts.erased_among(tx, people):
        event = type(event).model_validate(redacted(event.model_dump(mode="json"), str(person)))
    return domain.facts_for_message(event)


async def send_link(tx: Tx, envelope: Envelope, event: identity.LinkIssued, policy: Policy) -> None:
    """Make the one intent of an issued link; its text is fixed, its address is the link's own."""
    data = {"link_id": str(event.link_id), "language": event.language}
    rows = await queries.insert_account_intent(
        tx,
        _notice(envelope, data, has_ticket=False),
        rule=domain.LINK_RULES[event.purpose],
        recipient_id=event.user_id,
        address=event.email,
        expires_at=event.expires_at,
        policy=policy,
    )
    _count(rows)


async def send_announced(
    tx: Tx, envelope: Envelope, event: identity.LinkAnnounced, policy: Policy
) -> None:
    """Make the one intent of an announced message; of a text that we do not have, none."""
    if event.message not in domain.ANNOUNCED_RULES:
        return
    data = {
        "link_id": str(event.link_id),
        "purpose": event.purpose,
        "language": event.language,
        "about": event.about,
    }
    rows = await queries.insert_account_intent(
        tx,
        _notice(envelope, data, has_ticket=False),
        rule=event.message,
        recipient_id=event.user_id,
        channel=event.channel,
        address=event.address,
        expires_at=event.expires_at,
        policy=policy,
    )
    _count(rows)


async def warn_of_password(
    tx: Tx, envelope: Envelope, event: identity.UserPasswordChanged, policy: Policy
) -> None:
    """Make the intent of the warning that goes to the address which the account has now."""
    rows = await queries.insert_account_intent(
        tx,
        _notice(envelope, {"language": event.user.language}, has_ticket=False),
        rule=domain.PASSWORD_CHANGED,
        recipient_id=event.user.id,
        address=event.user.email,
        expires_at=envelope.time + timedelta(seconds=policy.give_up_seconds),
        policy=policy,
    )
    _count(rows)


async def warn_of_security(
    tx: Tx, envelope: Envelope, event: identity.UserSecurityChanged, policy: Policy
) -> None:
    """Make the intent of the notice that the account's ways of logging in have changed."""
    rows = await queries.insert_account_intent(
        tx,
        _notice(envelope, {"language": event.language, "change": event.change}, has_ticket=False),
        rule=domain.SECURITY_CHANGED,
        recipient_id=event.user_id,
        address=event.email,
        expires_at=envelope.time + timedelta(seconds=policy.give_up_seconds),
        policy=policy,
    )
    _count(rows)


def _notice(envelope: Envelope, data: dict[str, Any], *, has_ticket: bool = True) -> Notice:
    return Notice(
        event_id=envelope.id,
        event_type=envelope.type,
        happened_at=envelope.time,
        ticket_id=envelope.subject if has_ticket else None,
        cause=envelope.cause,
        data=data,
    )


def _count(rows: Sequence[Row]) -> None:
    for row in rows:
        INTENTS.labels(row["rule"], row["channel"]).inc()

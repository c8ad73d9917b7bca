"""Forgetting a person when identity-service says so, in the transaction of the event.

Their tickets stay with number, category, times, states, places, the score, and what colleagues
wrote, in which their name and addresses become dots. Each ticket says with an event of its own that its
words have gone, so that nobody goes on showing them.
"""

from datetime import UTC, datetime

from shared.db import Tx
from shared.erasure import forget_in_transit
from shared.events.base import Envelope
from shared.events.identity import UserErased
from ticket_service.erasure import queries
from ticket_service.tickets import domain
from ticket_service.tickets import queries as tickets
from ticket_service.tickets.handlers import write_events


async def forget_person(tx: Tx, _: Envelope, event: UserErased) -> None:
    """Remove a person; the facts of their tickets stay."""
    person, now = event.user_id, datetime.now(UTC)
    known = await queries.known_of(tx, person)
    await queries.erase_person(tx, person)
    own = await tickets.lock_tickets_of(tx, person)
    others = await tickets.lock_tickets(tx, await queries.tickets_of_others(tx, person))
    ids = [ticket.id for ticket in own]
    await queries.erase_words(tx, person, ids)
    await queries.mask_messages(tx, ids, known.masked)
    await queries.mask_notes(tx, ids, known.masked)
    await queries.give_up_photos(tx, person, ids, known.kind == "customer", now)
    if known.name:
        await queries.erase_from_assignments(tx, known.name)
    await forget_in_transit(tx, person, known.name)
    steps = [domain.forget_requester(ticket, now) for ticket in own]
    for step in [*steps, *(domain.forget_writer(ticket, now) for ticket in others)]:
        await tickets.update_ticket(tx, step.ticket)
        await write_events(tx, step)

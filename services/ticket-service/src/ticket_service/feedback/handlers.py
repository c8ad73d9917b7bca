"""Rating a ticket; the rules are the ticket's own, in `tickets/domain.py`."""

from datetime import UTC, datetime

from shared.auth import Actor
from shared.db import Tx
from ticket_service.feedback import queries
from ticket_service.feedback.schemas import RateTicket
from ticket_service.tickets import domain
from ticket_service.tickets.handlers import lock_ticket, person_of, save_ticket
from ticket_service.tickets.schemas import TicketOut


async def rate_ticket(
    tx: Tx, actor: Actor, number: str, command: RateTicket, expected: int | None
) -> TicketOut:
    """Say how it went, or say it anew; saying the same again changes nothing."""
    ticket = await lock_ticket(tx, actor, number, expected)
    at, said = datetime.now(UTC), domain.Said(command.score, command.comment or None)
    person, before = await person_of(tx, actor), await queries.rated(tx, ticket.id)
    step = domain.rate(ticket, person, said, before, at)
    if step.written:
        await queries.save_feedback(tx, ticket.id, said, at)
    return await save_ticket(tx, actor, ticket, step)

"""Learning from ticket events; each carries the whole ticket, so a snapshot is no different."""

from typing import Any

from analytics_service.tickets import queries
from shared.db import Tx
from shared.events.base import Envelope
from shared.events.ticket import TicketRated, TicketSnapshot


async def learn_ticket(tx: Tx, envelope: Envelope, event: Any) -> None:
    """Keep a ticket's present facts, and keep the totals right."""
    await queries.save_fact(tx, event.ticket, envelope.sequence)
    if isinstance(event, TicketRated | TicketSnapshot):
        await queries.save_score(tx, event.ticket.id, event.score)

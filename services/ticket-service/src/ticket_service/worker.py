"""The background half: what is learnt from whom, and what follows from a published event."""

from collections.abc import AsyncIterator, Mapping
from uuid import UUID

from shared.consumer import Subscription
from shared.db import Tx
from shared.events import identity
from shared.events.base import Event
from shared.events.ticket import TicketSnapshot
from shared.inbox import Handler
from shared.live import hints_to
from shared.service import Worker
from ticket_service.directory import handlers as directory
from ticket_service.tickets import domain, queries

HANDLERS: Mapping[type[Event], Handler] = {
    identity.UserRegistered: directory.learn_person,
    identity.UserUpdated: directory.learn_person,
    identity.UserDeactivated: directory.learn_person,
    identity.UserReactivated: directory.learn_person,
    identity.UserSnapshot: directory.learn_person,
    identity.UserErased: directory.forget_person,
    identity.TeamCreated: directory.learn_team,
    identity.TeamUpdated: directory.learn_team,
    identity.TeamSnapshot: directory.learn_team,
    identity.AreaCreated: directory.learn_area,
    identity.AreaUpdated: directory.learn_area,
    identity.AreaSnapshot: directory.learn_area,
    identity.LineCreated: directory.learn_line,
    identity.LineUpdated: directory.learn_line,
    identity.LineSnapshot: directory.learn_line,
}

WORKER = Worker(
    subscription=Subscription.of("ticket", HANDLERS),
    on_published=lambda process: hints_to(process.settings.redis_url),
)


async def ticket_snapshots(tx: Tx) -> AsyncIterator[tuple[UUID, int, Event]]:
    """The full state of every ticket."""
    async for ticket in queries.tickets_for_snapshot(tx):
        yield ticket.id, ticket.version, TicketSnapshot(ticket=domain.facts(ticket))

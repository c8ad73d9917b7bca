"""The background half: what is learnt from whom, and what follows from a published event."""

from collections.abc import AsyncIterator, Mapping
from uuid import UUID

from pydantic import ValidationError

from shared.consumer import Subscription
from shared.db import Tx
from shared.events import CONTRACTS, identity
from shared.events.base import Envelope, Event
from shared.events.ticket import TicketEvent, TicketSnapshot
from shared.files import Files
from shared.inbox import Handler
from shared.live import HintStream, Reach, hints_to
from shared.service import Clock, Process, Worker
from ticket_service.attachments.clock import remove_orphans
from ticket_service.directory import handlers as directory
from ticket_service.erasure.handlers import forget_person
from ticket_service.settings import TicketSettings
from ticket_service.tickets import domain, queries

HANDLERS: Mapping[type[Event], Handler] = {
    identity.UserRegistered: directory.learn_person,
    identity.UserUpdated: directory.learn_person,
    identity.UserDeactivated: directory.learn_person,
    identity.UserReactivated: directory.learn_person,
    identity.UserSnapshot: directory.learn_person,
    identity.UserErased: forget_person,
    identity.TeamCreated: directory.learn_team,
    identity.TeamUpdated: directory.learn_team,
    identity.TeamSnapshot: directory.learn_team,
    identity.OrganisationCreated: directory.learn_organisation,
    identity.OrganisationUpdated: directory.learn_organisation,
    identity.OrganisationSnapshot: directory.learn_organisation,
    identity.AreaCreated: directory.learn_area,
    identity.AreaUpdated: directory.learn_area,
    identity.AreaSnapshot: directory.learn_area,
    identity.LineCreated: directory.learn_line,
    identity.LineUpdated: directory.learn_line,
    identity.LineSnapshot: directory.learn_line,
}


def reach_of(envelope: Envelope) -> Reach:
    """Whom live pages tell of an event: its requester where their timeline shows it, and staff.

    What this code cannot read, after going back to an older release say, concerns staff only.
    """
    contract = CONTRACTS.get(envelope.type)
    if contract is None or not issubclass(contract, TicketEvent):
        return Reach()
    try:
        event = contract.model_validate_json(envelope.data)
    except ValidationError:
        return Reach()
    return Reach(event.ticket.requester_id, domain.visibility_of(event) == "public")


async def _remove_orphans(process: Process) -> None:
    assert isinstance(process.settings, TicketSettings)
    await remove_orphans(process, Files.at(process.settings.files_url))


WORKER = Worker(
    subscription=Subscription.of("ticket", HANDLERS),
    clocks=(Clock("remove_orphans", 3600, _remove_orphans),),
    on_published=lambda process: hints_to(HintStream(process.settings.redis_url), reach_of),
)


async def ticket_snapshots(tx: Tx) -> AsyncIterator[tuple[UUID, int, Event]]:
    """The full state of every ticket."""
    async for ticket, score in queries.tickets_for_snapshot(tx):
        snapshot = TicketSnapshot(ticket=domain.facts(ticket), score=score)
        yield ticket.id, ticket.version, snapshot

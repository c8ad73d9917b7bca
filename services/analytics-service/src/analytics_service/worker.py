"""The background half: what is learnt from whom."""

from collections.abc import Mapping

from analytics_service.catalog import handlers as catalog
from analytics_service.figures import FiguresHints
from analytics_service.people import handlers as people
from analytics_service.tickets import handlers as tickets
from shared.consumer import Subscription
from shared.events import identity, ticket
from shared.events.base import Event
from shared.inbox import Handler
from shared.service import Worker

HANDLERS: Mapping[type[Event], Handler] = {
    ticket.TicketCreated: tickets.learn_ticket,
    ticket.TicketUpdated: tickets.learn_ticket,
    ticket.TicketReplied: tickets.learn_ticket,
    ticket.TicketPended: tickets.learn_ticket,
    ticket.TicketHeld: tickets.learn_ticket,
    ticket.TicketSolved: tickets.learn_ticket,
    ticket.TicketClosed: tickets.learn_ticket,
    ticket.TicketCancelled: tickets.learn_ticket,
    ticket.TicketReopened: tickets.learn_ticket,
    ticket.TicketMerged: tickets.learn_ticket,
    ticket.TicketDeleted: tickets.learn_ticket,
    ticket.TicketRestored: tickets.learn_ticket,
    ticket.TicketRated: tickets.learn_ticket,
    ticket.TicketSnapshot: tickets.learn_ticket,
    ticket.CategoryCreated: catalog.learn_category,
    ticket.CategoryUpdated: catalog.learn_category,
    ticket.CategorySnapshot: catalog.learn_category,
    identity.UserRegistered: people.learn_person,
    identity.UserUpdated: people.learn_person,
    identity.UserDeactivated: people.learn_person,
    identity.UserReactivated: people.learn_person,
    identity.UserSnapshot: people.learn_person,
    identity.UserErased: people.forget_person,
    identity.TeamCreated: people.learn_team,
    identity.TeamUpdated: people.learn_team,
    identity.TeamSnapshot: people.learn_team,
}

WORKER = Worker(
    subscription=Subscription.of("analytics", HANDLERS),
    runners=lambda process: [FiguresHints.of(process)],
)

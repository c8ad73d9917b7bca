"""The background half: what is learnt from whom, whom it is told to, and the sender."""

from collections.abc import Mapping, Sequence

from notify_service.clients import Smtp, SmtpAddress
from notify_service.contacts import handlers as contacts
from notify_service.intents.domain import Policy
from notify_service.intents.messages import Mailer, Writer
from notify_service.intents.rendering import own_templates
from notify_service.intents.sender import Sender
from notify_service.rules.handlers import rule_handlers
from notify_service.settings import NotifySettings
from shared.consumer import Subscription
from shared.events import identity
from shared.events.base import Event
from shared.inbox import Handler
from shared.links import LinkKeys
from shared.service import Process, Runner, Worker

CONTACTS: Mapping[type[Event], Handler] = {
    identity.UserRegistered: contacts.learn_contact,
    identity.UserUpdated: contacts.learn_contact,
    identity.UserDeactivated: contacts.learn_contact,
    identity.UserReactivated: contacts.learn_contact,
    identity.UserSnapshot: contacts.learn_contact,
    identity.UserErased: contacts.forget_contact,
    identity.TeamCreated: contacts.learn_team,
    identity.TeamUpdated: contacts.learn_team,
    identity.TeamSnapshot: contacts.learn_team,
}


def handlers_under(policy: Policy) -> Mapping[type[Event], Handler]:
    """All handlers; a ticket's snapshot has none, for it tells nobody anything."""
    return {**CONTACTS, **rule_handlers(policy)}


def handlers_in(process: Process) -> Mapping[type[Event], Handler]:
    """The handlers under the policy of the process's settings."""
    assert isinstance(process.settings, NotifySettings)
    return handlers_under(process.settings.policy)


def sender_in(process: Process) -> Sender:
    """The sender of a process, which wakes whenever something was committed."""
    settings = process.settings
    assert isinstance(settings, NotifySettings)
    mailer = Mailer.parse(settings.mail_from, settings.brand_name, settings.phone_mail_domain)
    writer = Writer(
        templates=own_templates(),
        brand=settings.brand_name,
        public_url=settings.public_url.rstrip("/"),
        link_keys=LinkKeys.parse(settings.link_keys),
        time_zone=settings.time_zone,
    )
    smtp = Smtp(
        SmtpAddress.parse(settings.smtp_url),
        own_name=mailer.domain,
        timeout=settings.smtp_timeout_seconds,
    )
    sender = Sender(process.db, smtp, writer, mailer, settings.pace)
    process.db.on_commit(sender.wake)
    return sender


def _runners(process: Process) -> Sequence[Runner]:
    return (sender_in(process),)


WORKER = Worker(
    subscription=Subscription.of("notify", handlers_under(Policy())),
    handlers=handlers_in,
    runners=_runners,
)

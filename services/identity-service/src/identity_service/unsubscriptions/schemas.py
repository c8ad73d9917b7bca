"""Unsubscribing over HTTP."""

from pydantic import BaseModel

from identity_service.fields import Token
from shared.commands import Command
from shared.events.identity import NotificationKind


class Unsubscribe(Command):
    """The kind of message and the token that stood in one of them."""

    kind: NotificationKind
    token: Token


class UnsubscribedOut(BaseModel):
    """What does not come by e-mail any more."""

    kind: NotificationKind

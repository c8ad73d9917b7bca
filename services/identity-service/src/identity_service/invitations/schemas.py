"""Invitations over HTTP."""

from datetime import datetime

from pydantic import BaseModel

from identity_service.fields import Name, NewPassword, Token
from identity_service.users.schemas import UserBrief
from shared.commands import Command
from shared.events.identity import Language, UserKind


class AcceptInvitation(Command):
    """The token of the link and what the invited person chooses."""

    token: Token
    password: NewPassword
    name: Name | None = None


class InvitationOut(BaseModel):
    """What an invitation is for, shown before it is accepted."""

    name: str
    email: str
    role: str
    kind: UserKind
    language: Language
    expires_at: datetime


class AcceptedInvitation(BaseModel):
    """Whose account it is now."""

    user: UserBrief

"""Logging in and out over HTTP."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from identity_service.fields import EmailAddress, Password, Token
from identity_service.users.schemas import UserBrief
from shared.commands import Command


class LogIn(Command):
    """An address and a password."""

    email: EmailAddress
    password: Password


class NamedSession(Command):
    """The token of a session, as the bearer's cookie holds it."""

    token: Token


class SessionOut(BaseModel):
    """A session that has just begun; the token is never shown again."""

    token: str
    expires_at: datetime
    user: UserBrief


class ResolvedSession(BaseModel):
    """Who a token belongs to and what they may do, for the gateway. `perms` are permission names."""

    session_id: UUID
    expires_at: datetime
    user: UserBrief
    perms: list[str]
    teams: list[UUID]
    orgs: list[UUID]

"""Logging in and out over HTTP."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from identity_service.fields import Password, Token
from identity_service.second_factor.domain import State
from identity_service.users.schemas import Named, UserBrief
from shared.commands import Command
from shared.events.identity import Membership


class LogIn(Named):
    """An address or a proven number, and a password."""

    password: Password


class NamedSession(Command):
    """The token of a session, as the bearer's cookie holds it."""

    token: Token


class SessionOut(BaseModel):
    """A session that has just begun; the token is never shown again."""

    token: str
    expires_at: datetime
    user: UserBrief


class PendingLogInOut(BaseModel):
    """The password was right, and a code is asked for; the token opens nothing without it."""

    pending_token: str
    expires_at: datetime


class OwnSessionOut(BaseModel):
    """Where one is logged in: the browser as it names itself, its address, when it was last seen.

    `last_seen_at` is true to a minute. `is_this` marks the session that asks, `is_impersonation` one
    in which an employee acts in the person's place.
    """

    id: UUID
    client_agent: str
    client_address: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_this: bool
    is_impersonation: bool


class OwnSessions(BaseModel):
    """One's sessions, the one that was seen last first."""

    items: list[OwnSessionOut]


class OwnOrganisation(BaseModel):
    """The organisation that somebody belongs to, and what they see of it."""

    id: UUID
    name: str
    membership: Membership


class Impersonator(BaseModel):
    """The employee who acts in somebody's place."""

    id: UUID
    name: str


class ResolvedSession(BaseModel):
    """Who a token belongs to and what they may do, for the gateway. `perms` are permission names.

    `orgs` are the organisations whose tickets they see, `manages` those of them they also act for.
    `role_label` is what a role that was made here is called.
    Where `second_factor` is `needed` the person must set one up before anything else.
    """

    session_id: UUID
    expires_at: datetime
    user: UserBrief
    second_factor: State
    perms: list[str]
    teams: list[UUID]
    orgs: list[UUID]
    manages: list[UUID]
    role_label: str
    organisation: OwnOrganisation | None
    impersonator: Impersonator | None

"""Sessions: tokens that only their bearer has, and how long they are good for."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from shared.errors import Forbidden, NotFound, Unauthenticated
from shared.events.identity import UserKind

_TOKEN_BYTES = 32


class InvalidCredentials(Unauthenticated):
    """The e-mail address, the number or the password is not right."""


class EmailNotVerified(Forbidden):
    """Please confirm your e-mail address first, with the link that we sent you."""


class AccountDeactivated(Forbidden):
    """This account has been deactivated."""


class SessionNotValid(Unauthenticated):
    """You are not logged in any more. Please log in again."""


class SessionNotFound(NotFound):
    """You have no such session; it may have ended meanwhile."""


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """How long a session may lie idle, and how long it lives at most, by kind of person."""

    customer_idle: timedelta
    customer_lifetime: timedelta
    staff_idle: timedelta
    staff_lifetime: timedelta

    def lifetime(self, kind: UserKind) -> timedelta:
        """The absolute limit."""
        return self.customer_lifetime if kind == "customer" else self.staff_lifetime

    def idle(self, kind: str) -> timedelta:
        """How long it may lie idle."""
        return self.customer_idle if kind == "customer" else self.staff_idle


@dataclass(frozen=True, slots=True)
class LogInTry:
    """What a password is checked against; without a user or a hash the answer will be no.

    For somebody who has not proven their address it is the password they registered with last.
    """

    user_id: UUID | None = None
    email: str | None = None
    password_hash: str | None = None


def new_token() -> str:
    """256 random bits, as text that needs no escaping in a cookie."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """What is stored of a token; a plain hash is enough, for nobody can guess 256 bits."""
    return hashlib.sha256(token.encode()).digest()

"""Company accounts: what the way to the provider and back carries, and who came back."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from identity_service.vault import NotOurs, Vault
from shared.errors import Conflict, Forbidden, NotFound, Unauthenticated, Unavailable

# From leaving for the provider until coming back, and from there until the password is typed.
FLOW_FOR = timedelta(minutes=10)
_FLOW, _CLAIM = "company-flow", "company-claim"
_RANDOM_BYTES = 32


class CompanyLoginNotOffered(NotFound):
    """Logging in with a company account is not offered here."""


class CompanyLoginFailed(Unauthenticated):
    """The company account could not be checked. Please try again."""


class CompanyLoginAway(Unavailable):
    """The company's login cannot be reached right now. Please try again in a moment."""


class CompanyAddressNotProven(Forbidden):
    """Your company account has no proven e-mail address, so we cannot tell which account is yours."""


class CompanyAccountTaken(Conflict):
    """There is a link to another account already. Please remove that first."""


class CompanyAccountNotFound(NotFound):
    """You have linked no such company account."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One way to the provider and back: what must come back, and what only we know."""

    state: str
    nonce: str
    verifier: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CompanyIdentity:
    """Who somebody is at the provider; `email` only where the provider has proof of it."""

    issuer: str
    subject: str
    email: str | None


@dataclass(frozen=True, slots=True)
class CompanyAccount:
    """A company account that its owner has linked."""

    id: UUID
    user_id: UUID
    email: str
    created_at: datetime
    last_used_at: datetime | None


def new_flow(now: datetime) -> Flow:
    """A way that nobody can guess."""
    state, nonce, verifier = (secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3))
    return Flow(state, nonce, verifier, now + FLOW_FOR)


def seal_flow(vault: Vault, flow: Flow) -> str:
    """The flow as the browser carries it, unread."""
    values = [flow.state, flow.nonce, flow.verifier, flow.expires_at.timestamp()]
    return vault.seal_text(orjson.dumps(values), _FLOW)


def open_flow(vault: Vault, sealed: str, state: str, now: datetime) -> Flow:
    """The flow that this state belongs to; raises `CompanyLoginFailed`."""
    try:
        known, nonce, verifier, expires = orjson.loads(vault.open_text(sealed, _FLOW))
    except NotOurs:
        raise CompanyLoginFailed from None
    if expires < now.timestamp() or not secrets.compare_digest(known.encode(), state.encode()):
        raise CompanyLoginFailed
    return Flow(known, nonce, verifier, datetime.fromtimestamp(expires, now.tzinfo))


def seal_claim(vault: Vault, identity: CompanyIdentity, expires_at: datetime) -> str:
    """Who came back, as the browser carries it until the owner has agreed."""
    values = [identity.issuer, identity.subject, identity.email, expires_at.timestamp()]
    return vault.seal_text(orjson.dumps(values), _CLAIM)


def open_claim(vault: Vault, sealed: str, now: datetime) -> CompanyIdentity:
    """Who came back; raises `CompanyLoginFailed` for what is not ours or too old."""
    try:
        issuer, subject, email, expires = orjson.loads(vault.open_text(sealed, _CLAIM))
    except NotOurs:
        raise CompanyLoginFailed from None
    if expires < now.timestamp():
        raise CompanyLoginFailed
    return CompanyIdentity(issuer, subject, email)

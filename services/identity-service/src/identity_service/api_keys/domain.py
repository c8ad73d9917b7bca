"""API keys: what one looks like, what it may be given, and when it no longer opens anything."""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.auth import Actor
from shared.errors import Conflict, FieldError, Invalid, NotFound, Unauthenticated
from shared.permissions import Permission as P

MAX_KEYS: Final = 50
MAX_DAYS: Final = 366
_SECRET_BYTES: Final = 20
_NAME_BYTES: Final = 4
_MARK: Final = "tgp"

# What a program never gets, whoever makes its key: from these rights all others could be had.
WITHHELD: Final = frozenset({P.ROLE_EDIT, P.API_KEY_EDIT, P.USER_IMPERSONATE, P.USER_ERASE})


class ApiKeyNotFound(NotFound):
    """There is no such API key."""


class ApiKeyNotValid(Unauthenticated):
    """This API key is not valid, or no longer valid."""


class TooManyApiKeys(Conflict):
    """You have %(most)s API keys that are valid. Revoke one that is not needed any more."""


class ScopeNotYours(Invalid):
    """A key can do at most what you may do yourself, and never change rights or keys."""

    def __init__(self) -> None:
        super().__init__(FieldError("/scopes", self.title(), "scope_not_yours"))


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just drawn; `text` is shown once and then forgotten."""

    text: str
    prefix: str

    @property
    def hash(self) -> bytes:
        """What is stored of it."""
        return key_hash(self.text)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as its owner sees it; `owner_name` is the person that it acts for."""

    id: UUID
    user_id: UUID
    owner_name: str
    name: str
    prefix: str
    scopes: tuple[str, ...]
    is_read_only: bool
    networks: tuple[str, ...]
    calls_per_minute: int
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def draw_key() -> NewKey:
    """A mark that secret scanners can look for, a name, and 160 random bits."""
    prefix = f"{_MARK}_{secrets.token_hex(_NAME_BYTES)}"
    secret = base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode().lower()
    return NewKey(f"{prefix}_{secret}", prefix)


def key_hash(text: str) -> bytes:
    """A plain hash is enough, for nobody can guess 160 bits."""
    return hashlib.sha256(text.encode()).digest()


def check_scopes(actor: Actor, scopes: Iterable[str]) -> None:
    """Raise `ScopeNotYours` where a key would hold what its maker lacks or no key may hold."""
    if not set(scopes) <= actor.perms - WITHHELD:
        raise ScopeNotYours

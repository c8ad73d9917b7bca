"""API keys over HTTP."""

import ipaddress
import json
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from pydantic_core import PydanticCustomError

from identity_service.api_keys.domain import MAX_DAYS
from identity_service.fields import Name, Token
from identity_service.second_factor.schemas import Proof
from identity_service.users.schemas import UserBrief
from shared.commands import Command
from shared.paging import Page
from shared.permissions import Permission


def _network(text: str) -> str:
    """CIDR notation without host bits; a single address is a network of one."""
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise PydanticCustomError("network", "This is not a network address.") from None


Network = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=50), AfterValidator(_network)
]


class CreateApiKey(Proof):
    """A key for a program that acts for its maker, who proves to be there.

    `scopes` are permissions that the maker holds; a program loses them when the maker does.
    `networks` are addresses or networks (CIDR) that it may be used from; none means anywhere.
    """

    name: Name
    scopes: Annotated[frozenset[Permission], Field(max_length=100)] = frozenset()
    is_read_only: bool = True
    valid_days: Annotated[int, Field(ge=1, le=MAX_DAYS)] = 90
    networks: Annotated[tuple[Network, ...], Field(max_length=20)] = ()
    calls_per_minute: Annotated[int, Field(ge=1, le=12_000)] = 600

    def wish(self) -> bytes:
        """What makes two requests the same: all but the proof, of which nothing is to be kept."""
        given = self.model_dump(mode="json", exclude=set(Proof.model_fields))
        return json.dumps(given | {"scopes": sorted(given["scopes"])}).encode()


class ApiKeyOut(BaseModel):
    """A key without what opens; `prefix` is how it begins, `last_used_at` is true to a minute."""

    id: UUID
    user_id: UUID
    owner_name: str
    name: str
    prefix: str
    scopes: list[str]
    is_read_only: bool
    networks: list[str]
    calls_per_minute: int
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewApiKeyOut(ApiKeyOut):
    """A key that was just made. `key` is shown this once; a repeated request gets null."""

    key: str | None = None


class ApiKeyPage(Page[ApiKeyOut]):
    """Keys, the newest first."""


class ListApiKeys(Command):
    """A page of keys."""

    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = Field(None, max_length=1000)


ApiKeyFilter = Annotated[ListApiKeys, Query()]


class NamedApiKey(Command):
    """A key as a program sent it."""

    key: Token


class RefusedApiKey(NamedApiKey):
    """A key that opened nothing, and why; the gateway says so where it was refused."""

    reason: Literal["api-key-not-valid", "key-from-elsewhere", "key-only-reads"]


class KeyLimits(BaseModel):
    """What the gateway holds a key to."""

    id: UUID
    is_read_only: bool
    networks: list[str]
    calls_per_minute: int


class ResolvedApiKey(BaseModel):
    """Whom a key acts for and what it may do, for the gateway; shaped like a resolved session."""

    session_id: UUID
    expires_at: datetime
    user: UserBrief
    perms: list[str]
    teams: list[UUID]
    orgs: list[UUID]
    key: KeyLimits

"""The seed file: a JSON object; everything refers to everything else by key, address or number."""

from pydantic import BaseModel, ConfigDict, Field

from identity_service.fields import EmailAddress, Key, Name, PhoneNumber
from identity_service.lines.schemas import Address, Number
from identity_service.teams.schemas import CreateTeam
from shared.events.identity import AreaKind, Language


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SeedArea(_Part):
    """A node; its parent stands before it in the file."""

    key: Key
    kind: AreaKind
    name: Name
    parent: Key | None = None


class SeedUser(_Part):
    """A person whose address counts as proven; without a password they are invited by mail."""

    email: EmailAddress
    name: Name
    role: Key
    password: str | None = Field(None, min_length=8, max_length=128)
    phone: PhoneNumber | None = None
    language: Language = "id"
    teams: tuple[Key, ...] = ()


class SeedLine(_Part):
    """A line of the person with this address."""

    number: Number
    email: EmailAddress
    plan: Name
    address: Address
    area: Key | None = None


class Seed(_Part):
    """All that is to be there."""

    teams: tuple[CreateTeam, ...] = ()
    areas: tuple[SeedArea, ...] = ()
    users: tuple[SeedUser, ...] = ()
    lines: tuple[SeedLine, ...] = ()

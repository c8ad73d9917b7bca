"""People over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from identity_service.fields import EmailAddress, Key, Name, PhoneNumber, TimeZone
from shared.commands import Command
from shared.events.identity import Language, Membership, UserKind
from shared.paging import Page

TeamIds = Annotated[tuple[UUID, ...], Field(max_length=50)]


class InviteUser(Command):
    """A new account for somebody, who takes it over by a link sent to the address."""

    name: Name
    email: EmailAddress
    role: Key
    phone: PhoneNumber | None = None
    language: Language = "id"
    team_ids: TeamIds = ()


class EditUser(Command):
    """New values; fields that are not given stay, a null phone removes it."""

    name: Name | None = None
    phone: PhoneNumber | None = None
    language: Language | None = None
    time_zone: TimeZone | None = None
    role: Key | None = None
    team_ids: TeamIds | None = None


class ListUsers(Command):
    """What a list of people is narrowed down to; `q` is a part of name, address or phone number."""

    role: Key | None = None
    kind: UserKind | None = None
    team: UUID | None = None
    is_active: bool | None = None
    q: str = Field("", max_length=100)
    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = Field(None, max_length=1000)


UserFilter = Annotated[ListUsers, Query()]


class Named(Command):
    """Who somebody says they are: an e-mail address or a phone number, and not both."""

    phone: PhoneNumber | None = None
    email: Annotated[EmailAddress | None, Field(validate_default=True)] = None

    @field_validator("email")
    @classmethod
    def _is_one_of_two(cls, email: str | None, known: ValidationInfo) -> str | None:
        if "phone" in known.data and (email is None) == (known.data["phone"] is None):
            raise PydanticCustomError("one_of_two", "Give an e-mail address or a phone number.")
        return email

    @property
    def name(self) -> str:
        """What they called themselves."""
        return self.phone or self.email or ""

    @property
    def said(self) -> dict[str, str]:
        """The same, with what it is."""
        return {"phone": self.phone} if self.phone else {"email": self.name}


class UserBrief(BaseModel):
    """Who somebody is, as every page of theirs needs it.

    `avatar_id` is another one with every picture; the picture itself is at `/users/{id}/avatar`.
    """

    id: UUID
    kind: UserKind
    role: str
    name: str
    email: str
    language: Language
    time_zone: str
    avatar_id: UUID | None = None


class UserOut(UserBrief):
    """A person as staff see them."""

    phone: str | None
    is_phone_verified: bool
    is_active: bool
    is_email_verified: bool
    team_ids: list[UUID]
    organisation_id: UUID | None
    membership: Membership | None
    created_at: datetime
    version: int


class UserPage(Page[UserOut]):
    """People by name."""


class Accepted(BaseModel):
    """It has been taken in hand; what comes of it is told by mail."""

    status: str = "accepted"

"""Organisations over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from identity_service.fields import Name
from shared.commands import Command
from shared.events.identity import Membership
from shared.paging import Page


class CreateOrganisation(Command):
    """A new organisation."""

    name: Name


class EditOrganisation(Command):
    """New values; fields that are not given stay. One that is switched off keeps its members."""

    name: Name | None = None
    is_active: bool | None = None


class SetMembership(Command):
    """What a member sees: `own` tickets, all of the company's, or all with the right to act."""

    membership: Membership


class ListOrganisations(Command):
    """What a list is narrowed down to; `q` is a part of the name."""

    q: str = Field("", max_length=100)
    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = Field(None, max_length=1000)


OrganisationFilter = Annotated[ListOrganisations, Query()]


class OrganisationOut(BaseModel):
    """An organisation with the number of its people."""

    id: UUID
    name: str
    is_active: bool
    members: int
    version: int


class OrganisationPage(Page[OrganisationOut]):
    """Organisations by name."""


class MemberOut(BaseModel):
    """Somebody who belongs to an organisation."""

    id: UUID
    name: str
    email: str
    is_active: bool
    membership: Membership


class MemberPage(Page[MemberOut]):
    """Members by name."""

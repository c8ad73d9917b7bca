"""Teams over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from identity_service.fields import Key, Name
from shared.commands import Command
from shared.paging import Page


class CreateTeam(Command):
    """A new team; its key never changes."""

    key: Key
    name: Name


class EditTeam(Command):
    """New values; fields that are not given stay. A team out of use keeps its members."""

    name: Name | None = None
    is_active: bool | None = None


class ListTeams(Command):
    """Which page of the teams."""

    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = Field(None, max_length=1000)


TeamFilter = Annotated[ListTeams, Query()]


class TeamOut(BaseModel):
    """A team."""

    id: UUID
    key: str
    name: str
    is_active: bool
    version: int


class TeamPage(Page[TeamOut]):
    """Teams by key."""

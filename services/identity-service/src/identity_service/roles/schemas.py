"""Roles over HTTP."""

from uuid import UUID

from pydantic import BaseModel, Field

from shared.commands import Command
from shared.events.identity import UserKind
from shared.paging import Page
from shared.permissions import Permission


class EditRole(Command):
    """The whole new set of a role's permissions."""

    permissions: list[Permission] = Field(max_length=len(Permission))


class RoleOut(BaseModel):
    """A role; `kind` is that of the people who can have it."""

    id: UUID
    name: str
    kind: UserKind
    permissions: list[str]
    version: int


class RolePage(Page[RoleOut]):
    """All roles; there are few."""

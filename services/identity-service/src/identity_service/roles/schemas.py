"""Roles over HTTP."""

from uuid import UUID

from pydantic import BaseModel, Field

from identity_service.fields import Key, Name
from shared.commands import Command
from shared.events.identity import UserKind
from shared.paging import Page
from shared.permissions import Permission


class EditRole(Command):
    """The whole new set of a role's permissions."""

    permissions: list[Permission] = Field(max_length=len(Permission))


class CreateRole(Command):
    """A new role for staff: its key, which never changes, and what people call it."""

    name: Key
    label: Name
    permissions: list[Permission] = Field(max_length=len(Permission))


class RenameRole(Command):
    """What people call a role from now on."""

    label: Name


class RoleOut(BaseModel):
    """A role; `kind` is that of the people who can have it, `people` how many have it.

    `is_custom` says that it was made here and has a `label`. What a role that `is_fixed` may do
    never changes.
    """

    id: UUID
    name: str
    kind: UserKind
    permissions: list[str]
    label: str
    is_custom: bool
    is_fixed: bool
    people: int
    version: int


class RolePage(Page[RoleOut]):
    """All roles; there are few."""

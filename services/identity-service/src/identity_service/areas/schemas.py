"""The network tree over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from identity_service.fields import Key, Name
from shared.commands import Command
from shared.events.identity import AreaKind
from shared.paging import Page


class CreateArea(Command):
    """A new node; its key and kind never change."""

    key: Key
    kind: AreaKind
    name: Name
    parent_id: UUID | None = None


class EditArea(Command):
    """New values; fields that are not given stay. Another parent moves the whole subtree."""

    name: Name | None = None
    parent_id: UUID | None = None
    is_active: bool | None = None


class ListAreas(Command):
    """What a list of nodes is narrowed down to; `q` is a part of name or key.

    With `counts` each node says how many lines hang below it.
    """

    parent_id: UUID | None = None
    kind: AreaKind | None = None
    q: str = Field("", max_length=100)
    counts: bool = False
    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = Field(None, max_length=1000)


AreaFilter = Annotated[ListAreas, Query()]


class AreaBrief(BaseModel):
    """A node as other things show it."""

    id: UUID
    key: str
    kind: AreaKind
    name: str


class AreaOut(AreaBrief):
    """A node; `path` lists the ids from the root to it, `line_count` is that of the lines below it."""

    parent_id: UUID | None
    path: list[UUID]
    is_active: bool
    line_count: int | None = None
    version: int


class AreaPage(Page[AreaOut]):
    """Nodes by key."""

"""Colleagues over HTTP, for the choice of an assignee."""

from uuid import UUID

from pydantic import BaseModel


class AssigneeOut(BaseModel):
    """An active employee who can be given a ticket."""

    id: UUID
    name: str
    role: str
    team_ids: list[UUID]


class AssigneeList(BaseModel):
    """Active employees by name, at most 500."""

    items: list[AssigneeOut]
    next: None = None

"""Categories over HTTP."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from shared.commands import Command
from ticket_service.tickets.domain import Urgency

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=60)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]


class CreateCategory(Command):
    """A new category; its names in both languages, what it is worth, who gets its tickets."""

    slug: Slug
    name_id: Name
    name_en: Name
    urgency: Urgency = "normal"
    team_id: UUID | None = None
    position: int = Field(100, ge=0, le=10_000)


class EditCategory(Command):
    """New values; fields that are not given stay. A null team means nobody in particular."""

    name_id: Name | None = None
    name_en: Name | None = None
    urgency: Urgency | None = None
    team_id: UUID | None = None
    position: int | None = Field(None, ge=0, le=10_000)
    is_active: bool | None = None


class CategoryOut(BaseModel):
    """A category as forms and admins need it; `name` maps a language to the name."""

    slug: str
    name: dict[str, str]
    urgency: Urgency
    team_id: UUID | None
    team_name: str
    position: int
    is_active: bool
    version: int


class CategoryList(BaseModel):
    """All categories, in their order; there are few."""

    items: list[CategoryOut]
    next: None = None

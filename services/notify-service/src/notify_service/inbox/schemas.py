"""The in-app inbox over HTTP."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from notify_service.intents.schemas import TicketRefOut
from shared.commands import Command
from shared.paging import Page


class NotificationOut(BaseModel):
    """Something that a person was told; `path` is the page of the portal that shows it.

    `title` is one finished line of plain text; `kind` is the name of the rule.
    """

    id: UUID
    kind: str
    title: str
    excerpt: str
    ticket: TicketRefOut
    path: str
    actor_name: str
    created_at: datetime
    read_at: datetime | None


class NotificationPage(Page[NotificationOut]):
    """A page of the inbox with the number of unread ones in all of it (at most 1,000 are counted)."""

    unread: int


class ReadNotifications(Command):
    """Which notifications were read: these, or all of them."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=500)] | None = None
    all: Literal[True] | None = None

    @model_validator(mode="after")
    def _is_either(self) -> Self:
        if (self.ids is None) == (self.all is None):
            raise ValueError("Give either ids or all.")
        return self


class UnreadOut(BaseModel):
    """How many notifications are still unread."""

    unread: int

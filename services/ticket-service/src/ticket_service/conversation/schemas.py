"""Messages and timeline entries over HTTP."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from shared.events.ticket import ActorKind, Visibility
from ticket_service.attachments.schemas import AttachmentOut


class AuthorOut(BaseModel):
    """Who wrote or did something; `system` has no id.

    `avatar_id` names the present picture, which `/users/{id}/avatar` shows to whom it is open. `via` is
    the name of the employee who did it in this person's place.
    """

    id: UUID | None
    name: str
    kind: ActorKind
    avatar_id: UUID | None = None
    via: str | None = None


class MessageOut(BaseModel):
    """A message on a ticket; `internal` ones are shown to staff only."""

    id: UUID
    author: AuthorOut
    visibility: Visibility
    body: str
    created_at: datetime
    attachments: list[AttachmentOut] = []


class TimelineEntryOut(BaseModel):
    """Something that happened to a ticket; `type` is the event's, `version` its place in the order."""

    version: int
    type: str
    at: datetime
    actor: AuthorOut
    visibility: Visibility
    data: dict[str, Any]

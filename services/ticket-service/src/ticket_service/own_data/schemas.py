"""One's own tickets over HTTP, whole."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class OwnPhotoOut(BaseModel):
    """A photo of the ticket; its file is at `/attachments/{id}`."""

    id: UUID
    name: str
    created_at: datetime


class OwnTicketOut(BaseModel):
    """A ticket as its requester knows it: everything but internal notes."""

    number: str
    subject: str
    description: str
    status: str
    category: str
    impact: str | None
    channel: str
    service_line: str | None
    created_at: datetime
    updated_at: datetime
    solved_at: datetime | None
    closed_at: datetime | None
    score: int | None
    comment: str | None
    messages: list[dict[str, Any]]
    history: list[dict[str, Any]]
    photos: list[OwnPhotoOut]


class OwnTickets(BaseModel):
    """Some of one's tickets, the oldest first; `next` is the cursor of the following ones."""

    items: list[OwnTicketOut]
    next: str | None = None

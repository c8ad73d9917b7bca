"""One's own messages over HTTP."""

from datetime import datetime

from pydantic import BaseModel

from shared.paging import Page


class OwnMessageOut(BaseModel):
    """What somebody was told, how, and what became of it."""

    about: str
    channel: str
    ticket: str | None
    state: str
    created_at: datetime
    sent_at: datetime | None
    read_at: datetime | None


class OwnMessages(Page[OwnMessageOut]):
    """One's messages, the oldest first."""

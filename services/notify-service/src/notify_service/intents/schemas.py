"""Intents over HTTP, for staff who look after deliveries."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from notify_service.intents.domain import Channel, State


class RecipientOut(BaseModel):
    """Whom a message goes to; name and address are empty when they are not known (any more)."""

    id: UUID
    name: str
    email: str


class TicketRefOut(BaseModel):
    """The ticket that a message is about."""

    number: str
    subject: str


class DeliveryOut(BaseModel):
    """An intent and what became of it.

    `joined` ones go out inside the message of intent `mail_id`. `is_repeat`: a try ended without our
    knowing whether the provider had taken the message, so it was sent again with the same
    Message-ID. Times are null where they do not apply.
    """

    id: UUID
    event_id: UUID
    event_type: str
    rule: str
    channel: Channel
    state: State
    recipient: RecipientOut
    ticket: TicketRefOut | None
    attempts: int
    is_repeat: bool
    waits_for_address: bool
    mail_id: UUID
    message_id: str | None
    error_code: str | None
    error: str | None
    created_at: datetime
    due_at: datetime | None
    expires_at: datetime
    sent_at: datetime | None
    read_at: datetime | None

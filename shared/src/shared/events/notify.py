"""What notify-service says about the messages it sends."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events.base import Event

DeliveryChannel = Literal["email", "in_app", "whatsapp"]


class NotificationSent(Event):
    """A message was accepted by its provider. Aggregate: the notification intent.

    `event_id` and `event_type` name the cause, `event_time` when it happened.
    """

    TYPE: ClassVar[str] = "notification.sent"
    intent_id: UUID
    event_id: UUID
    event_type: str
    event_time: datetime
    rule: str
    channel: DeliveryChannel
    recipient_id: UUID
    sent_at: datetime


class NotificationFailed(Event):
    """A message will not be sent: refused for good, expired, or out of tries."""

    TYPE: ClassVar[str] = "notification.failed"
    intent_id: UUID
    event_id: UUID
    event_type: str
    rule: str
    channel: DeliveryChannel
    recipient_id: UUID
    state: Literal["failed", "expired", "unknown"]
    reason: str


CONTRACTS: tuple[type[Event], ...] = (NotificationSent, NotificationFailed)

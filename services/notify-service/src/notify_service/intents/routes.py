"""What became of messages."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from notify_service.intents import queries
from notify_service.intents.domain import Channel, State
from notify_service.intents.messages import Mailer
from notify_service.intents.schemas import DeliveryOut, RecipientOut, TicketRefOut
from shared.auth import Actor
from shared.db import Row
from shared.dependencies import Permitted, Reader
from shared.paging import Cursor, Limit, Page, cut, decode_cursor
from shared.permissions import Permission

router = APIRouter(tags=["deliveries"])

DeliveryReader = Annotated[Actor, Depends(Permitted(Permission.DELIVERY_READ))]


@router.get("/deliveries")
async def list_deliveries(
    request: Request,
    connection: Reader,
    _: DeliveryReader,
    event_id: UUID | None = None,
    recipient: Annotated[
        str | None, Query(max_length=320, description="A user's id or an address.")
    ] = None,
    state: State | None = None,
    channel: Channel | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[DeliveryOut]:
    """Intents with their state, newest first."""
    before = decode_cursor(cursor, UUID)
    recipient_id, email = _person(recipient)
    rows = await queries.deliveries(
        connection,
        limit,
        event_id=event_id,
        recipient_id=recipient_id,
        email=email,
        state=state,
        channel=channel,
        before=before[0] if before else None,
    )
    page, following = cut(rows, limit, lambda row: [row["id"]])
    mailer: Mailer = request.app.state.mailer
    return Page(items=[_delivery(row, mailer) for row in page], next=following)


def _person(text: str | None) -> tuple[UUID | None, str | None]:
    try:
        return (UUID(text), None) if text else (None, None)
    except ValueError:
        return None, text


def _delivery(row: Row, mailer: Mailer) -> DeliveryOut:
    ticket = TicketRefOut(number=row["number"], subject=row["subject"]) if row["number"] else None
    is_mail = row["channel"] == "email"
    return DeliveryOut(
        **{name: row[name] for name in DeliveryOut.model_fields if name in row},
        recipient=RecipientOut(id=row["recipient_id"], name=row["name"], email=row["email"]),
        ticket=ticket,
        waits_for_address=is_mail and row["state"] == "pending" and row["due_at"] is None,
        message_id=mailer.message_id(row["mail_id"]) if is_mail else None,
    )

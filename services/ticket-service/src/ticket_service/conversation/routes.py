"""Messages and timeline over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from shared.dependencies import Reader, Someone

from ticket_service.conversation import queries
from ticket_service.conversation.queries import page_of
from ticket_service.conversation.schemas import MessagePage, TimelinePage
from ticket_service.tickets.handlers import visible_ticket_id

router = APIRouter(tags=["tickets"])

Limit = Annotated[int, Query(ge=1, le=100)]


@router.get("/tickets/{number}/messages")
async def list_messages(
    connection: Reader,
    actor: Someone,
    number: str,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> MessagePage:
    ticket_id = await visible_ticket_id(connection, actor, number)
    found = await queries.messages_of(
        connection,
        ticket_id,
        with_internal=actor.is_staff,
        after=cursor,
        limit=limit + 1,
    )
    items, following = page_of(found, limit, "id")
    return MessagePage(items=items, next=following)


@router.get("/tickets/{number}/timeline")
async def list_timeline(
    connection: Reader, actor: Someone, number: str, cursor: int = 0, limit: Limit = 50
) -> TimelinePage:
    ticket_id = await visible_ticket_id(connection, actor, number)
    found = await queries.timeline_of(
        connection,
        ticket_id,
        with_internal=actor.is_staff,
        after=cursor,
        limit=limit + 1,
    )
    items, following = page_of(found, limit, "version")
    return TimelinePage(items=items, next=following)

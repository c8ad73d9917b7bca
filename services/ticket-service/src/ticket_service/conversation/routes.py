"""Messages and timeline over HTTP."""

from uuid import UUID

from fastapi import APIRouter

from shared.dependencies import Reader, Someone
from shared.paging import Cursor, Limit, Page, cut, decode_cursor
from ticket_service.attachments.queries import attachments_of
from ticket_service.conversation import queries
from ticket_service.conversation.schemas import MessageOut, TimelineEntryOut
from ticket_service.tickets.handlers import visible_ticket_id

router = APIRouter(tags=["tickets"])


@router.get("/tickets/{number}/messages")
async def list_messages(
    connection: Reader, actor: Someone, number: str, cursor: Cursor = None, limit: Limit = 50
) -> Page[MessageOut]:
    ticket_id = await visible_ticket_id(connection, actor, number)
    after = decode_cursor(cursor, UUID)
    found = await queries.messages_of(
        connection,
        ticket_id,
        with_internal=actor.is_staff,
        after=after[0] if after else None,
        limit=limit + 1,
    )
    items, following = cut(found, limit, lambda message: [message.id])
    attached = await attachments_of(connection, ticket_id, with_internal=actor.is_staff)
    for message in items:
        message.attachments = attached.get(message.id, [])
    return Page(items=list(items), next=following)


@router.get("/tickets/{number}/timeline")
async def list_timeline(
    connection: Reader, actor: Someone, number: str, cursor: Cursor = None, limit: Limit = 50
) -> Page[TimelineEntryOut]:
    ticket_id = await visible_ticket_id(connection, actor, number)
    after = decode_cursor(cursor, int)
    found = await queries.timeline_of(
        connection,
        ticket_id,
        with_internal=actor.is_staff,
        after=after[0] if after else 0,
        limit=limit + 1,
    )
    items, following = cut(found, limit, lambda entry: [entry.version])
    return Page(items=list(items), next=following)

"""The in-app inbox of whoever asks."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from notify_service.contacts.queries import language_of
from notify_service.inbox import handlers, queries
from notify_service.inbox.schemas import (
    NotificationOut,
    NotificationPage,
    ReadNotifications,
    UnreadOut,
)
from notify_service.intents.messages import seen, ticket_path
from notify_service.intents.rendering import Templates, one_line
from notify_service.intents.schemas import TicketRefOut
from shared.auth import NotPermitted
from shared.db import Row
from shared.dependencies import Reader, Someone, Tx
from shared.events.identity import Language
from shared.paging import Cursor, Limit, cut, decode_cursor

router = APIRouter(tags=["notifications"])

_EXCERPT = 160


async def _owner(actor: Someone) -> UUID:
    """The person whose inbox it is; a signed link opens one ticket and no inbox."""
    if actor.id is None or actor.kind == "link":
        raise NotPermitted
    return actor.id


Owner = Annotated[UUID, Depends(_owner)]


@router.get("/notifications")
async def list_notifications(
    request: Request,
    connection: Reader,
    owner: Owner,
    unread: bool = False,
    language: Language | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> NotificationPage:
    """One's own notifications, newest first; titles in one's own language unless another is asked for."""
    before = decode_cursor(cursor, UUID)
    rows = await queries.notifications(
        connection, owner, only_unread=unread, before=before[0] if before else None, limit=limit
    )
    page, following = cut(rows, limit, lambda row: [row["id"]])
    spoken = language or await language_of(connection, owner)
    templates: Templates = request.app.state.templates
    return NotificationPage(
        items=[_notification(row, templates, spoken) for row in page],
        next=following,
        unread=await queries.unread_count(connection, owner),
    )


@router.post("/notifications/read")
async def read_notifications(command: ReadNotifications, tx: Tx, owner: Owner) -> UnreadOut:
    """Mark notifications as read."""
    return UnreadOut(unread=await handlers.read_notifications(tx, owner, command))


def _notification(row: Row, templates: Templates, language: str) -> NotificationOut:
    values = seen(row["rule"], row["data"], language)
    return NotificationOut(
        id=row["id"],
        kind=row["rule"],
        title=templates.subject(row["rule"], language, values),
        excerpt=one_line(values["text"])[:_EXCERPT],
        ticket=TicketRefOut(**{k: values["ticket"][k] for k in ("number", "subject")}),
        path=ticket_path(row["rule"], values["ticket"]["number"]),
        actor_name=values["actor_name"],
        created_at=row["created_at"],
        read_at=row["read_at"],
    )

"""What people do with their inbox."""

from uuid import UUID

from notify_service.inbox import queries
from notify_service.inbox.schemas import ReadNotifications
from shared.db import Tx


async def read_notifications(tx: Tx, user_id: UUID, command: ReadNotifications) -> int:
    """Mark notifications as read; ids of other people's have no effect. Gives the unread ones left."""
    await queries.mark_read(tx, user_id, command.ids)
    return await queries.unread_count(tx, user_id)

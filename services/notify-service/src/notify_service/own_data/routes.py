"""One's own messages over HTTP."""

from uuid import UUID

from fastapi import APIRouter

from notify_service.own_data import queries
from notify_service.own_data.schemas import OwnMessages
from shared.auth import NotPermitted
from shared.dependencies import Reader, Someone
from shared.paging import Cursor, Limit, decode_cursor, encode_cursor

router = APIRouter(tags=["me"])


@router.get("/own-data")
async def own_data(
    actor: Someone, connection: Reader, limit: Limit = 100, cursor: Cursor = None
) -> OwnMessages:
    """Every message to whoever asks; a signed link shows one ticket and no data."""
    if actor.id is None or actor.kind == "link" or actor.impersonator:
        raise NotPermitted
    after = decode_cursor(cursor, UUID)
    found = await queries.own_messages(connection, actor.id, after[0] if after else None, limit)
    following = encode_cursor([found[-1][0]]) if len(found) == limit else None
    return OwnMessages(items=[message for _, message in found], next=following)

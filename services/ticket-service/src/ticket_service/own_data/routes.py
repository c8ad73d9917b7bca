"""One's own tickets over HTTP, whole."""

from uuid import UUID

from fastapi import APIRouter

from shared.auth import NotPermitted
from shared.dependencies import Reader, Someone
from shared.paging import Cursor, Limit, decode_cursor, encode_cursor
from ticket_service.own_data import queries
from ticket_service.own_data.schemas import OwnTickets

router = APIRouter(tags=["me"])


@router.get("/own-data")
async def own_data(
    actor: Someone, connection: Reader, limit: Limit = 50, cursor: Cursor = None
) -> OwnTickets:
    """Every ticket of whoever asks; a signed link shows one ticket and no data."""
    if actor.id is None or actor.kind == "link" or actor.impersonator:
        raise NotPermitted
    after = decode_cursor(cursor, UUID)
    found = await queries.own_tickets(connection, actor.id, after[0] if after else None, limit)
    following = encode_cursor([found[-1][0]]) if len(found) == limit else None
    return OwnTickets(items=[ticket for _, ticket in found], next=following)

"""Feedback over HTTP."""

from fastapi import APIRouter, Response

from shared.dependencies import ExpectedVersion, Someone, Tx, etag
from ticket_service.feedback import handlers
from ticket_service.feedback.schemas import RateTicket
from ticket_service.tickets.schemas import TicketOut

router = APIRouter(tags=["tickets"])


@router.post("/tickets/{number}/feedback")
async def rate_ticket(
    tx: Tx,
    actor: Someone,
    number: str,
    command: RateTicket,
    expected: ExpectedVersion,
    response: Response,
) -> TicketOut:
    out = await handlers.rate_ticket(tx, actor, number, command, expected)
    response.headers["ETag"] = etag(out.version)
    return out

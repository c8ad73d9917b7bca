"""Unsubscribing over HTTP."""

from fastapi import APIRouter

from identity_service.dependencies import FromGateway, Keys
from identity_service.unsubscriptions import handlers
from identity_service.unsubscriptions.schemas import Unsubscribe, UnsubscribedOut
from shared.dependencies import Tx

router = APIRouter(tags=["me"])


@router.post("/unsubscriptions")
async def unsubscribe(
    visitor: FromGateway, tx: Tx, command: Unsubscribe, keys: Keys
) -> UnsubscribedOut:
    return await handlers.unsubscribe(tx, visitor, keys, command)

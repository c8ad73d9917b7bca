"""Getting an account back over HTTP; whoever holds the link has the mailbox of the owner."""

from fastapi import APIRouter

from identity_service.dependencies import FromGateway, Keys
from identity_service.recoveries import handlers
from identity_service.recoveries.schemas import Recover, RecoveredOut
from shared.dependencies import Tx

router = APIRouter(tags=["recoveries"])


@router.post("/recoveries")
async def recover(visitor: FromGateway, tx: Tx, command: Recover, keys: Keys) -> RecoveredOut:
    return await handlers.recover(tx, visitor, keys, command)

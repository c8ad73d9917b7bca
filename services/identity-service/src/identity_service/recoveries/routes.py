"""Getting an account back over HTTP; whoever holds the link has the mailbox of the owner."""

from fastapi import APIRouter

from identity_service.dependencies import FromGateway, Keys
from identity_service.recoveries import handlers
from identity_service.recoveries.schemas import Recover
from identity_service.users.schemas import Accepted
from shared.dependencies import Tx

router = APIRouter(tags=["recoveries"])


@router.post("/recoveries", status_code=202)
async def recover(visitor: FromGateway, tx: Tx, command: Recover, keys: Keys) -> Accepted:
    await handlers.recover(tx, visitor, keys, command)
    return Accepted()

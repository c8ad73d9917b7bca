"""One's own data over HTTP."""

from fastapi import APIRouter

from identity_service.own_data import handlers
from identity_service.own_data.schemas import AskForOwnData, OwnAccountOut
from identity_service.second_factor.owner import AskingOwner

router = APIRouter(tags=["me"])


@router.post("/own-data")
async def own_data(owner: AskingOwner, command: AskForOwnData) -> OwnAccountOut:
    async with owner.proven(command) as (tx, user):
        return await handlers.own_data(tx, owner.by, user)

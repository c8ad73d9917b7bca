"""Erasing over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from identity_service.dependencies import AuditBy
from identity_service.erasure import handlers
from identity_service.erasure.schemas import EraseMe, EraseUser
from identity_service.second_factor.owner import AskingOwner
from shared.auth import Actor
from shared.dependencies import ExpectedVersion, Permitted, Tx
from shared.permissions import Permission

router = APIRouter(tags=["erasure"])

Eraser = Annotated[Actor, Depends(Permitted(Permission.USER_ERASE))]


@router.post("/me/erase", status_code=204)
async def erase_me(owner: AskingOwner, command: EraseMe) -> Response:
    async with owner.proven(command) as (tx, user):
        await handlers.erase_me(tx, owner.by, user, command.is_final)
    return Response(status_code=204)


@router.post("/users/{user_id}/erase", status_code=204)
async def erase_user(
    actor: Eraser,
    by: AuditBy,
    tx: Tx,
    user_id: UUID,
    command: EraseUser,
    expected: ExpectedVersion,
) -> Response:
    await handlers.erase_user(tx, actor, by, user_id, command.is_final, expected)
    return Response(status_code=204)

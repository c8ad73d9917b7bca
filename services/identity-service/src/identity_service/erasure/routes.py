"""Erasing over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from identity_service.dependencies import AuditBy, Db, Passwords, Person, Safe
from identity_service.erasure import handlers
from identity_service.erasure.schemas import EraseMe, EraseUser
from identity_service.second_factor.handlers import accept_proof
from identity_service.second_factor.routes import compared_proof, noted
from shared.auth import Actor
from shared.dependencies import ExpectedVersion, Permitted, Tx
from shared.permissions import Permission

router = APIRouter(tags=["erasure"])

Eraser = Annotated[Actor, Depends(Permitted(Permission.USER_ERASE))]


@router.post("/me/erase", status_code=204)
async def erase_me(
    actor: Person, by: AuditBy, db: Db, command: EraseMe, passwords: Passwords, vault: Safe
) -> Response:
    compared = await compared_proof(db, actor, passwords, command)
    async with noted(db, by, actor), db.transaction() as tx:
        user = await accept_proof(tx, by, vault, actor, compared)
        await handlers.erase_me(tx, by, user, command.is_final)
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

"""Acting in a customer's place over HTTP; only the gateway's pages lead here."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from identity_service.dependencies import AuditBy, FromGateway, ThisSession
from identity_service.impersonation import handlers
from identity_service.impersonation.schemas import BeginImpersonation
from identity_service.sessions.schemas import SessionOut
from shared.auth import Actor
from shared.dependencies import Permitted, Tx
from shared.permissions import Permission

router = APIRouter(tags=["sessions"])

Impersonator = Annotated[Actor, Depends(Permitted(Permission.USER_IMPERSONATE))]


@router.post("/users/{user_id}/impersonation", status_code=201)
async def begin_impersonation(
    actor: Impersonator,
    by: AuditBy,
    visitor: FromGateway,
    this: ThisSession,
    tx: Tx,
    user_id: UUID,
    command: BeginImpersonation,
) -> SessionOut:
    return await handlers.begin_impersonation(tx, actor, by, visitor, this, user_id, command.reason)

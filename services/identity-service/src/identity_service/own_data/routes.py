"""One's own data over HTTP."""

from fastapi import APIRouter

from identity_service.dependencies import AuditBy, Db, Passwords, Person, Safe
from identity_service.own_data import handlers
from identity_service.own_data.schemas import AskForOwnData, OwnAccountOut
from identity_service.second_factor.handlers import accept_proof
from identity_service.second_factor.routes import compared_proof, noted

router = APIRouter(tags=["me"])


@router.post("/own-data")
async def own_data(
    actor: Person, by: AuditBy, db: Db, command: AskForOwnData, passwords: Passwords, vault: Safe
) -> OwnAccountOut:
    compared = await compared_proof(db, actor, passwords, command)
    async with noted(db, by, actor), db.transaction() as tx:
        user = await accept_proof(tx, by, vault, actor, compared)
        return await handlers.own_data(tx, by, user)

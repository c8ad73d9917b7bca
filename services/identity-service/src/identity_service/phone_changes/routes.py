"""The proof of a phone number over HTTP."""

from fastapi import APIRouter

from identity_service.audit.domain import Action, Target
from identity_service.audit.refusals import refusals_noted
from identity_service.dependencies import (
    AuditBy,
    Db,
    FromGateway,
    Keys,
    Person,
    Times,
)
from identity_service.phone_changes import handlers
from identity_service.phone_changes.schemas import ChangePhone, ProvePhone, RemovePhone
from identity_service.profile.handlers import begin_only_session
from identity_service.second_factor.owner import AskingOwner
from identity_service.sessions.schemas import SessionOut
from identity_service.users.schemas import Accepted

router = APIRouter(tags=["me"])


@router.put("/me/phone", status_code=202)
async def change_phone(owner: AskingOwner, command: ChangePhone) -> Accepted:
    async with owner.proven(command) as (tx, user):
        await handlers.ask_for_code(tx, owner.by, user, command.phone)
    return Accepted()


@router.post("/me/phone/proof")
async def prove_phone(
    actor: Person,
    by: AuditBy,
    visitor: FromGateway,
    db: Db,
    command: ProvePhone,
    keys: Keys,
    times: Times,
) -> SessionOut:
    async with db.transaction() as tx:
        expected = await handlers.begin_proof(tx, actor)
    async with (
        refusals_noted(db, by, Action.PHONE_PROOF_REFUSED, Target.user(actor.id)),
        db.transaction() as tx,
    ):
        user = await handlers.prove_phone(tx, actor, by, keys, expected, command.code)
        return await begin_only_session(tx, user, visitor, times)


@router.post("/me/phone/removal")
async def remove_phone(owner: AskingOwner, command: RemovePhone) -> SessionOut:
    async with owner.proven(command) as (tx, user):
        return await owner.begin_again(tx, await handlers.remove_phone(tx, owner.by, user))

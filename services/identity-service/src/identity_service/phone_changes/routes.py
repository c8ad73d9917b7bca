"""The proof of a phone number over HTTP."""

from fastapi import APIRouter

from identity_service.audit.domain import Action, Target
from identity_service.audit.refusals import refusals_noted
from identity_service.dependencies import (
    AuditBy,
    Db,
    FromGateway,
    Keys,
    Passwords,
    Person,
    Safe,
    Times,
)
from identity_service.phone_changes import handlers
from identity_service.phone_changes.schemas import ChangePhone, ProvePhone, RemovePhone
from identity_service.profile.handlers import begin_only_session
from identity_service.second_factor.handlers import accept_proof
from identity_service.second_factor.routes import compared_proof, noted
from identity_service.sessions.schemas import SessionOut
from identity_service.users.schemas import Accepted

router = APIRouter(tags=["me"])


@router.put("/me/phone", status_code=202)
async def change_phone(
    actor: Person,
    by: AuditBy,
    db: Db,
    command: ChangePhone,
    passwords: Passwords,
    vault: Safe,
) -> Accepted:
    compared = await compared_proof(db, actor, passwords, command)
    async with noted(db, by, actor), db.transaction() as tx:
        user = await accept_proof(tx, by, vault, actor, compared)
        await handlers.ask_for_code(tx, by, user, command.phone)
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
async def remove_phone(
    actor: Person,
    by: AuditBy,
    visitor: FromGateway,
    db: Db,
    command: RemovePhone,
    passwords: Passwords,
    vault: Safe,
    times: Times,
) -> SessionOut:
    compared = await compared_proof(db, actor, passwords, command)
    async with noted(db, by, actor), db.transaction() as tx:
        owner = await accept_proof(tx, by, vault, actor, compared)
        user = await handlers.remove_phone(tx, by, owner)
        return await begin_only_session(tx, user, visitor, times)

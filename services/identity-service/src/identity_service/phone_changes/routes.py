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
    Times,
)
from identity_service.phone_changes import handlers
from identity_service.phone_changes.schemas import ChangePhone, ProvePhone, RemovePhone
from identity_service.profile.handlers import begin_confirmation, begin_only_session
from identity_service.sessions.schemas import SessionOut
from identity_service.users.schemas import Accepted

router = APIRouter(tags=["me"])


@router.put("/me/phone", status_code=202)
async def change_phone(
    actor: Person, by: AuditBy, db: Db, command: ChangePhone, passwords: Passwords
) -> Accepted:
    async with db.transaction() as tx:
        stored = await begin_confirmation(tx, actor)
    verdict = await passwords.verify(command.current_password, stored)
    async with (
        refusals_noted(db, by, Action.CREDENTIAL_REFUSED, Target.user(actor.id)),
        db.transaction() as tx,
    ):
        await handlers.ask_for_code(tx, actor, by, stored, verdict, command.phone)
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
    times: Times,
) -> SessionOut:
    async with db.transaction() as tx:
        stored = await begin_confirmation(tx, actor)
    verdict = await passwords.verify(command.current_password, stored)
    async with (
        refusals_noted(db, by, Action.CREDENTIAL_REFUSED, Target.user(actor.id)),
        db.transaction() as tx,
    ):
        user = await handlers.remove_phone(tx, actor, by, stored, verdict)
        return await begin_only_session(tx, user, visitor, times)

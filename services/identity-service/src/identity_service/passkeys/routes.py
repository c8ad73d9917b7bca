"""Passkeys over HTTP."""

from uuid import UUID

from fastapi import APIRouter

from identity_service.audit.domain import Action, By
from identity_service.audit.refusals import refusals_noted
from identity_service.dependencies import (
    AuditBy,
    Db,
    FromGateway,
    Party,
    Person,
    Times,
)
from identity_service.passkeys import handlers, queries
from identity_service.passkeys.schemas import (
    AddPasskey,
    LogInWithPasskey,
    OptionsOut,
    PasskeyOut,
    Passkeys,
    RenamePasskey,
)
from identity_service.profile.handlers import begin_only_session
from identity_service.second_factor.owner import AskingOwner
from identity_service.second_factor.schemas import Proof
from identity_service.sessions.handlers import own_id
from identity_service.sessions.schemas import SessionOut
from shared.dependencies import Reader, Tx

router = APIRouter(tags=["passkeys"])


@router.post("/sessions/passkey/options")
async def offer_log_in(visitor: FromGateway, tx: Tx, party: Party) -> OptionsOut:
    return OptionsOut(public_key=await handlers.offer_log_in(tx, visitor, party))


@router.post("/sessions/passkey", status_code=201)
async def log_in_with_passkey(
    visitor: FromGateway, db: Db, command: LogInWithPasskey, party: Party, times: Times
) -> SessionOut:
    async with (
        refusals_noted(db, By.visitor(visitor), Action.SESSION_REFUSED),
        db.transaction() as tx,
    ):
        return await handlers.log_in(tx, visitor, command.credential, party, times)


@router.get("/me/passkeys")
async def list_passkeys(actor: Person, connection: Reader) -> Passkeys:
    found = await queries.passkeys_of(connection, own_id(actor))
    return Passkeys(items=[PasskeyOut.model_validate(p, from_attributes=True) for p in found])


@router.post("/me/passkeys/options")
async def offer_passkey(owner: AskingOwner, command: Proof, party: Party) -> OptionsOut:
    async with owner.proven(command) as (tx, user):
        options = await handlers.offer_creation(tx, user, party)
    return OptionsOut(public_key=options)


@router.post("/me/passkeys")
async def add_passkey(
    actor: Person,
    by: AuditBy,
    visitor: FromGateway,
    tx: Tx,
    command: AddPasskey,
    party: Party,
    times: Times,
) -> SessionOut:
    user = await handlers.add_passkey(tx, by, actor, command, party)
    return await begin_only_session(tx, user, visitor, times)


@router.patch("/me/passkeys/{passkey_id}")
async def rename_passkey(
    actor: Person, tx: Tx, passkey_id: UUID, command: RenamePasskey
) -> PasskeyOut:
    renamed = await handlers.rename_passkey(tx, actor, passkey_id, command.name)
    return PasskeyOut.model_validate(renamed, from_attributes=True)


@router.delete("/me/passkeys/{passkey_id}")
async def remove_passkey(owner: AskingOwner, passkey_id: UUID, command: Proof) -> SessionOut:
    async with owner.proven(command) as (tx, user):
        told = await handlers.remove_passkey(tx, owner.by, user, passkey_id)
        return await owner.begin_again(tx, told)

"""The second factor over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from identity_service.audit.domain import Action, By, Target
from identity_service.audit.refusals import refusals_noted
from identity_service.dependencies import (
    AuditBy,
    Brand,
    Db,
    FromGateway,
    Passwords,
    Person,
    Safe,
    StaffDemand,
    ThisSession,
    Times,
)
from identity_service.second_factor import handlers
from identity_service.second_factor.domain import (
    Compared,
    new_recovery_codes,
    shown_recovery_code,
)
from identity_service.second_factor.owner import AskingOwner, Owner
from identity_service.second_factor.schemas import (
    ConfirmSecondFactor,
    Proof,
    RecoveryCodesOut,
    SecondFactorOut,
    SecretOut,
    TypeCode,
)
from identity_service.sessions.schemas import SessionOut
from identity_service.users.routes import UserEditor
from shared.dependencies import Reader, Tx

router = APIRouter(tags=["second-factor"])


@router.post("/sessions/second-step", status_code=201)
async def finish_log_in(
    visitor: FromGateway,
    db: Db,
    command: TypeCode,
    passwords: Passwords,
    vault: Safe,
    times: Times,
) -> SessionOut:
    by = By.visitor(visitor)
    async with db.transaction() as tx:
        tried = await handlers.begin_second_step(tx, visitor, command.pending_token, command.code)
    is_right = await handlers.compare_code(passwords, tried)
    async with (
        refusals_noted(db, by, Action.SECOND_STEP_REFUSED, Target.user(tried.user_id)),
        db.transaction() as tx,
    ):
        return await handlers.finish_second_step(
            tx,
            by,
            visitor,
            vault,
            command.pending_token,
            tried,
            is_recovery_code_right=is_right,
            times=times,
        )


@router.get("/me/second-factor")
async def show_second_factor(
    actor: Person, connection: Reader, demand: StaffDemand
) -> SecondFactorOut:
    return await handlers.show_second_factor(connection, actor, demand)


@router.post("/me/second-factor/secret", status_code=201)
async def begin_set_up(
    actor: Person, tx: Tx, vault: Safe, this: ThisSession, brand: Brand
) -> SecretOut:
    return await handlers.begin_set_up(tx, vault, actor, this, brand)


@router.get("/me/second-factor/secret")
async def show_secret(
    actor: Person, connection: Reader, vault: Safe, this: ThisSession, brand: Brand
) -> SecretOut:
    return await handlers.show_secret(connection, vault, actor, this, brand)


@router.put("/me/second-factor")
async def switch_second_factor_on(
    owner: AskingOwner, command: ConfirmSecondFactor
) -> RecoveryCodesOut:
    compared = await owner.compared(command)
    codes, hashes = await _new_codes(owner, compared)
    async with owner.change() as tx:
        user = await owner.accept(tx, compared)
        typed = compared.claim.tried.code
        told = await handlers.confirm_set_up(tx, owner.by, owner.vault, user, typed, hashes)
        session = await owner.begin_again(tx, told)
    return _with_codes(session, codes)


@router.post("/me/second-factor/recovery-codes")
async def renew_recovery_codes(owner: AskingOwner, command: Proof) -> RecoveryCodesOut:
    compared = await owner.compared(command)
    codes, hashes = await _new_codes(owner, compared)
    async with owner.change() as tx:
        user = await owner.accept(tx, compared)
        told = await handlers.renew_recovery_codes(tx, owner.by, user, hashes)
        session = await owner.begin_again(tx, told)
    return _with_codes(session, codes)


@router.delete("/me/second-factor")
async def switch_second_factor_off(owner: AskingOwner, command: Proof) -> SessionOut:
    async with owner.proven(command) as (tx, user):
        return await owner.begin_again(tx, await handlers.switch_off(tx, owner.by, user))


@router.delete("/users/{user_id}/second-factor", status_code=204)
async def remove_second_factor(actor: UserEditor, by: AuditBy, tx: Tx, user_id: UUID) -> Response:
    await handlers.remove_of(tx, by, actor, user_id)
    return Response(status_code=204)


async def _new_codes(owner: Owner, compared: Compared) -> tuple[list[str], dict[str, str]]:
    """Recovery codes and their hashes, which cost some time that a wrong password is not worth."""
    codes = new_recovery_codes()
    if not compared.is_password_right:
        return codes, {}
    return codes, await handlers.hash_codes(owner.passwords, codes)


def _with_codes(session: SessionOut, codes: list[str]) -> RecoveryCodesOut:
    shown = [shown_recovery_code(code) for code in codes]
    return RecoveryCodesOut(**session.model_dump(), recovery_codes=shown)

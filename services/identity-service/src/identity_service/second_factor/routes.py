"""The second factor over HTTP."""

from contextlib import AbstractAsyncContextManager
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
from identity_service.passwords.hashing import PasswordHashes
from identity_service.profile.handlers import begin_only_session
from identity_service.second_factor import handlers
from identity_service.second_factor.domain import (
    Claim,
    Compared,
    new_recovery_codes,
    shown_recovery_code,
)
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
from shared.auth import Actor
from shared.db import Database
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
    actor: Person,
    by: AuditBy,
    visitor: FromGateway,
    db: Db,
    command: ConfirmSecondFactor,
    passwords: Passwords,
    vault: Safe,
    times: Times,
) -> RecoveryCodesOut:
    compared = await compared_proof(db, actor, passwords, command)
    codes = new_recovery_codes()
    hashes = await handlers.hash_codes(passwords, codes) if compared.is_password_right else {}
    async with noted(db, by, actor), db.transaction() as tx:
        user = await handlers.confirm_set_up(tx, by, vault, actor, compared, hashes)
        session = await begin_only_session(tx, user, visitor, times)
    return _with_codes(session, codes)


@router.post("/me/second-factor/recovery-codes")
async def renew_recovery_codes(
    actor: Person,
    by: AuditBy,
    visitor: FromGateway,
    db: Db,
    command: Proof,
    passwords: Passwords,
    vault: Safe,
    times: Times,
) -> RecoveryCodesOut:
    compared = await compared_proof(db, actor, passwords, command)
    codes = new_recovery_codes()
    hashes = await handlers.hash_codes(passwords, codes) if compared.is_password_right else {}
    async with noted(db, by, actor), db.transaction() as tx:
        user = await handlers.renew_recovery_codes(tx, by, vault, actor, compared, hashes)
        session = await begin_only_session(tx, user, visitor, times)
    return _with_codes(session, codes)


@router.delete("/me/second-factor")
async def switch_second_factor_off(
    actor: Person,
    by: AuditBy,
    visitor: FromGateway,
    db: Db,
    command: Proof,
    passwords: Passwords,
    vault: Safe,
    times: Times,
) -> SessionOut:
    compared = await compared_proof(db, actor, passwords, command)
    async with noted(db, by, actor), db.transaction() as tx:
        user = await handlers.switch_off(tx, by, vault, actor, compared)
        return await begin_only_session(tx, user, visitor, times)


@router.delete("/users/{user_id}/second-factor", status_code=204)
async def remove_second_factor(actor: UserEditor, by: AuditBy, tx: Tx, user_id: UUID) -> Response:
    await handlers.remove_of(tx, by, actor, user_id)
    return Response(status_code=204)


async def compared_proof(
    db: Database, actor: Actor, passwords: PasswordHashes, proof: Proof | ConfirmSecondFactor
) -> Compared:
    """Count the try and compare, with no connection held while hashing."""
    async with db.transaction() as tx:
        claim = await handlers.begin_proof(tx, actor, proof.code)
    return await compared_claim(db, passwords, claim, proof.current_password)


async def compared_claim(
    db: Database, passwords: PasswordHashes, claim: Claim, password: str
) -> Compared:
    """Compare the password, and only where it is right the code, which is counted first."""
    verdict = await passwords.verify(password, claim.password_hash)
    if not verdict.is_right:
        return Compared(claim, is_password_right=False, is_recovery_code_right=False)
    async with db.transaction() as tx:
        await handlers.count_code(tx, claim)
    is_code_right = await handlers.compare_code(passwords, claim.tried)
    return Compared(claim, is_password_right=True, is_recovery_code_right=is_code_right)


def noted(db: Database, by: By, actor: Actor) -> AbstractAsyncContextManager[None]:
    """Write down where a change to the ways of getting in was refused."""
    return refusals_noted(db, by, Action.CREDENTIAL_REFUSED, Target.user(actor.id))


def _with_codes(session: SessionOut, codes: list[str]) -> RecoveryCodesOut:
    shown = [shown_recovery_code(code) for code in codes]
    return RecoveryCodesOut(**session.model_dump(), recovery_codes=shown)

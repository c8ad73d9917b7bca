"""Setting up the second factor, typing its codes, and what shows that it is the owner who asks.

As in logging in, the slow comparisons stand between two transactions: the first counts the try.
"""

from datetime import UTC, datetime
from uuid import UUID

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.impersonation.domain import NotWhileImpersonating
from identity_service.limits import handlers as limits
from identity_service.limits.domain import (
    CONFIRM_PASSWORD,
    SECOND_STEP,
    SECOND_STEP_OF_ACCOUNT,
    Bucket,
    Visitor,
)
from identity_service.passwords.hashing import PasswordHashes
from identity_service.profile.domain import CurrentPasswordWrong
from identity_service.second_factor import domain, queries
from identity_service.second_factor.domain import (
    Claim,
    CodeNeeded,
    CodeTry,
    CodeWrong,
    Compared,
    Demand,
    LogInNotPending,
    NotYourOwn,
    SecondFactor,
    SecondFactorAlreadyOn,
    SecondFactorNotOn,
    SecretNotShown,
)
from identity_service.second_factor.schemas import SecondFactorOut, SecretOut
from identity_service.sessions import queries as sessions
from identity_service.sessions.domain import AccountDeactivated, SessionTimes, token_hash
from identity_service.sessions.handlers import begin_session, own_id
from identity_service.sessions.schemas import SessionOut
from identity_service.users import queries as users
from identity_service.users.domain import User
from identity_service.users.handlers import locked_within_rights
from identity_service.vault import Vault
from shared import outbox
from shared.auth import Actor
from shared.db import Tx
from shared.errors import Unauthenticated
from shared.events.identity import SecurityChange, UserSecurityChanged

# The second step of logging in


async def begin_second_step(tx: Tx, visitor: Visitor, token: str, code: str) -> CodeTry:
    """Count a try to type a code; gives what it is compared with."""
    user_id = await queries.owner_of_pending(tx, token_hash(token))
    if user_id is None:
        raise LogInNotPending
    await limits.count(tx, *_buckets(visitor, user_id))
    return await _code_try(tx, user_id, code)


async def compare_code(passwords: PasswordHashes, tried: CodeTry) -> bool:
    """Whether it is a recovery code, and right; a code of an app is looked at later."""
    if not tried.place:
        return False
    return (await passwords.verify(tried.code, tried.recovery_hash)).is_right


async def finish_second_step(
    tx: Tx,
    by: By,
    visitor: Visitor,
    vault: Vault,
    token: str,
    tried: CodeTry,
    *,
    is_recovery_code_right: bool,
    times: SessionTimes,
) -> SessionOut:
    """Begin the session that the password was typed for."""
    user = await users.lock_user(tx, tried.user_id) if tried.user_id else None
    if user is None:
        raise LogInNotPending
    if not user.is_active:
        raise AccountDeactivated
    user = await _use_code(tx, by, vault, user, tried, is_recovery_code_right)
    if not await queries.delete_pending(tx, token_hash(token)):
        raise LogInNotPending
    await limits.succeed(tx, *_buckets(visitor, user.id))
    return await begin_session(tx, user, visitor, times)


# Showing that it is the owner who asks


async def begin_proof(tx: Tx, actor: Actor, code: str | None) -> Claim:
    """Count a try; gives what password and code are compared with."""
    await limits.count(tx, CONFIRM_PASSWORD.of(str(actor.id)))
    return await claim_of(tx, own_id(actor), code)


async def claim_of(tx: Tx, user_id: UUID, code: str | None) -> Claim:
    """What a person's password and code are compared with; whoever asks has counted the try."""
    stored = await users.password_hash(tx, user_id)
    return Claim(stored, await _code_try(tx, user_id, code or ""))


async def count_code(tx: Tx, claim: Claim) -> None:
    """Count a code for the account, once the password was right; a password never forgets that."""
    if claim.tried.code and claim.tried.user_id:
        await limits.count(tx, SECOND_STEP_OF_ACCOUNT.of(str(claim.tried.user_id)))


async def accept_proof(tx: Tx, by: By, vault: Vault, actor: Actor, compared: Compared) -> User:
    """The owner, locked; raises where the password or, with a second factor, the code is wrong."""
    return await accept_from(tx, by, vault, own_id(actor), compared)


async def accept_from(
    tx: Tx, by: By, vault: Vault, user_id: UUID | None, compared: Compared
) -> User:
    """As `accept_proof`, from somebody who is not logged in; nobody has no right password."""
    if not (compared.is_password_right and user_id):
        raise CurrentPasswordWrong
    user = await _locked(tx, user_id)
    if await users.password_hash(tx, user.id) != compared.claim.password_hash:
        raise CurrentPasswordWrong
    tried = compared.claim.tried
    if await queries.is_on(tx, user.id):
        if not tried.code:
            raise CodeNeeded
        user = await _use_code(tx, by, vault, user, tried, compared.is_recovery_code_right)
        await limits.give_back(tx, SECOND_STEP_OF_ACCOUNT.of(str(user.id)))
    await limits.succeed(tx, CONFIRM_PASSWORD.of(str(user.id)))
    return user


# Setting up and taking down


async def show_second_factor(connection: Tx, actor: Actor, demand: Demand) -> SecondFactorOut:
    """Whether the second step is on."""
    factor = await queries.second_factor_of(connection, own_id(actor))
    since = factor.confirmed_at if factor else None
    return SecondFactorOut(
        state=domain.state_of(actor.kind, since is not None, demand),
        since=since,
        recovery_codes_left=await queries.recovery_codes_left(connection, own_id(actor)),
    )


async def begin_set_up(
    tx: Tx, vault: Vault, actor: Actor, this: UUID | None, brand: str
) -> SecretOut:
    """A secret for an app; within an hour the same one, so that no scanned picture is for nothing.

    Another session gets another one: whoever stole one must not know what the owner will confirm.
    """
    user = await _locked(tx, own_id(actor))
    if await queries.is_on(tx, user.id):
        raise SecondFactorAlreadyOn
    sealed = vault.seal(domain.new_secret().encode(), _purpose(user.id))
    await queries.save_unproven_secret(tx, user.id, sealed, this, domain.UNPROVEN_FOR)
    return await show_secret(tx, vault, actor, this, brand)


async def show_secret(
    connection: Tx, vault: Vault, actor: Actor, this: UUID | None, brand: str
) -> SecretOut:
    """The secret that is being set up, for its owner alone; one in use is never shown again."""
    if actor.impersonator:
        raise NotWhileImpersonating
    user = await users.user_by_id(connection, own_id(actor))
    factor = await queries.second_factor_of(connection, own_id(actor))
    if user is None or factor is None or factor.confirmed_at or factor.begun_by != this:
        raise SecretNotShown
    secret = _secret(vault, user.id, factor)
    return SecretOut(secret=secret, uri=domain.provisioning_uri(secret, user.email, brand))


async def confirm_set_up(
    tx: Tx, by: By, vault: Vault, user: User, code: str, recovery_hashes: dict[str, str]
) -> User:
    """Switch the second step on, once a first code has proven the app."""
    factor = await queries.lock_second_factor(tx, user.id)
    if factor and factor.confirmed_at:
        raise SecondFactorAlreadyOn
    if factor is None or factor.begun_by != by.session_id:
        raise SecretNotShown
    step = _step(vault, user.id, factor, code)
    if step is None:
        raise CodeWrong
    await queries.confirm(tx, user.id, step)
    await limits.give_back(tx, SECOND_STEP_OF_ACCOUNT.of(str(user.id)))
    await queries.replace_recovery_codes(tx, user.id, recovery_hashes)
    await audit.record(tx, by, Action.SECOND_FACTOR_ON, target=Target.user(user.id))
    return await tell(tx, user, "second_factor_on")


async def renew_recovery_codes(tx: Tx, by: By, user: User, recovery_hashes: dict[str, str]) -> User:
    """Ten other codes; those of before are good for nothing."""
    if not await queries.is_on(tx, user.id):
        raise SecondFactorNotOn
    await queries.replace_recovery_codes(tx, user.id, recovery_hashes)
    await audit.record(tx, by, Action.RECOVERY_RENEWED, target=Target.user(user.id))
    return await tell(tx, user, "recovery_codes_renewed")


async def switch_off(tx: Tx, by: By, user: User) -> User:
    """Take the second step away; whoever needs one is led to set it up anew."""
    if not await queries.delete_second_factor(tx, user.id):
        raise SecondFactorNotOn
    await audit.record(tx, by, Action.SECOND_FACTOR_OFF, target=Target.user(user.id))
    return await tell(tx, user, "second_factor_off")


async def remove_of(tx: Tx, by: By, actor: Actor, user_id: UUID) -> None:
    """Help somebody who lost phone and codes; they log in with the password and set it up anew.

    One's own goes with password and code only, or a stolen session could take it away.
    """
    if user_id == actor.id:
        raise NotYourOwn
    user = await locked_within_rights(tx, actor, user_id)
    if not await queries.delete_second_factor(tx, user.id):
        raise SecondFactorNotOn
    await sessions.delete_sessions_of(tx, user.id)
    await audit.record(tx, by, Action.SECOND_FACTOR_REMOVED, target=Target.user(user.id))
    await tell(tx, user, "second_factor_removed")


async def hash_codes(passwords: PasswordHashes, codes: list[str]) -> dict[str, str]:
    """The hashes of recovery codes, by place."""
    return {domain.recovery_place(code): await passwords.hash(code) for code in codes}


async def tell(tx: Tx, user: User, change: SecurityChange) -> User:
    """Tell a locked person by mail what has changed about getting in."""
    saved = await users.save_user(tx, user)
    event = UserSecurityChanged(
        user_id=saved.id, email=saved.email, language=saved.language, change=change
    )
    await outbox.add(tx, saved.id, saved.version, event)
    return saved


async def _code_try(tx: Tx, user_id: UUID, code: str) -> CodeTry:
    place = domain.recovery_place(code)
    stored = await queries.recovery_hash(tx, user_id, place) if place else None
    return CodeTry(code, user_id, stored)


async def _use_code(
    tx: Tx, by: By, vault: Vault, user: User, tried: CodeTry, is_recovery_code_right: bool
) -> User:
    """Use a code up; gives the person, who is told where it was a recovery code."""
    factor = await queries.lock_second_factor(tx, user.id)
    if factor is None or factor.confirmed_at is None:
        raise CodeWrong
    if not tried.place:
        step = _step(vault, user.id, factor, tried.code)
        if step is None:
            raise CodeWrong
        await queries.use_step(tx, user.id, step)
        return user
    stored = tried.recovery_hash
    if not (is_recovery_code_right and stored):
        raise CodeWrong
    if not await queries.use_recovery_code(tx, user.id, tried.place, stored):
        raise CodeWrong
    await audit.record(tx, by, Action.RECOVERY_USED, target=Target.user(user.id))
    return await tell(tx, user, "recovery_code_used")


def _step(vault: Vault, user_id: UUID, factor: SecondFactor, code: str) -> int | None:
    secret = _secret(vault, user_id, factor)
    return domain.step_of(secret, code, datetime.now(UTC), factor.last_step)


def _secret(vault: Vault, user_id: UUID, factor: SecondFactor) -> str:
    return vault.open(factor.sealed_secret, _purpose(user_id)).decode()


def _purpose(user_id: UUID) -> str:
    """Ties a sealed secret to its person: copied into another row, it opens nothing."""
    return f"second-factor\n{user_id}"


async def _locked(tx: Tx, user_id: UUID) -> User:
    user = await users.lock_user(tx, user_id)
    if user is None or not user.is_active:
        raise Unauthenticated
    return user


def _buckets(visitor: Visitor, user_id: UUID) -> tuple[Bucket, Bucket]:
    owner = str(user_id)
    return SECOND_STEP.of(owner, visitor.network), SECOND_STEP_OF_ACCOUNT.of(owner)

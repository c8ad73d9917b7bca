"""Logging in with a company account, linking one with the owner's consent, and unlinking it."""

from datetime import UTC, datetime
from uuid import UUID

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.company_accounts import domain, queries
from identity_service.company_accounts.domain import (
    CompanyAccountNotFound,
    CompanyAccountTaken,
    CompanyAddressNotProven,
    CompanyIdentity,
    CompanyLoginFailed,
)
from identity_service.company_accounts.schemas import ConsentNeededOut
from identity_service.limits import handlers as limits
from identity_service.limits.domain import LOG_IN, LOG_IN_FROM_NETWORK, Visitor
from identity_service.second_factor.domain import Claim, Compared
from identity_service.second_factor.handlers import accept_from, claim_of, tell
from identity_service.sessions.domain import AccountDeactivated, EmailNotVerified, SessionTimes
from identity_service.sessions.handlers import let_in
from identity_service.sessions.schemas import PendingLogInOut, SessionOut
from identity_service.users import queries as users
from identity_service.users.domain import User
from identity_service.vault import Vault
from shared.db import Tx
from shared.ids import uuid7


async def come_back(
    tx: Tx, vault: Vault, visitor: Visitor, identity: CompanyIdentity, times: SessionTimes
) -> SessionOut | PendingLogInOut | ConsentNeededOut:
    """Let in whoever has linked this company account; ask everybody else whether they want to."""
    account = await queries.account_of(tx, identity)
    if account is None:
        return _ask(vault, identity)
    user = await users.lock_user(tx, account.user_id)
    if user is None:
        raise CompanyLoginFailed
    if not user.is_active:
        raise AccountDeactivated
    if not user.is_email_verified:
        raise EmailNotVerified
    await queries.note_use(tx, account.id)
    return await let_in(tx, user, visitor, times)


async def begin_link(
    tx: Tx, visitor: Visitor, identity: CompanyIdentity, code: str | None
) -> tuple[UUID | None, Claim]:
    """Count a try; gives whose account has the company account's address, and what to compare."""
    email = identity.email or ""
    network = visitor.network
    await limits.count(tx, LOG_IN.of(email, network), LOG_IN_FROM_NETWORK.of(network))
    user = await users.user_by_email(tx, email)
    return (user.id, await claim_of(tx, user.id, code)) if user else (None, Claim.of_nobody())


async def link(
    tx: Tx,
    by: By,
    vault: Vault,
    visitor: Visitor,
    user_id: UUID | None,
    identity: CompanyIdentity,
    compared: Compared,
) -> User:
    """Link a company account to the account with its address, whose owner agrees."""
    user = await accept_from(tx, by, vault, user_id, compared)
    if user.email != identity.email or not user.is_email_verified:
        raise CompanyLoginFailed
    if not await queries.insert_account(tx, uuid7(), user.id, identity):
        raise CompanyAccountTaken
    network = visitor.network
    await limits.succeed(tx, LOG_IN.of(user.email, network), LOG_IN_FROM_NETWORK.of(network))
    await audit.record(tx, by, Action.COMPANY_ACCOUNT_LINKED, target=Target.user(user.id))
    return await tell(tx, user, "company_account_linked")


async def unlink(tx: Tx, by: By, user: User, account_id: UUID) -> User:
    """Let a company account open nothing any more."""
    if not await queries.delete_account(tx, user.id, account_id):
        raise CompanyAccountNotFound
    await audit.record(tx, by, Action.COMPANY_ACCOUNT_UNLINKED, target=Target.user(user.id))
    return await tell(tx, user, "company_account_unlinked")


def _ask(vault: Vault, identity: CompanyIdentity) -> ConsentNeededOut:
    if identity.email is None:
        raise CompanyAddressNotProven
    expires_at = datetime.now(UTC) + domain.FLOW_FOR
    claim = domain.seal_claim(vault, identity, expires_at)
    return ConsentNeededOut(claim=claim, email=identity.email, expires_at=expires_at)

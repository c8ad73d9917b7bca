"""Company accounts over HTTP."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter

from identity_service.audit.domain import Action, By, Target
from identity_service.audit.refusals import refusals_noted
from identity_service.company_accounts import domain, handlers, queries
from identity_service.company_accounts.domain import CompanyLoginNotOffered
from identity_service.company_accounts.schemas import (
    CompanyAccountOut,
    CompanyAccounts,
    ConsentNeededOut,
    FinishCompanyLogIn,
    LinkCompanyAccount,
    WayOut,
)
from identity_service.dependencies import (
    CompanyLogin,
    Db,
    FromGateway,
    Passwords,
    Person,
    Safe,
    Times,
)
from identity_service.profile.handlers import begin_only_session
from identity_service.second_factor.owner import AskingOwner, compared_claim
from identity_service.second_factor.schemas import Proof
from identity_service.sessions.handlers import own_id
from identity_service.sessions.schemas import PendingLogInOut, SessionOut
from shared.dependencies import Reader

router = APIRouter(tags=["company-accounts"])


@router.post("/sessions/company")
async def leave_for_provider(_: FromGateway, provider: CompanyLogin, vault: Safe) -> WayOut:
    if provider is None:
        raise CompanyLoginNotOffered
    flow = domain.new_flow(datetime.now(UTC))
    url = await provider.authorization_url(flow)
    return WayOut(url=url, flow=domain.seal_flow(vault, flow), expires_at=flow.expires_at)


@router.post("/sessions/company/return")
async def come_back_from_provider(
    visitor: FromGateway,
    db: Db,
    command: FinishCompanyLogIn,
    provider: CompanyLogin,
    vault: Safe,
    times: Times,
) -> SessionOut | PendingLogInOut | ConsentNeededOut:
    if provider is None:
        raise CompanyLoginNotOffered
    async with refusals_noted(db, By.visitor(visitor), Action.SESSION_REFUSED):
        flow = domain.open_flow(vault, command.flow, command.state, datetime.now(UTC))
        identity = await provider.identify(command.code, flow)
        async with db.transaction() as tx:
            return await handlers.come_back(tx, vault, visitor, identity, times)


@router.post("/sessions/company/link")
async def link_company_account(
    visitor: FromGateway,
    db: Db,
    command: LinkCompanyAccount,
    passwords: Passwords,
    vault: Safe,
    times: Times,
) -> SessionOut:
    by = By.visitor(visitor)
    identity = domain.open_claim(vault, command.claim, datetime.now(UTC))
    async with db.transaction() as tx:
        user_id, claim = await handlers.begin_link(tx, visitor, identity, command.code)
    compared = await compared_claim(db, passwords, claim, command.current_password)
    async with (
        refusals_noted(db, by, Action.SESSION_REFUSED, Target.user(user_id)),
        db.transaction() as tx,
    ):
        user = await handlers.link(tx, by, vault, visitor, user_id, identity, compared)
        return await begin_only_session(tx, user, visitor, times)


@router.get("/me/company-accounts")
async def list_company_accounts(actor: Person, connection: Reader) -> CompanyAccounts:
    found = await queries.accounts_of(connection, own_id(actor))
    items = [CompanyAccountOut.model_validate(one, from_attributes=True) for one in found]
    return CompanyAccounts(items=items)


@router.delete("/me/company-accounts/{account_id}")
async def unlink_company_account(
    owner: AskingOwner, account_id: UUID, command: Proof
) -> SessionOut:
    async with owner.proven(command) as (tx, user):
        told = await handlers.unlink(tx, owner.by, user, account_id)
        return await owner.begin_again(tx, told)

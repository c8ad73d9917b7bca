"""What this service's routes may ask for besides the shared things: hashes, keys, who is calling."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request

from identity_service.audit.domain import By
from identity_service.company_accounts.clients import Provider
from identity_service.impersonation.domain import NotWhileImpersonating
from identity_service.limits.domain import Visitor
from identity_service.passkeys.domain import RelyingParty
from identity_service.passwords.hashing import PasswordHashes
from identity_service.second_factor.domain import Demand
from identity_service.sessions.domain import SessionTimes
from identity_service.vault import Vault
from shared.auth import Actor, NotPermitted
from shared.db import Database
from shared.dependencies import Anyone, Someone
from shared.errors import Unauthenticated
from shared.files import Files
from shared.links import LinkKeys


async def _database(request: Request) -> Database:
    db: Database = request.app.state.db
    return db


async def _passwords(request: Request) -> PasswordHashes:
    passwords: PasswordHashes = request.app.state.passwords
    return passwords


async def _link_keys(request: Request) -> LinkKeys:
    keys: LinkKeys = request.app.state.link_keys
    return keys


async def _session_times(request: Request) -> SessionTimes:
    times: SessionTimes = request.app.state.session_times
    return times


async def _vault(request: Request) -> Vault:
    vault: Vault = request.app.state.vault
    return vault


async def _relying_party(request: Request) -> RelyingParty:
    party: RelyingParty = request.app.state.relying_party
    return party


async def _company_login(request: Request) -> Provider | None:
    provider: Provider | None = request.app.state.company_login
    return provider


async def _staff_demand(request: Request) -> Demand:
    demand: Demand = request.app.state.staff_second_factor
    return demand


async def _files(request: Request) -> Files:
    files: Files = request.app.state.files
    return files


async def _brand(request: Request) -> str:
    brand: str = request.app.state.brand
    return brand


async def _time_zone(request: Request) -> str:
    zone: str = request.app.state.time_zone
    return zone


async def _visitor(
    request: Request,
    _: Anyone,
    x_client_address: Annotated[str, Header(include_in_schema=False)] = "",
    x_client_agent: Annotated[str, Header(include_in_schema=False)] = "",
) -> Visitor:
    """Whoever the gateway speaks for, known or not. A token is needed: it vouches for the address."""
    if "authorization" not in request.headers:
        raise Unauthenticated
    return Visitor.of(x_client_address, x_client_agent)


async def _this_session(
    x_session: Annotated[UUID | None, Header(include_in_schema=False)] = None,
) -> UUID | None:
    """Which of the person's sessions asks, as the gateway says; None for who has none."""
    return x_session


async def _audit_by(
    actor: Anyone,
    session_id: Annotated[UUID | None, Depends(_this_session)],
    x_client_address: Annotated[str, Header(include_in_schema=False)] = "",
    x_client_agent: Annotated[str, Header(include_in_schema=False)] = "",
) -> By:
    """Who asks and from where, as the audit log names them; the token vouches for the address."""
    return By.of(actor, Visitor.of(x_client_address, x_client_agent), session_id)


async def _even_time(request: Request) -> AsyncIterator[None]:
    """Keep the answer, good or bad, until a time by which every way through is done."""
    loop = asyncio.get_running_loop()
    earliest: float = loop.time() + request.app.state.even_answer_seconds
    try:
        yield
    finally:
        await asyncio.sleep(max(0.0, earliest - loop.time()))


async def _person(request: Request, actor: Someone) -> Actor:
    """Somebody with an account; a signed link to one ticket opens nothing here.

    Whoever acts in their place looks and changes nothing: an account is its owner's.
    """
    if actor.kind == "link":
        raise NotPermitted
    if actor.impersonator and request.method not in ("GET", "HEAD"):
        raise NotWhileImpersonating
    return actor


async def _staff(actor: Someone) -> Actor:
    if not actor.is_staff:
        raise NotPermitted
    return actor


# A database for routes that hash: a connection must not be held while a hash is made, or a few
# people who log in at once would keep everybody else waiting for the pool.
Db = Annotated[Database, Depends(_database)]
Passwords = Annotated[PasswordHashes, Depends(_passwords)]
Keys = Annotated[LinkKeys, Depends(_link_keys)]
Times = Annotated[SessionTimes, Depends(_session_times)]
Safe = Annotated[Vault, Depends(_vault)]
Party = Annotated[RelyingParty, Depends(_relying_party)]
CompanyLogin = Annotated[Provider | None, Depends(_company_login)]
StaffDemand = Annotated[Demand, Depends(_staff_demand)]
Pictures = Annotated[Files, Depends(_files)]
Brand = Annotated[str, Depends(_brand)]
HomeTimeZone = Annotated[str, Depends(_time_zone)]
# A known address leads to other statements than an unknown one; an early answer would tell which.
EvenTime = Annotated[None, Depends(_even_time, scope="function")]
FromGateway = Annotated[Visitor, Depends(_visitor)]
Person = Annotated[Actor, Depends(_person)]
AuditBy = Annotated[By, Depends(_audit_by)]
ThisSession = Annotated[UUID | None, Depends(_this_session)]
Staff = Annotated[Actor, Depends(_staff)]

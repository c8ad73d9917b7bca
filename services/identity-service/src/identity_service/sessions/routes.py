"""Logging in and out over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from identity_service.audit.domain import Action, By, Target
from identity_service.audit.refusals import refusals_noted
from identity_service.dependencies import (
    AuditBy,
    Db,
    FromGateway,
    Passwords,
    Person,
    StaffDemand,
    ThisSession,
    Times,
)
from identity_service.sessions import handlers
from identity_service.sessions.schemas import (
    LogIn,
    NamedSession,
    OwnSessions,
    PendingLogInOut,
    ResolvedSession,
    SessionOut,
)
from shared.dependencies import Gateway, Reader, Tx

router = APIRouter(tags=["sessions"])


@router.post("/sessions", status_code=201)
async def log_in(
    visitor: FromGateway,
    db: Db,
    command: LogIn,
    passwords: Passwords,
    times: Times,
    response: Response,
) -> SessionOut | PendingLogInOut:
    async with db.transaction() as tx:
        tried = await handlers.begin_log_in(tx, visitor, command)
    verdict = await passwords.verify(command.password, tried.password_hash)
    by, target = By.visitor(visitor), Target.user(tried.user_id)
    named = command.said
    async with (
        refusals_noted(db, by, Action.SESSION_REFUSED, target, named),
        db.transaction() as tx,
    ):
        begun = await handlers.finish_log_in(tx, visitor, tried, verdict, times)
    if isinstance(begun, PendingLogInOut):
        response.status_code = 202
    return begun


@router.post("/sessions/resolve")
async def resolve_session(
    _: Gateway, connection: Reader, command: NamedSession, times: Times, demand: StaffDemand
) -> ResolvedSession:
    return await handlers.resolve_session(connection, command.token, times, demand)


@router.delete("/sessions/current", status_code=204)
async def log_out(visitor: FromGateway, tx: Tx, command: NamedSession) -> Response:
    await handlers.log_out(tx, visitor, command.token)
    return Response(status_code=204)


@router.get("/me/sessions")
async def show_own_sessions(
    actor: Person, connection: Reader, this: ThisSession, times: Times
) -> OwnSessions:
    return await handlers.own_sessions(connection, actor, this, times)


@router.delete("/me/sessions", status_code=204)
async def end_other_sessions(actor: Person, by: AuditBy, tx: Tx, this: ThisSession) -> Response:
    await handlers.end_other_sessions(tx, actor, by, this)
    return Response(status_code=204)


@router.delete("/me/sessions/{session_id}", status_code=204)
async def end_own_session(actor: Person, by: AuditBy, tx: Tx, session_id: UUID) -> Response:
    await handlers.end_session(tx, actor, by, session_id)
    return Response(status_code=204)

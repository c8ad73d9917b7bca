"""Logging in, in two transactions with the slow comparison between them, and logging out.

The try is counted and committed first, so that tries made at the same time see each other and a
failed one stays counted. No transaction, and so no connection, waits for a hash.
"""

from typing import Any
from uuid import UUID

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.limits import handlers as limits
from identity_service.limits.domain import LOG_IN, LOG_IN_FROM_NETWORK, Bucket, Visitor
from identity_service.passwords.hashing import Verdict
from identity_service.second_factor import queries as second_factor
from identity_service.second_factor.domain import PENDING_FOR, Demand, state_of
from identity_service.sessions import queries
from identity_service.sessions.domain import (
    AccountDeactivated,
    EmailNotVerified,
    InvalidCredentials,
    LogInTry,
    SessionNotFound,
    SessionNotValid,
    SessionTimes,
    new_token,
    token_hash,
)
from identity_service.sessions.schemas import (
    Impersonator,
    OwnOrganisation,
    OwnSessionOut,
    OwnSessions,
    PendingLogInOut,
    ResolvedSession,
    SessionOut,
)
from identity_service.sign_ins import handlers as sign_ins
from identity_service.users import queries as users
from identity_service.users.domain import User
from identity_service.users.schemas import Named, UserBrief
from shared.auth import Actor
from shared.db import Row, Tx
from shared.errors import Unauthenticated
from shared.ids import uuid7


async def begin_log_in(tx: Tx, visitor: Visitor, named: Named) -> LogInTry:
    """Count a try; gives what the password is to be compared with.

    However people name themselves, the tries at one account are counted together.
    """
    tried = await queries.log_in_try(tx, named)
    await limits.count(tx, *_buckets(visitor, tried.email or named.name))
    return tried


async def finish_log_in(
    tx: Tx, visitor: Visitor, tried: LogInTry, verdict: Verdict, times: SessionTimes
) -> SessionOut | PendingLogInOut:
    """Let somebody in when the password was right and the account may be used."""
    if not (verdict.is_right and tried.user_id and tried.password_hash):
        raise InvalidCredentials
    user = await users.lock_user(tx, tried.user_id)
    if user is None:
        raise InvalidCredentials
    if not user.is_active:
        raise AccountDeactivated
    if not user.is_email_verified:
        raise EmailNotVerified
    if await users.password_hash(tx, user.id) != tried.password_hash:
        raise InvalidCredentials
    if verdict.better_hash:
        await users.replace_password_hash(tx, user.id, tried.password_hash, verdict.better_hash)
    await limits.succeed(tx, *_buckets(visitor, user.email))
    return await let_in(tx, user, visitor, times)


async def let_in(
    tx: Tx, user: User, visitor: Visitor, times: SessionTimes
) -> SessionOut | PendingLogInOut:
    """A session for a locked person; with a second factor, only the right to type a code."""
    if not await second_factor.is_on(tx, user.id):
        return await begin_session(tx, user, visitor, times)
    token = new_token()
    expires_at = await second_factor.insert_pending(tx, token_hash(token), user.id, PENDING_FOR)
    return PendingLogInOut(pending_token=token, expires_at=expires_at)


async def begin_session(tx: Tx, user: User, visitor: Visitor, times: SessionTimes) -> SessionOut:
    """Make a session for a locked person."""
    token, session_id = new_token(), uuid7()
    expires_at = await queries.insert_session(
        tx, session_id, user.id, token_hash(token), times.lifetime(user.kind), visitor
    )
    by = By.owner(user.id, user.kind, visitor, session_id)
    await audit.record(tx, by, Action.SESSION_BEGUN, target=Target.user(user.id))
    await sign_ins.note_sign_in(tx, user, visitor)
    return SessionOut(token=token, expires_at=expires_at, user=user_brief(user))


async def resolve_session(
    connection: Tx, token: str, times: SessionTimes, demand: Demand
) -> ResolvedSession:
    """Who is asking; one statement, for this is asked more often than anything else.

    Whoever must set up a second factor first has no rights until then.
    """
    row = await queries.resolve_session(connection, token_hash(token), times)
    if row is None:
        raise SessionNotValid
    factor = state_of(row["kind"], row["has_second_factor"], demand)
    return ResolvedSession(
        session_id=row["session_id"],
        expires_at=row["expires_at"],
        user=UserBrief(**{name: row[name] for name in UserBrief.model_fields}),
        second_factor=factor,
        perms=[] if factor == "needed" else row["permissions"],
        teams=[] if factor == "needed" else row["team_ids"],
        role_label=row["role_label"],
        **_belonging(row),
        impersonator=_impersonator(row),
    )


def _belonging(row: Row) -> dict[str, Any]:
    """Whose tickets somebody sees, and acts on, besides their own."""
    if row["organisation_id"] is None:
        return {"orgs": [], "manages": [], "organisation": None}
    organisation = OwnOrganisation(
        id=row["organisation_id"], name=row["organisation_name"], membership=row["membership"]
    )
    return {
        "orgs": [organisation.id] if organisation.membership != "own" else [],
        "manages": [organisation.id] if organisation.membership == "company_manage" else [],
        "organisation": organisation,
    }


def _impersonator(row: Row) -> Impersonator | None:
    if row["impersonator_id"] is None:
        return None
    return Impersonator(id=row["impersonator_id"], name=row["impersonator_name"])


async def log_out(tx: Tx, visitor: Visitor, token: str) -> None:
    """End a session, if it is one."""
    ended = await queries.delete_session(tx, token_hash(token))
    if ended:
        by = By.owner(ended["user_id"], ended["kind"], visitor, ended["id"])
        if ended["impersonator_id"]:
            by = by.in_place_of(ended["impersonator_id"])
            target = Target.user(ended["user_id"])
            await audit.record(tx, by, Action.IMPERSONATION_ENDED, target=target)
            return
        await audit.record(tx, by, Action.SESSION_ENDED, target=Target("session", ended["id"]))


async def own_sessions(
    connection: Tx, actor: Actor, this: UUID | None, times: SessionTimes
) -> OwnSessions:
    """Where one is logged in."""
    rows = await queries.sessions_of(connection, own_id(actor), times.idle(actor.kind))
    return OwnSessions(items=[OwnSessionOut(**row, is_this=row["id"] == this) for row in rows])


async def end_session(tx: Tx, actor: Actor, by: By, session_id: UUID) -> None:
    """End one of one's own sessions; somebody else's looks like none."""
    if not await queries.delete_own_session(tx, own_id(actor), session_id):
        raise SessionNotFound
    await audit.record(tx, by, Action.SESSION_ENDED, target=Target("session", session_id))


async def end_other_sessions(tx: Tx, actor: Actor, by: By, this: UUID | None) -> None:
    """Stay logged in only where one is asking from."""
    await queries.delete_other_sessions(tx, own_id(actor), this)
    await audit.record(tx, by, Action.SESSIONS_ENDED, target=Target.user(actor.id))


def own_id(actor: Actor) -> UUID:
    """The id of somebody with an account."""
    if actor.id is None:
        raise Unauthenticated
    return actor.id


def user_brief(user: User) -> UserBrief:
    """Who somebody is, as every page of theirs needs it."""
    return UserBrief.model_validate(user, from_attributes=True)


def _buckets(visitor: Visitor, email: str) -> tuple[Bucket, Bucket]:
    return LOG_IN.of(email, visitor.network), LOG_IN_FROM_NETWORK.of(visitor.network)

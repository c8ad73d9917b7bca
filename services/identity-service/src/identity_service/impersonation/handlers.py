"""Beginning to act in a customer's place; logging out of that session ends it, or its time."""

from uuid import UUID

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.impersonation import queries
from identity_service.impersonation.domain import LIFETIME, must_be_actable
from identity_service.limits.domain import Visitor
from identity_service.sessions.domain import SessionNotValid, new_token, token_hash
from identity_service.sessions.handlers import own_id, user_brief
from identity_service.sessions.schemas import SessionOut
from identity_service.users import queries as users
from identity_service.users.domain import UserNotFound
from shared.auth import Actor
from shared.db import Tx
from shared.ids import uuid7


async def begin_impersonation(
    tx: Tx,
    actor: Actor,
    by: By,
    visitor: Visitor,
    parent_id: UUID | None,
    user_id: UUID,
    reason: str,
) -> SessionOut:
    """A session of the customer's that names the employee behind it."""
    user = await users.lock_user(tx, user_id)
    if user is None:
        raise UserNotFound
    must_be_actable(user)
    if parent_id is None:
        raise SessionNotValid
    session_id, token = uuid7(), new_token()
    expires_at = await queries.insert_impersonation(
        tx, session_id, user.id, own_id(actor), parent_id, token_hash(token), LIFETIME, visitor
    )
    if expires_at is None:
        raise SessionNotValid
    after = {"reason": reason, "session_id": str(session_id), "until": expires_at.isoformat()}
    target = Target.user(user.id)
    await audit.record(tx, by, Action.IMPERSONATION_BEGUN, target=target, after=after)
    return SessionOut(token=token, expires_at=expires_at, user=user_brief(user))


async def end_what_is_over(tx: Tx) -> None:
    """Note the end of those that nobody ended: a beginning without one would look like it lasts."""
    for over in await queries.delete_over(tx):
        by = By("customer", over["user_id"], session_id=over["id"])
        await audit.record(
            tx,
            by.in_place_of(over["impersonator_id"]),
            Action.IMPERSONATION_ENDED,
            target=Target.user(over["user_id"]),
            after={"reason": "time-is-up"},
            occurred_at=over["ended_at"],
        )

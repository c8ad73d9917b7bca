"""Erasing: the person leaves this service at once, and the others when they hear of it.

What stays is an id with a role, so that tickets, lines, figures and the audit log still add up. The log
itself holds ids and initials only.
"""

from uuid import UUID

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.erasure import queries
from identity_service.erasure.domain import NotSaidClearly, left_of, nobodys_address
from identity_service.lines import queries as lines
from identity_service.users.domain import User
from identity_service.users.handlers import keep_an_admin, locked_within_rights
from shared import outbox
from shared.auth import Actor
from shared.db import Tx
from shared.erasure import forget_in_transit
from shared.events.identity import LineUpdated, UserErased


async def erase_me(tx: Tx, by: By, user: User, is_final: bool) -> None:
    """Erase oneself: a locked person who has just proven who they are."""
    await _erase(tx, by, user, is_final)


async def erase_user(
    tx: Tx, actor: Actor, by: By, user_id: UUID, is_final: bool, expected: int | None
) -> None:
    """Erase somebody whose role holds nothing that the actor lacks."""
    user = await locked_within_rights(tx, actor, user_id, expected)
    await _erase(tx, by, user, is_final)


async def _erase(tx: Tx, by: By, user: User, is_final: bool) -> None:
    if not is_final:
        raise NotSaidClearly
    await keep_an_admin(tx, user, None)
    await _leave_lines(tx, user)
    await queries.delete_what_is_theirs(tx, user.id)
    await queries.forget_in_imports(tx, user)
    version = await queries.erase_user(tx, user, nobodys_address(user.id))
    await forget_in_transit(tx, user.id)
    await outbox.add(tx, user.id, version, UserErased(user_id=user.id))
    await audit.record(tx, by, Action.USER_ERASED, target=Target.user(user.id))


async def _leave_lines(tx: Tx, user: User) -> None:
    for line_id in await queries.lines_of(tx, user.id):
        if line := await lines.lock_line(tx, line_id):
            saved = await lines.save_line(tx, left_of(line))
            await outbox.add(tx, saved.id, saved.version, LineUpdated(line=saved.facts()))

"""Taking rows away: whoever does is in the audit log before the first row leaves."""

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By
from identity_service.exports import queries
from identity_service.exports.domain import NEEDED
from identity_service.imports.domain import Kind
from identity_service.sessions.handlers import own_id
from identity_service.users.queries import permissions_now
from shared.auth import Actor, NotPermitted
from shared.db import Row, Tx
from shared.permissions import Permission


async def begin_export(tx: Tx, actor: Actor, by: By, kind: Kind) -> None:
    """Check the right to see such rows, and note that they are taken away."""
    for permission in NEEDED[kind]:
        actor.need(permission)
    await audit.record(tx, by, Action.DATA_EXPORTED, after={"kind": kind})


async def rows_after(connection: Tx, actor: Actor, kind: Kind, key: str) -> list[Row]:
    """Some rows as somebody may see them now; raises where they may not see any of them any more.

    To whom a line belongs says only who may look people up: without, the column is empty.
    """
    held = await permissions_now(connection, own_id(actor))
    if not held >= NEEDED[kind]:
        raise NotPermitted
    has_people = Permission.USER_READ in held and actor.may(Permission.USER_READ)
    return await queries.rows_after(connection, kind, key, has_people=has_people)

"""Taking rows away: whoever does is in the audit log before the first row leaves."""

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By
from identity_service.exports.domain import NEEDED
from identity_service.imports.domain import Kind
from shared.auth import Actor
from shared.db import Tx


async def begin_export(tx: Tx, actor: Actor, by: By, kind: Kind) -> None:
    """Check the right to see such rows, and note that they are taken away."""
    actor.need(NEEDED[kind])
    await audit.record(tx, by, Action.DATA_EXPORTED, after={"kind": kind})

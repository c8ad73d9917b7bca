"""Muting e-mails of one kind for whoever got one.

The token names the person and is signed for the kind; it can be used again, for it can do no more.
"""

from dataclasses import replace
from datetime import UTC, datetime

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.limits.domain import Visitor
from identity_service.profile.domain import KINDS, Switch, muted_after
from identity_service.unsubscriptions.schemas import Unsubscribe, UnsubscribedOut
from identity_service.users import handlers as user_handlers
from identity_service.users import queries as users
from shared.db import Tx
from shared.links import LinkKeys, LinkNotValid, verify_link


async def unsubscribe(
    tx: Tx, visitor: Visitor, keys: LinkKeys, command: Unsubscribe
) -> UnsubscribedOut:
    """Send a person no more e-mails of a kind."""
    purpose = f"unsubscribe_{command.kind}"
    user_id = verify_link(keys, purpose, command.token, datetime.now(UTC))
    user = await users.lock_user(tx, user_id)
    if user is None or not user.is_active or command.kind not in KINDS[user.kind]:
        raise LinkNotValid
    off = Switch(command.kind, "email", is_on=False)
    wanted = replace(user, muted=muted_after(user.kind, user.muted, [off]))
    saved = await user_handlers.save_changes(tx, user, wanted)
    if saved is not user:
        by = By.owner(user.id, user.kind, visitor)
        after = {"kind": command.kind}
        await audit.record(tx, by, Action.UNSUBSCRIBED, target=Target.user(user.id), after=after)
    return UnsubscribedOut(kind=command.kind)

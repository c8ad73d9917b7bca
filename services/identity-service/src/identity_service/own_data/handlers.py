"""Giving people a copy of what is kept of them here."""

from datetime import UTC, datetime

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.own_data import queries
from identity_service.own_data.schemas import OwnAccountOut
from identity_service.users.domain import User
from shared.db import Tx


async def own_data(tx: Tx, by: By, user: User) -> OwnAccountOut:
    """Everything about a locked person who has just proven it is they; the log notes the taking."""
    await audit.record(tx, by, Action.USER_DATA_EXPORTED, target=Target.user(user.id))
    return OwnAccountOut(
        exported_at=datetime.now(UTC),
        account=await queries.account(tx, user.id),
        service_lines=await queries.service_lines(tx, user.id),
        sessions=await queries.sessions(tx, user.id),
        devices=await queries.devices(tx, user.id),
        api_keys=await queries.api_keys(tx, user.id),
        messages_with_links=await queries.links(tx, user.id),
        activity=await queries.activity(tx, user.id),
    )

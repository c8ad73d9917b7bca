"""Issuing a link and taking one that came back."""

from datetime import UTC, datetime
from uuid import UUID

from identity_service.links import queries
from identity_service.links.domain import LIFETIME
from identity_service.users.domain import User
from shared import outbox
from shared.db import Tx
from shared.events.identity import LinkIssued, LinkPurpose
from shared.ids import uuid7
from shared.links import LinkKeys, LinkNotValid, verify_link


async def issue_link(tx: Tx, user: User, purpose: LinkPurpose) -> None:
    """Make a link for a person and have it sent to their address."""
    link_id = uuid7()
    expires_at = await queries.insert_link(tx, link_id, purpose, user.id, LIFETIME[purpose])
    event = LinkIssued(
        link_id=link_id,
        purpose=purpose,
        user_id=user.id,
        email=user.email,
        language=user.language,
        expires_at=expires_at,
    )
    await outbox.add(tx, link_id, 1, event)


async def open_link(
    connection: Tx, keys: LinkKeys, purpose: LinkPurpose, token: str
) -> tuple[UUID, UUID]:
    """The link of a token and its owner, unused; raises `LinkNotValid` without saying why."""
    link_id = verify_link(keys, purpose, token, datetime.now(UTC))
    owner = await queries.owner_of_open_link(connection, link_id, purpose)
    if owner is None:
        raise LinkNotValid
    return link_id, owner


async def use_link(tx: Tx, link_id: UUID, purpose: LinkPurpose) -> None:
    """Use a link up, once; the owner's row is locked already, so that locks come in one order."""
    if not await queries.use_link(tx, link_id, purpose):
        raise LinkNotValid

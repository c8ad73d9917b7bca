"""Issuing a link and taking one that came back."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from identity_service.links import queries
from identity_service.links.domain import LIFETIME, AnnouncedPurpose, Purpose
from identity_service.users.domain import User
from shared import outbox
from shared.db import Tx
from shared.events.identity import LinkAnnounced, LinkIssued, LinkPurpose
from shared.ids import uuid7
from shared.links import LinkKeys, LinkNotValid, verify_link
from shared.tracing import present_cause


async def issue_link(tx: Tx, user: User, purpose: LinkPurpose) -> None:
    """Make a link for a person and have it sent to their address."""
    link_id = uuid7()
    expires_at = await queries.insert_link(tx, link_id, purpose, user.id, LIFETIME[purpose])
    await outbox.add(tx, link_id, 1, _issued(link_id, user, purpose, expires_at))


async def issue_links(tx: Tx, users: Sequence[User], purpose: LinkPurpose) -> None:
    """As `issue_link` for many people at once."""
    if not users:
        return
    ids = [uuid7() for _ in users]
    owners = [user.id for user in users]
    expires_at = await queries.insert_links(tx, ids, purpose, owners, LIFETIME[purpose])
    cause = present_cause()
    await outbox.add_all(
        tx,
        [
            (link_id, 1, _issued(link_id, user, purpose, expires_at), cause)
            for link_id, user in zip(ids, users, strict=True)
        ],
    )


async def announce_link(
    tx: Tx,
    user: User,
    purpose: AnnouncedPurpose,
    message: str,
    *,
    channel: Literal["email", "phone"] = "email",
    address: str | None = None,
    value: str | None = None,
    about: Mapping[str, str] | None = None,
) -> UUID:
    """Make a link and have a message with it sent, to the person's e-mail where no address is named.

    `value` is what the link proves or brings back; `about` is told in the message.
    """
    link_id = uuid7()
    expires_at = await queries.insert_link(tx, link_id, purpose, user.id, LIFETIME[purpose], value)
    event = LinkAnnounced(
        link_id=link_id,
        purpose=purpose,
        message=message,
        user_id=user.id,
        channel=channel,
        address=address or user.email,
        language=user.language,
        expires_at=expires_at,
        about=dict(about or {}),
    )
    await outbox.add(tx, link_id, 1, event)
    return link_id


async def open_link(
    connection: Tx, keys: LinkKeys, purpose: Purpose, token: str
) -> tuple[UUID, UUID]:
    """The link of a token and its owner, unused; raises `LinkNotValid` without saying why."""
    link_id = verify_link(keys, purpose, token, datetime.now(UTC))
    owner = await queries.owner_of_open_link(connection, link_id, purpose)
    if owner is None:
        raise LinkNotValid
    return link_id, owner


async def use_link(tx: Tx, link_id: UUID, purpose: Purpose) -> None:
    """Use a link up, once; the owner's row is locked already, so that locks come in one order."""
    if not await queries.use_link(tx, link_id, purpose):
        raise LinkNotValid


def _issued(link_id: UUID, user: User, purpose: LinkPurpose, expires_at: datetime) -> LinkIssued:
    return LinkIssued(
        link_id=link_id,
        purpose=purpose,
        user_id=user.id,
        email=user.email,
        language=user.language,
        expires_at=expires_at,
    )

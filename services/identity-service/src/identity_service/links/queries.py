"""All SQL of links."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from shared.db import Tx
from shared.events.identity import LinkPurpose


async def insert_link(
    tx: Tx, link_id: UUID, purpose: LinkPurpose, user_id: UUID, lifetime: timedelta
) -> datetime:
    """Store a new link; returns when it expires."""
    expires_at: datetime = await tx.fetchval(
        """
        INSERT INTO link (id, purpose, user_id, expires_at) VALUES ($1, $2, $3, now() + $4::interval)
        RETURNING expires_at
        """,
        link_id,
        purpose,
        user_id,
        lifetime,
    )
    return expires_at


async def owner_of_open_link(connection: Tx, link_id: UUID, purpose: LinkPurpose) -> UUID | None:
    """Whose link this is, if it can still be used."""
    user_id: UUID | None = await connection.fetchval(
        """
        SELECT user_id FROM link
        WHERE id = $1 AND purpose = $2 AND expires_at > now()
          AND used_at IS NULL AND revoked_at IS NULL
        """,
        link_id,
        purpose,
    )
    return user_id


async def use_link(tx: Tx, link_id: UUID, purpose: LinkPurpose) -> bool:
    """Use a link up; False when it was used, revoked or has expired meanwhile."""
    used = await tx.fetchval(
        """
        UPDATE link SET used_at = now()
        WHERE id = $1 AND purpose = $2 AND expires_at > now()
          AND used_at IS NULL AND revoked_at IS NULL
        RETURNING true
        """,
        link_id,
        purpose,
    )
    return bool(used)


async def revoke_links(tx: Tx, user_id: UUID) -> None:
    """Make every link of a person useless."""
    await tx.execute(
        """
        UPDATE link SET revoked_at = now()
        WHERE user_id = $1 AND used_at IS NULL AND revoked_at IS NULL
        """,
        user_id,
    )


async def links_sent_within(
    tx: Tx, user_id: UUID, purposes: Sequence[LinkPurpose], span: timedelta
) -> int:
    """How many links of these purposes a person was sent lately."""
    count: int = await tx.fetchval(
        """
        SELECT count(*) FROM link
        WHERE user_id = $1 AND purpose = ANY($2) AND created_at > now() - $3::interval
        """,
        user_id,
        list(purposes),
        span,
    )
    return count


async def was_sent(tx: Tx, user_id: UUID, purpose: LinkPurpose) -> bool:
    """Whether a person was ever sent a link of this purpose."""
    found = await tx.fetchval(
        "SELECT true FROM link WHERE user_id = $1 AND purpose = $2 LIMIT 1", user_id, purpose
    )
    return bool(found)


async def delete_old_links(tx: Tx, kept: timedelta) -> None:
    """Delete what expired long ago, a bounded number at a time."""
    await tx.execute(
        """
        DELETE FROM link WHERE id = ANY(ARRAY(
            SELECT id FROM link WHERE expires_at < now() - $1::interval LIMIT 5000))
        """,
        kept,
    )

"""All SQL of links."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from identity_service.links.domain import LIFELINES, Purpose
from shared.db import Row, Tx


async def insert_link(
    tx: Tx,
    link_id: UUID,
    purpose: Purpose,
    user_id: UUID,
    lifetime: timedelta,
    value: str | None = None,
) -> datetime:
    """Store a new link; returns when it expires."""
    expires_at: datetime = await tx.fetchval(
        """
        INSERT INTO link (id, purpose, user_id, expires_at, value)
        VALUES ($1, $2, $3, now() + $4::interval, $5)
        RETURNING expires_at
        """,
        link_id,
        purpose,
        user_id,
        lifetime,
        value,
    )
    return expires_at


async def insert_links(
    tx: Tx, ids: Sequence[UUID], purpose: Purpose, user_ids: Sequence[UUID], lifetime: timedelta
) -> datetime:
    """Store new links of several people at once; returns when they expire."""
    expires_at: datetime = await tx.fetchval("SELECT now() + $1::interval", lifetime)
    await tx.execute(
        """
        INSERT INTO link (id, purpose, user_id, expires_at)
        SELECT id, $2, user_id, $4 FROM unnest($1::uuid[], $3::uuid[]) AS n (id, user_id)
        """,
        list(ids),
        purpose,
        list(user_ids),
        expires_at,
    )
    return expires_at


async def owners_of_open_links(
    connection: Tx, user_ids: Sequence[UUID], purpose: Purpose
) -> set[UUID]:
    """Those of these people who hold a link of this purpose that can still be used."""
    rows = await connection.fetch(
        """
        SELECT DISTINCT user_id FROM link
        WHERE user_id = ANY($1) AND purpose = $2 AND expires_at > now()
          AND used_at IS NULL AND revoked_at IS NULL
        """,
        list(user_ids),
        purpose,
    )
    return {row["user_id"] for row in rows}


async def owner_of_open_link(connection: Tx, link_id: UUID, purpose: Purpose) -> UUID | None:
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


async def use_link(tx: Tx, link_id: UUID, purpose: Purpose) -> bool:
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


async def revoke_ordinary_links(tx: Tx, user_id: UUID) -> None:
    """Make the links of a person useless, but for those that bring a stolen account back."""
    await tx.execute(
        """
        UPDATE link SET revoked_at = now()
        WHERE user_id = $1 AND used_at IS NULL AND revoked_at IS NULL AND purpose <> ALL($2)
        """,
        user_id,
        list(LIFELINES),
    )


async def revoke_links_since(tx: Tx, user_id: UUID, link_id: UUID) -> None:
    """Make the links of a person useless, but for the lifelines from before this one."""
    await tx.execute(
        """
        UPDATE link SET revoked_at = now()
        WHERE user_id = $1 AND used_at IS NULL AND revoked_at IS NULL
          AND (purpose <> ALL($3) OR created_at >= (SELECT created_at FROM link WHERE id = $2))
        """,
        user_id,
        link_id,
        list(LIFELINES),
    )


async def revoke_links_for(tx: Tx, user_id: UUID, purpose: Purpose) -> None:
    """Make the links of a person for one purpose useless: the next one is the only one."""
    await tx.execute(
        """
        UPDATE link SET revoked_at = now()
        WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL AND revoked_at IS NULL
        """,
        user_id,
        purpose,
    )


async def value_of_link(connection: Tx, link_id: UUID) -> str | None:
    """What a link proves or brings back."""
    value: str | None = await connection.fetchval("SELECT value FROM link WHERE id = $1", link_id)
    return value


async def address_at(connection: Tx, user_id: UUID, link_id: UUID) -> str | None:
    """The address that a person had when this link was made; None while it is still theirs."""
    email: str | None = await connection.fetchval(
        """
        SELECT value FROM link
        WHERE user_id = $1 AND purpose = 'email_undo' AND expires_at > now()
          AND used_at IS NULL AND revoked_at IS NULL
          AND created_at >= (SELECT created_at FROM link WHERE id = $2)
        ORDER BY created_at, id LIMIT 1
        """,
        user_id,
        link_id,
    )
    return email


async def expiry_of_link(connection: Tx, link_id: UUID) -> datetime | None:
    """Until when a link can be used."""
    at: datetime | None = await connection.fetchval(
        "SELECT expires_at FROM link WHERE id = $1", link_id
    )
    return at


async def newest_open_link(connection: Tx, user_id: UUID, purpose: Purpose) -> Row | None:
    """The link of a person that was made last, while it can be used: `id, expires_at, value`."""
    return await connection.fetchrow(
        """
        SELECT id, expires_at, value FROM link
        WHERE user_id = $1 AND purpose = $2 AND expires_at > now()
          AND used_at IS NULL AND revoked_at IS NULL
        ORDER BY created_at DESC, id DESC LIMIT 1
        """,
        user_id,
        purpose,
    )


async def is_kept_for_its_owner(tx: Tx, email: str, besides: UUID | None = None) -> bool:
    """Whether somebody can still take this address back, `besides` a person who may have it anyway.

    Until the end others wait who ask about it. Without the lock an address could be given away in the
    moment in which its owner loses it.
    """
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", email)
    found = await tx.fetchval(
        """
        SELECT true FROM link
        WHERE purpose = 'email_undo' AND value = $1 AND expires_at > now()
          AND used_at IS NULL AND revoked_at IS NULL AND user_id IS DISTINCT FROM $2 LIMIT 1
        """,
        email,
        besides,
    )
    return bool(found)


async def kept_for_their_owners(tx: Tx, emails: Collection[str]) -> frozenset[str]:
    """As `is_kept_for_its_owner`, of many addresses at once, locked in one order for all."""
    wanted = sorted(emails)
    await tx.execute(
        """
        SELECT pg_advisory_xact_lock(hashtextextended(email, 1))
        FROM (SELECT email FROM unnest($1::text[]) email ORDER BY email) ordered
        """,
        wanted,
    )
    rows = await tx.fetch(
        """
        SELECT DISTINCT value FROM link
        WHERE purpose = 'email_undo' AND value = ANY($1) AND expires_at > now()
          AND used_at IS NULL AND revoked_at IS NULL
        """,
        wanted,
    )
    return frozenset(row["value"] for row in rows)


async def links_sent_within(
    tx: Tx, user_id: UUID, purposes: Sequence[Purpose], span: timedelta
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


async def was_sent(tx: Tx, user_id: UUID, purpose: Purpose) -> bool:
    """Whether a person was ever sent a link of this purpose."""
    found = await tx.fetchval(
        "SELECT true FROM link WHERE user_id = $1 AND purpose = $2 LIMIT 1", user_id, purpose
    )
    return bool(found)


async def first_alarm(tx: Tx, user_id: UUID, link_id: UUID) -> datetime:
    """When the oldest doubt that is still open was told: of this link, or of another like it."""
    found: datetime = await tx.fetchval(
        """
        SELECT min(created_at) FROM link WHERE user_id = $1 AND (id = $2
            OR purpose IN ('not_me', 'email_undo') AND expires_at > now()
               AND used_at IS NULL AND revoked_at IS NULL)
        """,
        user_id,
        link_id,
    )
    return found


async def delete_old_links(tx: Tx, kept: timedelta) -> None:
    """Delete what expired long ago, a bounded number at a time."""
    await tx.execute(
        """
        DELETE FROM link WHERE id = ANY(ARRAY(
            SELECT id FROM link WHERE expires_at < now() - $1::interval LIMIT 5000))
        """,
        kept,
    )

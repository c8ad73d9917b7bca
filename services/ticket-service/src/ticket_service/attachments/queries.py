"""All SQL of attachments."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from shared.auth import Actor
from shared.db import Row, Tx
from ticket_service.attachments.domain import Attachment
from ticket_service.attachments.schemas import AttachmentOut
from ticket_service.tickets.sight import IN_SIGHT, Sight, sight_values


async def uploads_since(
    tx: Tx, uploader_id: UUID, since: datetime, on_its_way_since: datetime
) -> tuple[int, int]:
    """How many uploads of a person belong to nothing yet, and how many there were, since a time.

    Those that came to nothing do not count: never stored, and too old to be on their way.
    """
    rows = await tx.fetch(
        """
        SELECT count(*) FILTER (WHERE ticket_id IS NULL) AS waiting, count(*) AS all
        FROM attachment
        WHERE uploader_id = $1 AND created_at > $2 AND (stored_at IS NOT NULL OR created_at > $3)
        """,
        uploader_id,
        since,
        on_its_way_since,
    )
    return rows[0]["waiting"], rows[0]["all"]


async def insert_attachment(tx: Tx, attachment: Attachment, uploader: Actor, at: datetime) -> None:
    """Note what is about to be stored."""
    await tx.execute(
        """
        INSERT INTO attachment (id, storage_key, uploader_id, link_ticket_id, name, media_type,
                                size, width, height, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        attachment.id,
        attachment.storage_key,
        uploader.id,
        uploader.link,
        attachment.name,
        attachment.media_type,
        attachment.size,
        attachment.width,
        attachment.height,
        at,
    )


async def mark_stored(tx: Tx, attachment_id: UUID, at: datetime) -> None:
    """The objects are there."""
    await tx.execute("UPDATE attachment SET stored_at = $2 WHERE id = $1", attachment_id, at)


async def attach(
    tx: Tx, ids: Sequence[UUID], uploader: Actor, ticket_id: UUID, message_id: UUID | None
) -> list[AttachmentOut]:
    """Give uploads to a report or message: those that are the uploader's and belong to nothing."""
    rows = await tx.fetch(
        """
        UPDATE attachment SET ticket_id = $4, message_id = $5
        WHERE id = ANY($1::uuid[]) AND uploader_id = $2 AND link_ticket_id IS NOT DISTINCT FROM $3
          AND ticket_id IS NULL AND stored_at IS NOT NULL AND given_up_at IS NULL
        RETURNING id, name, media_type, size, width, height
        """,
        list(ids),
        uploader.id,
        uploader.link,
        ticket_id,
        message_id,
    )
    return [_out(row) for row in sorted(rows, key=lambda row: row["id"])]


async def attachments_of(
    connection: Tx, ticket_id: UUID, *, with_internal: bool
) -> dict[UUID | None, list[AttachmentOut]]:
    """The attachments of a ticket by message; those of the report itself are under None."""
    rows = await connection.fetch(
        """
        SELECT a.id, a.message_id, a.name, a.media_type, a.size, a.width, a.height
        FROM attachment a LEFT JOIN message m ON m.id = a.message_id
        WHERE a.ticket_id = $1 AND ($2 OR m.id IS NULL OR m.visibility = 'public')
        ORDER BY a.id
        """,
        ticket_id,
        with_internal,
    )
    found: dict[UUID | None, list[AttachmentOut]] = {}
    for row in rows:
        found.setdefault(row["message_id"], []).append(_out(row))
    return found


async def attachment_in_sight(
    connection: Tx, attachment_id: UUID, actor: Actor, sight: Sight
) -> Attachment | None:
    """An attachment whose message the actor may read, or their own that belongs to nothing yet."""
    row = await connection.fetchrow(
        f"""
        SELECT a.* FROM attachment a
        LEFT JOIN ticket t ON t.id = a.ticket_id
        LEFT JOIN message m ON m.id = a.message_id
        WHERE a.id = $1 AND a.stored_at IS NOT NULL AND a.given_up_at IS NULL
          AND CASE WHEN a.ticket_id IS NULL
              THEN a.uploader_id = $3 AND a.link_ticket_id IS NOT DISTINCT FROM $5::uuid
              ELSE (m.id IS NULL OR m.visibility = 'public' OR $7) AND {IN_SIGHT} END
        """,
        attachment_id,
        *sight_values(sight),
        actor.is_staff,
    )
    return _attachment(row) if row else None


async def give_up_orphans(tx: Tx, before: datetime, at: datetime) -> None:
    """From now on nobody can attach what has waited since before a time."""
    await tx.execute(
        """
        UPDATE attachment SET given_up_at = $2
        WHERE ticket_id IS NULL AND given_up_at IS NULL AND created_at < $1
        """,
        before,
        at,
    )


async def give_up(tx: Tx, ids: Sequence[UUID], at: datetime) -> None:
    """From now on nobody can attach these."""
    await tx.execute(
        """
        UPDATE attachment SET given_up_at = $2 WHERE id = ANY($1::uuid[]) AND ticket_id IS NULL
        """,
        list(ids),
        at,
    )


async def given_up(connection: Tx, until: datetime, limit: int) -> list[Attachment]:
    """Attachments whose objects can go, as they were given up until a time."""
    rows = await connection.fetch(
        """
        SELECT * FROM attachment WHERE given_up_at <= $1 AND ticket_id IS NULL
        ORDER BY given_up_at, id LIMIT $2
        """,
        until,
        limit,
    )
    return [_attachment(row) for row in rows]


async def delete_attachments(tx: Tx, ids: Sequence[UUID]) -> None:
    """Forget attachments that were given up."""
    await tx.execute(
        "DELETE FROM attachment WHERE id = ANY($1::uuid[]) AND given_up_at IS NOT NULL", list(ids)
    )


def _attachment(row: Row) -> Attachment:
    return Attachment(
        id=row["id"],
        storage_key=row["storage_key"],
        name=row["name"],
        media_type=row["media_type"],
        size=row["size"],
        width=row["width"],
        height=row["height"],
    )


def _out(row: Row) -> AttachmentOut:
    return AttachmentOut(
        id=row["id"],
        name=row["name"],
        media_type=row["media_type"],
        size=row["size"],
        width=row["width"],
        height=row["height"],
    )

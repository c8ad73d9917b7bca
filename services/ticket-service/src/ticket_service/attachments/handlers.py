"""Uploading in three steps, attaching, reading, and removing what nobody attached.

An upload writes its row, then the objects, then that they are there. A crash between two steps
leaves a row without that mark, and the clock removes it with its objects a day later.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from shared.auth import Actor
from shared.db import Tx
from shared.errors import FieldError, Invalid
from shared.files import Files, FilesUnavailable
from shared.ids import uuid7
from shared.images import Photo
from ticket_service.attachments import queries
from ticket_service.attachments.domain import (
    MAX_A_DAY,
    MAX_A_DAY_STAFF,
    MAX_WAITING,
    ON_ITS_WAY,
    ORPHAN_AGE,
    Attachment,
    AttachmentNotFound,
    TooManyUploadsToday,
    TooManyWaitingUploads,
    shown_name,
)
from ticket_service.attachments.schemas import AttachmentOut
from ticket_service.tickets.sight import sight_of

_REMOVED_AT_ONCE = 100
_WAIT_SECONDS = 600
_WAIT_SECONDS_TODAY = 3_600
_DAY = timedelta(hours=24)

log = structlog.get_logger()


async def begin_upload(tx: Tx, actor: Actor, name: str | None, photo: Photo) -> Attachment:
    """Note a photo that is about to be stored."""
    assert actor.id is not None
    at = _now()
    waiting, today = await queries.uploads_since(tx, actor.id, at - _DAY, at - ON_ITS_WAY)
    if today >= (MAX_A_DAY_STAFF if actor.is_staff else MAX_A_DAY):
        raise TooManyUploadsToday(retry_after=_WAIT_SECONDS_TODAY)
    if waiting >= MAX_WAITING:
        raise TooManyWaitingUploads(retry_after=_WAIT_SECONDS)
    key = secrets.token_hex(20)
    attachment = Attachment(
        id=uuid7(),
        storage_key=f"attachments/{key[:2]}/{key}",
        name=shown_name(name, photo.suffix),
        media_type=photo.media_type,
        size=len(photo.content),
        width=photo.width,
        height=photo.height,
    )
    await queries.insert_attachment(tx, attachment, actor, at)
    return attachment


async def store(files: Files, attachment: Attachment, photo: Photo) -> None:
    """Keep the photo and its small picture."""
    await files.put(attachment.storage_key, photo.content)
    await files.put(attachment.thumbnail_key, photo.thumbnail)


async def finish_upload(tx: Tx, attachment: Attachment) -> AttachmentOut:
    """The photo can be named in a message from now on."""
    await queries.mark_stored(tx, attachment.id, _now())
    return AttachmentOut(
        id=attachment.id,
        name=attachment.name,
        media_type=attachment.media_type,
        size=attachment.size,
        width=attachment.width,
        height=attachment.height,
    )


async def attach(
    tx: Tx, actor: Actor, ids: Sequence[UUID], ticket_id: UUID, message_id: UUID | None = None
) -> list[AttachmentOut]:
    """Give own uploads to a report or message; refuses all when one cannot be given."""
    if not ids:
        return []
    attached = await queries.attach(tx, ids, actor, ticket_id, message_id)
    if len(attached) < len(ids):
        found = {attachment.id for attachment in attached}
        missing = next(place for place, id_ in enumerate(ids) if id_ not in found)
        detail = "This photo is no longer there. Please add it again."
        raise Invalid(FieldError(f"/attachment_ids/{missing}", detail, "unknown_attachment"))
    return attached


async def read_attachment(connection: Tx, actor: Actor, attachment_id: UUID) -> Attachment:
    """An attachment that the actor may see, or `AttachmentNotFound`."""
    found = await queries.attachment_in_sight(connection, attachment_id, actor, sight_of(actor))
    if found is None:
        raise AttachmentNotFound
    return found


async def give_up(tx: Tx, attachment: Attachment) -> None:
    """From now on nothing can have an upload; the clock finds it if its objects stay."""
    await queries.give_up(tx, [attachment.id], _now())


async def give_up_orphans(tx: Tx) -> datetime:
    """From now on nothing can have uploads that belong to nothing for a day; the time of that."""
    at = _now()
    await queries.give_up_orphans(tx, at - ORPHAN_AGE, at)
    return at


async def given_up(connection: Tx, until: datetime) -> list[Attachment]:
    """Attachments that were given up by a time, at most a hundred, the first ones first."""
    return await queries.given_up(connection, until, _REMOVED_AT_ONCE)


async def remove_objects(files: Files, attachments: Sequence[Attachment]) -> list[Attachment]:
    """Take photos and their small pictures out of the store; those of which nothing is left there."""
    removed = []
    for attachment in attachments:
        try:
            await files.delete([attachment.storage_key, attachment.thumbnail_key])
        except FilesUnavailable as error:
            log.warning(
                "attachment_not_removed", id=str(attachment.id), error=repr(error.__cause__)
            )
        else:
            removed.append(attachment)
    return removed


async def forget(tx: Tx, attachments: Sequence[Attachment], removed: Sequence[Attachment]) -> None:
    """Delete the rows of what was removed, last: as long as they are there, objects are found again.

    The others come after all that wait now, so that they hold nothing up.
    """
    gone = {attachment.id for attachment in removed}
    await queries.delete_attachments(tx, list(gone))
    await queries.give_up(tx, [a.id for a in attachments if a.id not in gone], _now())


def _now() -> datetime:
    return datetime.now(UTC)

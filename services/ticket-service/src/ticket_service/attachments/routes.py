"""Attachments over HTTP: bytes come in as multipart, and go out as files that no browser runs."""

from hashlib import sha256
from typing import Annotated, BinaryIO
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response, UploadFile

from shared.db import Database
from shared.dependencies import OnceOf, Someone
from shared.files import Files
from shared.idempotency import Answer
from shared.images import MAX_BYTES, in_image_thread, read_photo
from ticket_service.attachments import handlers
from ticket_service.attachments.domain import Attachment
from ticket_service.attachments.schemas import AttachmentOut

router = APIRouter(tags=["attachments"])

# The photo, and what multipart puts around it.
MAX_UPLOAD_BYTES = MAX_BYTES + 16_384
_PIECE = 1_048_576

_BYTES: dict[str, dict[str, str]] = {"image/jpeg": {}, "image/webp": {}}


async def _db(request: Request) -> Database:
    db: Database = request.app.state.db
    return db


async def _files(request: Request) -> Files:
    files: Files = request.app.state.files
    return files


Db = Annotated[Database, Depends(_db)]
Store = Annotated[Files, Depends(_files)]


@router.post("/attachments", status_code=201, response_model=AttachmentOut)
async def upload_attachment(
    db: Db, files: Store, actor: Someone, file: UploadFile, once_of: OnceOf
) -> Response:
    digest = await in_image_thread(_digest, file.filename, file.file)
    async with db.read() as connection:
        earlier = await once_of(connection, digest).earlier()
    if earlier is not None:
        return earlier
    photo = await read_photo(file.file)
    async with db.transaction() as tx:
        attachment = await handlers.begin_upload(tx, actor, file.filename, photo)
    await handlers.store(files, attachment, photo)
    is_first = False

    async with db.transaction() as tx:

        async def finish() -> Answer:
            nonlocal is_first
            is_first = True
            return Answer(await handlers.finish_upload(tx, attachment))

        answer = await once_of(tx, digest).run(finish)
        if not is_first:
            await handlers.give_up(tx, attachment)
    if not is_first:
        await _remove(db, files, attachment)
    return answer


@router.get("/attachments/{id}", response_class=Response, responses={200: {"content": _BYTES}})
async def read_attachment(db: Db, files: Store, actor: Someone, id: UUID) -> Response:
    found = await _found(db, actor, id)
    return _file(await files.get(found.storage_key), found.media_type, found.name)


@router.get(
    "/attachments/{id}/thumbnail",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}},
)
async def read_thumbnail(db: Db, files: Store, actor: Someone, id: UUID) -> Response:
    found = await _found(db, actor, id)
    return _file(await files.get(found.thumbnail_key), "image/webp")


async def _found(db: Database, actor: Someone, attachment_id: UUID) -> Attachment:
    """The connection goes back before the object is fetched: a slow store must not hold them all."""
    async with db.read() as connection:
        return await handlers.read_attachment(connection, actor, attachment_id)


async def _remove(db: Database, files: Files, attachment: Attachment) -> None:
    """What the same upload at the same time made needless."""
    removed = await handlers.remove_objects(files, [attachment])
    async with db.transaction() as tx:
        await handlers.forget(tx, [attachment], removed)


def _file(content: bytes, media_type: str, name: str | None = None) -> Response:
    """An answer that a browser saves or shows as a picture, and never runs."""
    disposition = "inline"
    if name is not None:
        plain = name.encode("ascii", "replace").decode().replace("\\", "_").replace("?", "_")
        disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    headers = {
        "Content-Disposition": disposition,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
    }
    return Response(content, headers=headers, media_type=media_type)


def _digest(name: str | None, file: BinaryIO) -> bytes:
    """Two uploads are the same when name and content are; the boundary between parts never is."""
    digest = sha256(f"{name or ''}\n".encode())
    while piece := file.read(_PIECE):
        digest.update(piece)
    return digest.digest()

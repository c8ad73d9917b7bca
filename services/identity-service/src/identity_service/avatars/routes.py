"""Pictures of people over HTTP: a photo comes in as multipart, a small square WebP goes out."""

from uuid import UUID

from fastapi import APIRouter, Response, UploadFile

from identity_service.avatars import handlers
from identity_service.avatars.domain import SIDE
from identity_service.avatars.schemas import AvatarOut
from identity_service.dependencies import Db, Person, Pictures
from shared.dependencies import Tx
from shared.images import MAX_BYTES, read_portrait

router = APIRouter(tags=["me"])

# The photo, and what multipart puts around it.
MAX_UPLOAD_BYTES = MAX_BYTES + 16_384
_MEDIA_TYPE = "image/webp"
# A picture that a browser shows and never runs.
_HEADERS = {
    "Content-Disposition": "inline",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store",
}


@router.put("/me/avatar")
async def change_avatar(actor: Person, db: Db, pictures: Pictures, file: UploadFile) -> AvatarOut:
    async with db.transaction() as tx:
        await handlers.count_change(tx, actor)
    portrait = await read_portrait(file.file, SIDE)
    async with db.transaction() as tx:
        avatar = await handlers.begin_avatar(tx)
    await pictures.put(avatar.storage_key, portrait)
    async with db.transaction() as tx:
        await handlers.wear_avatar(tx, actor, avatar)
    return AvatarOut(avatar_id=avatar.id)


@router.delete("/me/avatar", status_code=204)
async def remove_avatar(actor: Person, tx: Tx) -> Response:
    await handlers.wear_avatar(tx, actor, None)
    return Response(status_code=204)


@router.get(
    "/users/{user_id}/avatar",
    response_class=Response,
    responses={200: {"content": {_MEDIA_TYPE: {}}}},
)
async def show_avatar(actor: Person, db: Db, pictures: Pictures, user_id: UUID) -> Response:
    async with db.read() as connection:
        avatar = await handlers.show_avatar(connection, actor, user_id)
    content = await pictures.get(avatar.storage_key)
    return Response(content, headers=_HEADERS, media_type=_MEDIA_TYPE)

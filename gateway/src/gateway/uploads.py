"""Photos on their way through the gateway: up with a form, down onto a page."""

import asyncio
from contextlib import AsyncExitStack
from hashlib import sha256
from typing import IO

from starlette.datastructures import UploadFile
from starlette.responses import Response

from gateway.downloads import Passage
from gateway.forms import Form
from gateway.pages import Who, count, page
from gateway.problems import problem_title
from gateway.upstream import Caller, Refusal
from gateway.visit import Visit
from shared.errors import Invalid, NotFound

MAX_PHOTOS = 5
# As the services take them; a larger one is not even sent on.
MAX_PHOTO_BYTES = 10_000_000

_ABOUT_A_PHOTO = (409, 413, 422, 429)
_KEPT_HEADERS = (
    "Content-Type",
    "Content-Length",
    "Content-Disposition",
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Cache-Control",
)


def _(message: str) -> str:
    """Marks a message for the catalogue."""
    return message


TOO_LARGE = _("This photo is too large: at most 10 MB, please.")
_TOO_MANY = _("At most five photos go with one message; the others were left out.")


class PhotosRefused(Invalid):
    """Not every photo could be added. Please look at the photos, then send it again."""


async def upload_photos(visit: Visit, caller: Caller) -> None:
    """Upload what came with the form; from then on the form carries what was uploaded.

    Raises a refusal about the field `photos` when one could not be taken: those that could are kept,
    and so is every typed word. The same photo of the same form sent again is not stored again.
    """
    form, texts = visit.form, visit.texts
    room = MAX_PHOTOS - len(form.attachments)
    faults = [await _upload(visit, caller, form, photo) for photo in form.photos[: max(room, 0)]]
    if len(form.photos) > room:
        faults.append(texts(_TOO_MANY))
    form.photos = []
    if told := [fault for fault in faults if fault]:
        form.errors["photos"] = " ".join(told)
        raise Refusal(422, PhotosRefused.slug(), PhotosRefused.title())


async def _upload(visit: Visit, caller: Caller, form: Form, photo: UploadFile) -> str:
    """Upload one photo; gives the sentence that says why it could not be taken, or nothing."""
    name = photo.filename or ""
    if (photo.size or 0) > MAX_PHOTO_BYTES:
        return f"{name}: {visit.texts(TOO_LARGE)}"
    # By content and not by place: the photo that was third may come first the next time.
    key = f"{form.submission_id}.{await asyncio.to_thread(_digest, photo.file, name)}"
    try:
        form.attach(await visit.services.tickets.upload_photo(caller, name, photo.file, key))
    except Refusal as refusal:
        if refusal.status not in _ABOUT_A_PHOTO:
            raise
        return f"{name}: {problem_title(refusal.title, refusal.params, visit.texts)}"
    return ""


def _digest(file: IO[bytes], name: str) -> str:
    """Names a file by what is in it, read piece by piece."""
    digest = sha256()
    while chunk := file.read(65_536):
        digest.update(chunk)
    file.seek(0)
    digest.update(name.encode())
    return digest.hexdigest()[:16]


async def send_photo(
    visit: Visit, caller: Caller, attachment_id: str, *, small: bool = False
) -> Response:
    """A photo for a page or to save, chunk by chunk, with the headers that keep it harmless."""
    await count(visit)
    async with AsyncExitStack() as held:
        await held.enter_async_context(visit.portal.downloads.hold(caller.holder))
        try:
            found = await visit.services.tickets.photo(caller, attachment_id, small=small)
        except Refusal as refusal:
            if refusal.status == 422:
                raise NotFound from None
            raise
        headers = {name: found.headers[name] for name in _KEPT_HEADERS if name in found.headers}
        return Passage(found, headers, held.pop_all())


async def photo(visit: Visit, id: str) -> Response:
    """A photo of a ticket that this person may see."""
    return await send_photo(visit, visit.caller, id)


async def thumbnail(visit: Visit, id: str) -> Response:
    """The small picture of such a photo."""
    return await send_photo(visit, visit.caller, id, small=True)


ROUTES = (
    page("/attachments/{id}", get=photo, who=Who.SOMEONE),
    page("/attachments/{id}/thumbnail", get=thumbnail, who=Who.SOMEONE),
)

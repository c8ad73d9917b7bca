"""A copy of all that is kept of a person, put together while it is sent: a ZIP of JSON and files.

Nothing of it is kept anywhere, so no link to it can fall into other hands, and it is as fresh as can be.
"""

import asyncio
import zipfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
import structlog
from starlette.responses import StreamingResponse

from gateway.clients import Record
from gateway.portal import Portal
from gateway.sessions import Session
from gateway.upstream import Caller, Refusal

log = structlog.get_logger()

File = tuple[str, bytes]
_GONE: Final = 404


def _(sentence: str) -> str:
    """Marks a sentence for the catalogue."""
    return sentence


# What the files in the archive are.
README: Final = _(
    "account.json is what we keep of your account, your connections, devices and log-ins. Each file "
    "in tickets/ is one of your reports with its messages; the photos are beside it. messages.json "
    "lists what we told you, and how. Times are in UTC."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants the archive: in which session, with which proof, in which words it is explained."""

    caller: Caller
    session: Session
    proof: Record
    readme: str


async def own_data(portal: Portal, asked: Asked) -> StreamingResponse:
    """The archive as an answer; raises a 422 refusal for a wrong proof, before anything is sent."""
    caller = asked.caller
    async with AsyncExitStack() as held:
        await held.enter_async_context(portal.downloads.hold(caller.holder))
        account = await portal.services.privacy.own_account(caller, asked.proof)
        files = _files(portal, asked, account)
        taken = datetime.fromisoformat(account["exported_at"])
        return StreamingResponse(
            _archive(files, taken, held.pop_all()),
            media_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="data-{taken:%Y-%m-%d}.zip"'},
        )


async def _files(portal: Portal, asked: Asked, account: Record) -> AsyncIterator[File]:
    services, caller = portal.services, asked.caller
    yield "README.txt", asked.readme.encode() + b"\n"
    yield "account.json", _json(account)
    if picture := await _found(services.identity.avatar(caller, str(account["account"]["id"]))):
        yield "picture.webp", picture
    async for ticket in services.privacy.own_tickets(caller):
        await portal.sessions.still(asked.session)
        folder = f"tickets/{ticket['number']}"
        yield f"{folder}.json", _json(ticket)
        for number, photo in enumerate(ticket["photos"], start=1):
            if content := await _found(services.privacy.photo(caller, photo["id"])):
                yield f"{folder}/{number}{_suffix(photo['name'])}", content
    yield "messages.json", _json([told async for told in services.privacy.own_messages(caller)])


async def _archive(
    files: AsyncIterator[File], taken: datetime, held: AsyncExitStack
) -> AsyncIterator[bytes]:
    """File by file, so that many photos need no memory; what breaks off is no whole archive."""
    written = _Written()
    async with held:
        with zipfile.ZipFile(written, "w") as archive:
            async for name, content in files:
                entry = zipfile.ZipInfo(name, taken.timetuple()[:6])
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o600 << 16
                await asyncio.to_thread(archive.writestr, entry, content)
                yield written.take()
        yield written.take()


class _Written:
    """What a ZipFile writes to when it cannot go back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        """Keep a part until it is taken."""
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def close(self) -> None:
        """Nothing is held."""

    def take(self) -> bytes:
        """All that was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


async def _found(picture: Any) -> bytes | None:
    """A file, unless it is gone."""
    try:
        content: bytes = await picture
    except Refusal as refusal:
        if refusal.status != _GONE:
            raise
        return None
    return content


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)


def _suffix(name: str) -> str:
    """`.jpg` or `.webp`, as photos are kept."""
    return ".webp" if name.lower().endswith(".webp") else ".jpg"

"""Files in an object store: a folder on this machine or a bucket that speaks S3, by configuration.

Keys are for the machines: random, never shown, never a way in. Whoever keeps a key writes its row
before the object, so that what is left behind by a crash is found again through the rows.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from shared.errors import NotFound, Unavailable

CALL_SECONDS = 10.0
# For an object of some hundred megabytes, which is sent in parts.
LARGE_SECONDS = 60.0
_PIECE_BYTES = 4_194_304
_ATTEMPT = timedelta(seconds=5)
_CONNECT = timedelta(seconds=2)


class FilesUnavailable(Unavailable):
    """The store of files is not available right now. Please try again in a moment."""


class FileIsGone(NotFound):
    """This file is no longer there."""


class Files:
    """One store; every call ends in time (`CALL_SECONDS`) or raises `FilesUnavailable`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def at(cls, url: str) -> "Files":
        """The store behind `file:///folder` or `s3://bucket/prefix`; nothing is connected yet.

        A bucket's endpoint, region and keys come from the usual `AWS_…` variables.
        """
        scheme = urlsplit(url).scheme
        if scheme == "file":
            folder = Path(unquote(urlsplit(url).path))
            return cls(LocalStore(folder, mkdir=True))
        if scheme == "s3":
            return cls(
                S3Store.from_url(
                    url,
                    # Plain http only where the endpoint itself says so.
                    client_options={
                        "timeout": _ATTEMPT,
                        "connect_timeout": _CONNECT,
                        "allow_http": True,
                    },
                    retry_config={"max_retries": 1, "retry_timeout": _ATTEMPT},
                )
            )
        raise ValueError(f"FILES_URL is file:///folder or s3://bucket/prefix, not {url!r}")

    async def put(self, key: str, content: bytes) -> None:
        """Keep an object; it is there as a whole or not at all."""
        async with _reachable():
            await self._store.put_async(key, content)

    async def get(self, key: str) -> bytes:
        """The content of an object; raises `FileIsGone` when there is none."""
        async with _reachable():
            try:
                found = await self._store.get_async(key)
                return bytes(await found.bytes_async())
            except FileNotFoundError:
                raise FileIsGone from None

    async def put_file(self, key: str, file: BinaryIO) -> None:
        """Keep a large object, sent piece by piece; it is there as a whole or not at all."""
        file.seek(0)
        async with _reachable(LARGE_SECONDS):
            await self._store.put_async(key, file)

    async def copy_to(self, key: str, file: BinaryIO) -> None:
        """Write a large object into a file, piece by piece; raises `FileIsGone` when there is none."""
        async with _reachable():
            try:
                size = (await self._store.head_async(key))["size"]
            except FileNotFoundError:
                raise FileIsGone from None
        for start in range(0, size, _PIECE_BYTES):
            end = min(start + _PIECE_BYTES, size)
            async with _reachable():
                piece = await self._store.get_range_async(key, start=start, end=end)
            await asyncio.to_thread(file.write, piece)

    async def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; those that are not there are as good as removed."""
        for key in keys:
            async with _reachable():
                with suppress(FileNotFoundError):
                    await self._store.delete_async(key)


@asynccontextmanager
async def _reachable(seconds: float = CALL_SECONDS) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except (BaseError, OSError, TimeoutError) as error:
        raise FilesUnavailable from error

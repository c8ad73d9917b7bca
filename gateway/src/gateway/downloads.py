"""A file on its way from a service to a browser."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

import aiohttp
import structlog
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from gateway.upstream import Download

log = structlog.get_logger()

STALLED_SECONDS = 20.0


class Passage(StreamingResponse):
    """Chunk by chunk, so that many files need no memory; who takes nothing for a while gets no more.

    `held` is given back at the end, with the connection to the service.
    """

    def __init__(self, found: Download, headers: Mapping[str, str], held: AsyncExitStack) -> None:
        super().__init__(found.chunks(), found.status, headers)
        self._found = found
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def paced(message: Message) -> None:
            async with asyncio.timeout(STALLED_SECONDS):
                await send(message)

        try:
            await self.stream_response(paced)
        except (OSError, aiohttp.ClientError) as error:
            # Too little of a file cannot be taken for all of it: the server ends the connection.
            log.info("file_cut_short", error=repr(error))
        finally:
            self._found.close()
            await self._held.aclose()

"""The HTTP server of every process: uvicorn, stopped by the process and not by itself."""

import asyncio
import gc
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

DRAIN_SECONDS = 20
# A request leaves almost no cycles behind; looking for them every 700 objects took an eighth of the time.
_COLLECT_AFTER = (10_000, 20, 20)


class HttpServer(uvicorn.Server):
    """uvicorn without signal handling of its own; `should_exit = True` drains and ends it."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=DRAIN_SECONDS,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; what was made until now stays, so the garbage collector need not look at it again."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECT_AFTER)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave SIGTERM and SIGINT to the process."""
        yield


def stop_requested() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    event = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, event.set)
    return event

"""Tells open dashboards that the figures moved, at most twice a second."""

import asyncio
from collections.abc import Awaitable, Callable

from shared.live import FIGURES_TYPE, HintStream
from shared.service import Process

LEAST_SECONDS = 0.5
_HINT = {"type": FIGURES_TYPE}


class FiguresHints:
    """Adds a hint after something was committed; what comes in the half second after is one more."""

    def __init__(
        self, stream: HintStream, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._stream = stream
        self._sleep = sleep
        self._moved = asyncio.Event()
        self._is_stopping = False

    @classmethod
    def of(cls, process: Process) -> "FiguresHints":
        """Hints about what this process commits."""
        hints = cls(HintStream(process.settings.redis_url))
        process.db.on_commit(hints.note)
        return hints

    def note(self) -> None:
        """Something was committed."""
        self._moved.set()

    def stop(self) -> None:
        """Ask `run` to end."""
        self._is_stopping = True
        self._moved.set()

    async def run(self) -> None:
        """Tell until stopped."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            if self._is_stopping:
                break
            await self._stream.add([_HINT])
            await self._sleep(LEAST_SECONDS)
        await self._stream.close()

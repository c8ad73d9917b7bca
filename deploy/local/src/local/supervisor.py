"""Keeps the stack running: whatever ends by itself is said and started again, ever more slowly."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from local.errors import CannotStart
from local.server import Part

LOOK_EVERY = 0.5
LONGEST_WAIT = 30.0
FORGIVEN_AFTER = 60.0


@dataclass
class _Patience:
    """How often a part ended, and when it is to be started again."""

    failures: int = 0
    last: float = 0.0
    due: float | None = None


class Watched(Protocol):
    """What is supervised: parts, and the way to start one again."""

    @property
    def parts(self) -> Sequence[Part]: ...
    def revive(self, part: Part) -> None: ...


class Supervisor:
    """Watches all parts until told to stop; `changed` is called when a process has a new pid."""

    def __init__(
        self, stack: Watched, say: Callable[[str], None], changed: Callable[[], None]
    ) -> None:
        self._stack = stack
        self._say = say
        self._changed = changed
        self._patience: dict[str, _Patience] = {}

    def watch(self, stop: threading.Event) -> None:
        while not stop.wait(LOOK_EVERY):
            for part in self._stack.parts:
                if not part.alive:
                    self._attend(part, time.monotonic())

    def _attend(self, part: Part, now: float) -> None:
        patience = self._patience.setdefault(part.name, _Patience())
        if patience.due is None:
            delay = self._delay(patience, now)
            patience.due = now + delay
            self._say(
                f"{part.name} ended by itself: {part.last_words()}; starting it again in {delay:.0f} s"
            )
        elif now >= patience.due:
            patience.due = None
            self._revive(part)

    def _delay(self, patience: _Patience, now: float) -> float:
        """1, 2, 4 … seconds; a part that ran a while is trusted anew."""
        if now - patience.last > FORGIVEN_AFTER:
            patience.failures = 0
        patience.failures += 1
        patience.last = now
        return min(LONGEST_WAIT, 2.0 ** (patience.failures - 1))

    def _revive(self, part: Part) -> None:
        try:
            self._stack.revive(part)
        except CannotStart as error:
            self._say(str(error))
            return
        self._say(f"{part.name} is ready again")
        self._changed()

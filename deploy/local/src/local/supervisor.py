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
    revival: threading.Thread | None = None

    def is_reviving(self) -> bool:
        return self.revival is not None and self.revival.is_alive()

    def next_delay(self, now: float) -> float:
        """1, 2, 4 … seconds; a part that ran a while is trusted anew."""
        if now - self.last > FORGIVEN_AFTER:
            self.failures = 0
        self.failures += 1
        self.last = now
        return min(LONGEST_WAIT, 2.0 ** (self.failures - 1))


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

    @property
    def revivals(self) -> list[threading.Thread]:
        """The starts that are under way."""
        return [p.revival for p in self._patience.values() if p.revival]

    def watch(self, stop: threading.Event) -> None:
        while not stop.wait(LOOK_EVERY):
            for part in self._stack.parts:
                patience = self._patience.setdefault(part.name, _Patience())
                if part.pid and not part.alive and not patience.is_reviving():
                    self._attend(part, patience, time.monotonic())

    def _attend(self, part: Part, patience: _Patience, now: float) -> None:
        if patience.due is None:
            delay = patience.next_delay(now)
            patience.due = now + delay
            self._say(f"{part.name} {part.ending()}; starting it again in {delay:.0f} s")
        elif now >= patience.due:
            patience.due = None
            patience.revival = threading.Thread(target=self._revive, args=[part], daemon=True)
            patience.revival.start()

    def _revive(self, part: Part) -> None:
        """In a thread of its own: what it waits for may itself have to be started again."""
        try:
            self._stack.revive(part)
        except CannotStart as error:
            self._say(str(error))
            return
        self._say(f"{part.name} is ready again")
        self._changed()

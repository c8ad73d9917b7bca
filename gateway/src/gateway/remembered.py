"""What was read a moment ago and may still be true: told by an entity tag, or by what it was made from."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

# A tag names what an answer is about; the names within it (of a person, of an area) may change without
# it, and are read again after this time.
SECONDS = 60.0
_MOST = 512


class Known(NamedTuple):
    """Something with the tag that says whether it is still current; None and None where nothing is."""

    tag: Any = None
    value: Any = None


class Remembered:
    """The latest things by key, the least used of which are forgotten."""

    def __init__(self, most: int = _MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[Hashable, tuple[float, Known]] = OrderedDict()

    def find(self, key: Hashable) -> Known:
        """What was kept under this key in the last minute."""
        until, known = self._kept.get(key, (0.0, Known()))
        if until <= self._clock():
            return Known()
        self._kept.move_to_end(key)
        return known

    def keep(self, key: Hashable, tag: Any, value: Any) -> None:
        """Remember something for a minute."""
        self._kept[key] = self._clock() + SECONDS, Known(tag, value)
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

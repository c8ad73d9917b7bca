"""Named places where a fault test may kill this process; each is a no-op unless a test arms it.

`KILL_POINT=after_produce` kills at the first pass, `KILL_POINT=after_produce:7` at the seventh.
"""

import os
import signal

_name, _, _nth = os.environ.get("KILL_POINT", "").partition(":")
_passes_left = int(_nth or 1)


def arm(name: str, nth: int = 1) -> None:
    """Kill this process at its nth pass of a point from now on; an empty name disarms."""
    global _name, _passes_left
    _name, _passes_left = name, nth


def kill_point(name: str) -> None:
    """End this process at once, as `kill -9` would, if a test asked for it here."""
    global _passes_left
    if name != _name:
        return
    _passes_left -= 1
    if _passes_left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

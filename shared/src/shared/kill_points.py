"""Named places where a fault test may kill this process; each is a no-op unless KILL_POINT names it.

`KILL_POINT=after_produce` kills at the first pass, `KILL_POINT=after_produce:7` at the seventh.
"""

import os
import signal

_name, _, _nth = os.environ.get("KILL_POINT", "").partition(":")
_passes_left = int(_nth or 1)


def kill_point(name: str) -> None:
    """End this process at once, as `kill -9` would, if a test asked for it here."""
    global _passes_left
    if name != _name:
        return
    _passes_left -= 1
    if _passes_left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

"""What the fault tests counted: lines at the end of the run, and docs/faults.md after a full one."""

from dataclasses import dataclass
from typing import Any

from tests.faults.checker import Figures


@dataclass(frozen=True)
class Trial:
    """One test: what was done, how often, what was found, and how long it took until all was well.

    `kills` counts by victim and point; an outage has none.
    """

    name: str
    kills: dict[str, int]
    figures: Figures
    seconds: float


_trials: list[Trial] = []
_seen: dict[str, Any] = {}


def note_seed(number: int) -> None:
    """Remember what the chance of this run came from."""
    _seen["seed"] = number


def note(trial: Trial) -> None:
    """Remember what a test counted."""
    _trials.append(trial)


def lines() -> list[str]:
    """What to say at the end."""
    if not _trials:
        return []
    head = f"Fault tests, FAULT_SEED={_seen.get('seed')}:"
    return [head, *map(_line, _trials)]


def write() -> None:
    """Write docs/faults.md."""


def _line(trial: Trial) -> str:
    kills = ", ".join(f"{place} ×{number}" for place, number in trial.kills.items())
    return f"  {kills or trial.name}: {trial.seconds:.0f} s | {trial.figures}"

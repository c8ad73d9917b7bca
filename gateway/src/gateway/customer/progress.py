"""A ticket as a parcel: which steps are behind it, and which one it is at."""

from dataclasses import dataclass
from typing import Any, Literal

StepState = Literal["done", "now", "ahead"]

_STEPS = ("received", "working", "solved", "closed")
_AT = {"new": 0, "open": 1, "pending": 1, "on_hold": 1, "solved": 2, "closed": 3}


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way; `at` is when it was reached, where that is known."""

    name: str
    state: StepState
    at: str | None


def progress(ticket: dict[str, Any]) -> list[Step]:
    """The steps of a ticket; empty for one that was withdrawn or joined with another."""
    reached = _AT.get(ticket["status"])
    if reached is None:
        return []
    times = {
        "received": ticket["created_at"],
        "solved": ticket["solved_at"],
        "closed": ticket["closed_at"],
    }
    return [
        Step(name, _state(index, reached), times.get(name) if index <= reached else None)
        for index, name in enumerate(_STEPS)
    ]


def _state(index: int, reached: int) -> StepState:
    if index < reached or reached == len(_STEPS) - 1:
        return "done"
    return "now" if index == reached else "ahead"

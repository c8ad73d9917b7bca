"""The table that a run prints."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A row; `goal` says what is aimed at, `is_met` whether it was reached."""

    name: str
    value: str
    goal: str = ""
    is_met: bool | None = None


def show(lines: Sequence[Line]) -> None:
    """Print the rows in columns."""
    width = max(len(line.name) for line in lines)
    value = max(len(line.value) for line in lines)
    for line in lines:
        verdict = {None: "", True: "met", False: "MISSED"}[line.is_met]
        print(f"{line.name:<{width}}  {line.value:<{value}}  {line.goal:<14} {verdict}".rstrip())

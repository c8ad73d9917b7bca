"""A ticket as a parcel: the steps behind it, where it is now, and what happened on the way."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Record = dict[str, Any]
StepState = Literal["done", "now", "ahead"]

_STEPS = ("received", "working", "solved", "closed")
_AT = {"new": 0, "open": 1, "pending": 1, "on_hold": 1, "solved": 2, "closed": 3}


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way; `at` is when it was reached, where that is known."""

    name: str
    state: StepState
    at: str | None


def progress(ticket: Record) -> list[Step]:
    """The steps of a ticket; empty for one that was withdrawn or joined with another."""
    reached = _AT.get(ticket["status"])
    if reached is None:
        return []
    times = {
        "received": ticket["created_at"],
        "working": _first(ticket.get("timeline", ()), "working", "assigned"),
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


def situation(ticket: Record) -> str:
    """Where a ticket is now, as a name for which the page has words: what happens, what comes next.

    Somebody's name makes the difference between “we” and “Dewi”; the rest is the state.
    """
    if ticket["status"] == "open" and ticket["assignee"]:
        return "in_hands"
    return str(ticket["status"])


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened and that customers have words for."""

    name: str
    at: str
    who: str = ""
    note: str = ""


_NAMES = {
    "ticket.pended": "asked",
    "ticket.held": "held",
    "ticket.solved": "solved",
    "ticket.closed": "closed",
    "ticket.cancelled": "cancelled",
    "ticket.reopened": "reopened",
    "ticket.merged": "merged",
    "ticket.rated": "rated",
}


def events(timeline: Iterable[Record]) -> list[Event]:
    """What customers are told of a timeline; messages stand on the page themselves."""
    found = []
    for entry in timeline:
        name, who = _happened(entry)
        if name:
            found.append(Event(name, entry["at"], who, entry["data"].get("note") or ""))
    return found


def _happened(entry: Record) -> tuple[str, str]:
    """The name of an event, and of the person it is about; empty when nobody needs to hear it."""
    if known := _NAMES.get(entry["type"]):
        return known, ""
    changes = entry["data"].get("changes") or {}
    if changes.get("assignee") and changes["assignee"][1]:
        return "assigned", changes["assignee"][1]
    if changes.get("status") and changes["status"][1] == "open":
        return "working", ""
    if changes.get("category"):
        return "category", ""
    if changes.get("subject"):
        return "subject", ""
    return "", ""


def _first(timeline: Iterable[Record], *names: str) -> str | None:
    return next((event.at for event in events(timeline) if event.name in names), None)


def story(messages: Iterable[Record], timeline: Iterable[Record]) -> list[Record | Event]:
    """Messages and events in the order in which they came; an event before its message."""
    told: list[tuple[str, int, Record | Event]] = [
        *((event.at, 0, event) for event in events(timeline)),
        *((message["created_at"], 1, message) for message in messages),
    ]
    return [one for _, _, one in sorted(told, key=lambda one: one[:2])]

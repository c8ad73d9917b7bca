"""The staff's lists of tickets: what each queue asks for, and the filters on top."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Queue:
    """A list by name; `count` is its key in the counts, `asks` what it asks of ticket-service."""

    name: str
    count: str
    asks: Mapping[str, str]


QUEUES: Final = (
    Queue("unassigned", "unassigned", {"assignee": "none", "status": "active"}),
    Queue("mine", "mine", {"assignee": "me", "status": "active"}),
    Queue("team", "team", {"team": "mine", "status": "active"}),
    Queue("all", "active", {"status": "active"}),
    Queue("finished", "finished", {"status": "finished"}),
)
STATES: Final = ("new", "open", "pending", "on_hold", "solved", "closed", "cancelled", "merged")
SORTS: Final = ("-created", "created", "-updated")
_FILTERS: Final = ("status", "category", "priority", "requester", "assignee", "team", "sort", "q")


def queue_named(name: str) -> Queue:
    """The queue of a name, else the unassigned ones."""
    return next((queue for queue in QUEUES if queue.name == name), QUEUES[0])


def filters_of(query: Mapping[str, str]) -> dict[str, str]:
    """The filters that somebody set on top of a queue."""
    return {name: query[name].strip() for name in _FILTERS if query.get(name, "").strip()}


def asked_of_service(queue: Queue, query: Mapping[str, str], page_size: int) -> dict[str, str]:
    """What to ask ticket-service for a queue with its filters.

    Words and numbers are looked for in every state, because who searches wants to find.
    """
    filters = filters_of(query)
    base = dict(queue.asks)
    if "q" in filters:
        base.pop("status", None)
    deleted = {"deleted": "true"} if query.get("deleted") else {}
    return {
        **base,
        **filters,
        **deleted,
        "cursor": query.get("cursor", ""),
        "limit": str(page_size),
    }

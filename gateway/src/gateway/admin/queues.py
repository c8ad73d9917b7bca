"""The staff's lists of tickets: what each queue asks for, and the filters on top."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Queue:
    """A list by name; `count` is its key in the counts, `asks` what it asks of ticket-service."""

    name: str
    count: str
    icon: str
    asks: Mapping[str, str]


QUEUES: Final = (
    Queue("unassigned", "unassigned", "inbox", {"assignee": "none", "status": "active"}),
    Queue("mine", "mine", "user", {"assignee": "me", "status": "active"}),
    Queue("team", "team", "users", {"team": "mine", "status": "active"}),
    Queue("all", "active", "list", {"status": "active"}),
    Queue("finished", "finished", "archive", {"status": "finished"}),
)
# Whatever its state: where searches and the figures of a day lead. It has no count.
EVERY: Final = Queue("every", "", "search", {})
STATES: Final = ("new", "open", "pending", "on_hold", "solved", "closed", "cancelled", "merged")
SORTS: Final = ("-created", "created", "-updated")
_FILTERS: Final = (
    *("status", "category", "priority", "requester", "assignee", "team", "organisation"),
    *("created_from", "created_to", "solved_from", "solved_to", "sort", "q"),
)
MOMENTS: Final = ("created_from", "solved_from")


def queue_named(name: str) -> Queue:
    """The queue of a name, else the unassigned ones."""
    return next((queue for queue in (*QUEUES, EVERY) if queue.name == name), QUEUES[0])


def filters_of(query: Mapping[str, str]) -> dict[str, str]:
    """The filters that somebody set on top of a queue."""
    return {name: query[name].strip() for name in _FILTERS if query.get(name, "").strip()}


def place_of(query: Mapping[str, str], *, without: str = "") -> str:
    """The query string that leads back to this list, with its filters and page.

    `without` leaves one filter out, and begins at the first page.
    """
    kept = {"queue": queue_named(query.get("queue", "")).name, **filters_of(query)}
    for name in ("deleted", "cursor"):
        if query.get(name) and not (without and name == "cursor"):
            kept[name] = query[name]
    return urlencode({name: value for name, value in kept.items() if name != without})


def is_moment(text: str) -> bool:
    """Whether a filter that somebody typed into the address is a moment that can be shown."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


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

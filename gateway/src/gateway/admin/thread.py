"""A ticket's conversation as staff read it: messages and what happened between them, day by day."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.clients import Record

# They stand in the thread as messages already.
_MESSAGES = ("ticket.created", "ticket.replied")


@dataclass(frozen=True, slots=True)
class Moment:
    """Something in the thread: a message or an event, with the day where another one begins."""

    kind: Literal["message", "event"]
    what: Record
    day: str


def thread_of(ticket: Record, day_of: Callable[[str], str]) -> Iterator[Moment]:
    """What was written and done, oldest first; `day_of` names the day of an instant."""
    items: list[tuple[str, Literal["message", "event"], Record]] = [
        (message["created_at"], "message", message)
        for message in (_opening(ticket), *ticket["messages"])
    ]
    items += [
        (entry["at"], "event", entry)
        for entry in ticket["timeline"]
        if entry["type"] not in _MESSAGES
    ]
    previous = ""
    for at, kind, what in sorted(items, key=lambda item: datetime.fromisoformat(item[0])):
        day = day_of(at)
        yield Moment(kind, what, day if day != previous else "")
        previous = day


def _opening(ticket: Record) -> Record:
    requester = ticket["requester"]
    return {
        "author": {
            "id": requester["id"],
            "name": requester["name"],
            "kind": "customer",
            "avatar_id": requester.get("avatar_id"),
        },
        "visibility": "public",
        "body": ticket["description"],
        "created_at": ticket["created_at"],
        "attachments": ticket.get("attachments", []),
    }

"""What every client shares: records, pages of lists, the headers of a call."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from shared.auth import Actor

Record = dict[str, Any]

GATEWAY = Actor(id=None, kind="gateway")


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list; `next` is the cursor of the following page, None on the last one.

    `counts` are the sizes of the queues, where they were asked for with a list of tickets.
    """

    items: list[Record]
    next: str | None
    counts: Record | None = None

    @classmethod
    def of(cls, answer: Record) -> "Listing":
        """Read `{"items": […], "next": …}`."""
        return cls(answer["items"], answer["next"], answer.get("counts"))


def record(answer: Any) -> Record:
    """An answer that is one object."""
    assert isinstance(answer, dict)
    return answer


def query(filters: Mapping[str, str]) -> str:
    """The filters that are given, as the query of an address."""
    given = {name: value for name, value in filters.items() if value}
    return f"?{urlencode(given)}" if given else ""


def once(key: str) -> dict[str, str]:
    """The header that makes a creating call count once."""
    return {"Idempotency-Key": key}


def if_match(version: str) -> dict[str, str]:
    """The header of an edit that gives way to somebody else's."""
    return {"If-Match": f'"{version}"'} if version else {}

"""The rows of a list of tickets: what a row shows is its key, so no row is rendered twice."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from gateway.clients import Record
from gateway.templating import Templates
from gateway.visit import Visit

_KEPT = 20_000
# What changes by itself or from page to page is put into a kept row where these stand.
_MARK = secrets.token_hex(8)
_SELECTED, _AGO = f"{_MARK}-selected", f"{_MARK}-ago"

Group = Literal["today", "yesterday", "earlier", ""]


class Facts(NamedTuple):
    """All that a row shows, but for how long ago it was and whether it is open beside the list."""

    number: str
    subject: str
    status: str
    priority: str
    channel: str
    category: str
    requester: str
    worker: str
    area: str
    is_waiting: bool
    created_at: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row as HTML, ready to be shown; `group` is set where another day begins."""

    html: str
    group: Group


def rows_of(visit: Visit, tickets: Iterable[Record], place: str, open_number: str) -> list[Row]:
    """The rows of a page; `place` is the query string of the list that they stand in."""
    now, zone = datetime.now(UTC), ZoneInfo(visit.zone)
    today, shown, previous = now.astimezone(zone).date(), [], ""
    for ticket in tickets:
        created = datetime.fromisoformat(ticket["created_at"])
        parts = _rendered(
            visit.portal.templates, visit.language, visit.zone, place, _facts(ticket, visit)
        )
        selected = ' aria-current="true"' if ticket["number"] == open_number else ""
        html = parts[0] + selected + parts[1] + visit.texts.ago(created, now) + parts[2]
        group = _group(created.astimezone(zone).date(), today)
        shown.append(Row(html, group if group != previous else ""))
        previous = group
    return shown


def _facts(ticket: Record, visit: Visit) -> Facts:
    worker = ticket["assignee"] or ticket["team"]
    return Facts(
        ticket["number"],
        ticket["subject"],
        ticket["status"],
        ticket["priority"],
        ticket["channel"],
        ticket["category"]["name"][visit.language],
        ticket["requester"]["name"],
        worker["name"] if worker else "",
        ticket["area"]["name"] if ticket["area"] else "",
        ticket["last_message_by"] == "customer",
        ticket["created_at"],
    )


@lru_cache(maxsize=_KEPT)
def _rendered(
    templates: Templates, language: str, zone: str, place: str, row: Facts
) -> tuple[str, str, str]:
    context = {"row": row, "place": place, "zone": zone, "selected": _SELECTED, "ago": _AGO}
    html = templates.render(language, "admin/_row.html", context)
    before, _, rest = html.partition(_SELECTED)
    middle, _, after = rest.partition(_AGO)
    return before, middle, after


def _group(day: date, today: date) -> Group:
    if day >= today:
        return "today"
    return "yesterday" if day == today - timedelta(days=1) else "earlier"

"""The audit log: what was done to accounts and rights, looked for and taken away as a table."""

import asyncio
from contextlib import AsyncExitStack
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.responses import Response

from gateway.admin.console import console_page, counts, when
from gateway.clients import Listing, Record
from gateway.days import days
from gateway.downloads import Passage
from gateway.forms import Form
from gateway.pages import Who, page
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.errors import NotFound

_PAGE_SIZE: Final = "50"
_ASKED: Final = ("person", "action", "target")
_FIELDS: Final = (*_ASKED, "from", "to")
_FILE_HEADERS: Final = ("Content-Type", "Content-Disposition")
_NOBODY: Final[Record] = {}


class Change(NamedTuple):
    """One field of an entry: what was there and is no more, what is there now."""

    name: str
    before: list[Any]
    after: list[Any]


async def audit(visit: Visit) -> Response:
    """What was found, the latest first."""
    form, filters = _asked(visit)
    found, person, counted = await asyncio.gather(
        _found(visit, form, filters), _person(visit, filters.get("person", "")), counts(visit)
    )
    context = {"found": found, "days": by_day(found.items, visit.zone)}
    return console_page(
        visit, "admin/audit.html", form.status, counted=counted, form=form, person=person, **context
    )


async def export(visit: Visit) -> Response:
    """All of it as CSV, passed on as it comes; what cannot be asked leads back to the form."""
    form, filters = _asked(visit)
    if form.errors:
        return await audit(visit)
    async with AsyncExitStack() as held:
        await held.enter_async_context(visit.portal.downloads.hold(visit.caller.holder))
        found = await visit.services.audit.table(visit.caller, filters)
        headers = {name: found.headers[name] for name in _FILE_HEADERS}
        return Passage(found, headers, held.pop_all())


def by_day(entries: list[Record], zone: str) -> list[tuple[str, list[Record]]]:
    """The entries of each day, with a moment of that day and with what changed."""
    here = ZoneInfo(zone)

    def day(entry: Record) -> date:
        return datetime.fromisoformat(entry["occurred_at"]).astimezone(here).date()

    shown = ({**entry, "changes": changes_of(entry)} for entry in entries)
    groups = [list(group) for _, group in groupby(shown, key=day)]
    return [(group[0]["occurred_at"], group) for group in groups]


def changes_of(entry: Record) -> list[Change]:
    """The fields of an entry; of lists only what went and what came."""
    before, after = entry["before"] or {}, entry["after"] or {}
    changes = []
    for name in dict.fromkeys((*before, *after)):
        old, new = _listed(before.get(name)), _listed(after.get(name))
        gone = [value for value in old if value not in new]
        come = [value for value in new if value not in old]
        if gone or come:
            changes.append(Change(name, gone, come))
    return changes


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _asked(visit: Visit) -> tuple[Form, dict[str, str]]:
    if not visit.may("audit.read"):
        raise NotFound
    given = visit.request.query_params
    form = Form.filled(**{name: given.get(name) for name in _FIELDS})
    period = days(form, visit.zone, visit.texts, of="occurred")
    return form, {**form.some(*_ASKED), **period}


async def _found(visit: Visit, form: Form, filters: dict[str, str]) -> Listing:
    nothing = Listing([], None)
    if form.errors:
        return nothing
    place = {"cursor": visit.request.query_params.get("cursor", ""), "limit": _PAGE_SIZE}
    try:
        return await visit.services.audit.entries(visit.caller, {**filters, **place})
    except Refusal as refusal:
        form.refused(refusal, visit.texts, names={f"?{name}": name for name in _ASKED})
        return nothing


async def _person(visit: Visit, typed: str) -> Record:
    """Whom an id in the address means, to show a name instead."""
    try:
        somebody = str(UUID(typed))
    except ValueError:
        return _NOBODY
    identity = visit.services.identity
    unknown: Record = {"id": somebody, "name": ""}
    return await when(True, lambda: identity.person(visit.caller, somebody), unknown)


ROUTES = (
    page("/admin/audit", get=audit, who=Who.STAFF),
    page("/admin/audit/export", get=export, who=Who.STAFF),
)

"""What every page of the console shows around its subject: the rail with the counts of the queues."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from starlette.responses import Response

from gateway.admin.queues import QUEUES
from gateway.clients import Record
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.errors import Unavailable

Given = TypeVar("Given")

_NO_COUNTS: Final[Record] = {}
NO_RECORDS: Final[list[Record]] = []


async def counts(visit: Visit, *, wanted: bool = True) -> Record:
    """How many wait in each queue; the rail goes without where nobody can say."""
    return await when(wanted, lambda: visit.services.tickets.counts(visit.caller), _NO_COUNTS)


async def when(wanted: bool, ask: Callable[[], Awaitable[Given]], otherwise: Given) -> Given:
    """Something that a page can do without: not needed, not permitted or not to be had."""
    if not wanted:
        return otherwise
    try:
        return await ask()
    except (Refusal, Unavailable):
        return otherwise


def console_page(
    visit: Visit, template: str, status: int = 200, *, counted: Record, **context: Any
) -> Response:
    """A page of the console."""
    return visit.page(template, status, counts=counted, queues=QUEUES, **context)

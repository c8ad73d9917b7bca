"""Lists of tickets: filters, words, numbers and pages, composed from constant pieces of SQL."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from shared.db import Row, Tx
from shared.errors import FieldError, Invalid
from shared.events.ticket import Priority, Status
from shared.paging import MAX_LIMIT, cut, decode_cursor
from ticket_service.tickets import queries
from ticket_service.tickets.domain import ACTIVE, FINISHED
from ticket_service.tickets.numbers import (
    TicketNumberMistyped,
    looks_like_number,
    parse_number,
    show_number,
)
from ticket_service.tickets.schemas import (
    CategoryRef,
    CountsOut,
    NamedRef,
    TicketPage,
    TicketRow,
)
from ticket_service.tickets.sight import Sight

Sort = Literal["-created", "created", "-updated"]

_MAX_WORDS = 8
_RARE = 1_000
_STATUS_GROUPS: dict[str, tuple[Status, ...]] = {"active": ACTIVE, "finished": FINISHED}
_STATUSES: tuple[Status, ...] = (*ACTIVE, *FINISHED, "merged")


class TicketFilter(BaseModel):
    """What a list is narrowed down to; unknown names are refused.

    `status` is a comma list of states, or `active` or `finished`; `assignee` is `me`, `none` or an
    id; `team` is `mine` or an id; `q` is a ticket number or words, for staff also of the customer;
    `expand=counts` adds the sizes of the queues.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: str | None = Field(None, max_length=100)
    assignee: Literal["me", "none"] | UUID | None = None
    team: Literal["mine"] | UUID | None = None
    category: str | None = Field(None, max_length=60)
    priority: Priority | None = None
    requester: UUID | None = None
    organisation: UUID | None = None
    q: str | None = Field(None, max_length=200)
    created_from: datetime | None = None
    created_to: datetime | None = None
    solved_from: datetime | None = None
    solved_to: datetime | None = None
    deleted: bool = False
    expand: Literal["counts"] | None = None
    sort: Sort = "-created"
    limit: int = Field(50, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, max_length=1000)


TicketFilterQuery = Annotated[TicketFilter, Query()]


@dataclass(frozen=True, slots=True)
class _Order:
    """An order with the condition for what comes after a row, and the columns that condition needs."""

    by: str
    after: str
    keys: tuple[str, ...]
    types: tuple[Callable[[str], Any], ...]


_ORDERS: dict[Sort, _Order] = {
    "-created": _Order("t.id DESC", "t.id < {}::uuid", ("id",), (UUID,)),
    "created": _Order("t.id", "t.id > {}::uuid", ("id",), (UUID,)),
    "-updated": _Order(
        "t.updated_at DESC, t.id DESC",
        "(t.updated_at, t.id) < ({}::timestamptz, {}::uuid)",
        ("updated_at", "id"),
        (datetime.fromisoformat, UUID),
    ),
}


@dataclass(slots=True)
class _Where:
    """Conditions with their parameters; the text of a condition is always a constant of this file."""

    clauses: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, clause: str, *values: Any) -> None:
        """Add a condition whose `{}` stand for the given values."""
        first = len(self.values) + 1
        self.values += values
        self.clauses.append(clause.format(*(f"${first + i}" for i in range(len(values)))))


@dataclass(frozen=True, slots=True)
class Found:
    """What a list holds, as rows: to be told apart from what the asker has before it is written."""

    rows: Sequence[Row]
    next: str | None
    counts: CountsOut | None

    @property
    def etag(self) -> str:
        """Another one as soon as anything in the list reads differently."""
        counts = self.counts.model_dump() if self.counts else None
        told = [*(tuple(row) for row in self.rows), self.next, counts]
        return f'"{blake2b(orjson.dumps(told, default=str), digest_size=12).hexdigest()}"'

    def page(self) -> TicketPage:
        """The list as an answer."""
        items = [_row_out(row) for row in self.rows]
        return TicketPage(items=items, next=self.next, counts=self.counts)


async def tickets_found(connection: Tx, wanted: TicketFilter, sight: Sight) -> Found:
    """One page of the tickets that the actor may see and asked for."""
    where = _conditions(wanted, sight)
    if wanted.q and wanted.q.strip():
        await _add_words(connection, where, wanted.q.strip(), sight)
    order = _ORDERS[wanted.sort]
    if keys := decode_cursor(wanted.cursor, *order.types):
        where.add(order.after, *keys)
    # A number in the text, not a parameter: else the list is planned anew each time, which takes four
    # times as long as reading it.
    rows = await connection.fetch(
        f"""
        SELECT t.id, t.number, t.subject, t.status, t.priority, t.requester_id, t.assignee_id,
               t.team_id, t.area_id, t.channel, t.last_message_by, t.created_at, t.updated_at, t.version,
               c.slug, c.name_id, c.name_en, coalesce(r.name, '') AS requester_name,
               a.name AS assignee_name, g.name AS team_name, w.name AS area_name,
               t.organisation_id, o.name AS organisation_name
        FROM (SELECT t.* FROM ticket t WHERE {" AND ".join(where.clauses)}
              ORDER BY {order.by} LIMIT {wanted.limit + 1:d}) t
        JOIN category c ON c.id = t.category_id
        LEFT JOIN person r ON r.id = t.requester_id
        LEFT JOIN person a ON a.id = t.assignee_id
        LEFT JOIN team g ON g.id = t.team_id
        LEFT JOIN area w ON w.id = t.area_id
        LEFT JOIN organisation o ON o.id = t.organisation_id
        ORDER BY {order.by}
        """,
        *where.values,
    )
    page, following = cut(rows, wanted.limit, lambda row: [row[key] for key in order.keys])
    counted = await queries.counts(connection, sight) if wanted.expand else None
    return Found(page, following, counted)


def _conditions(wanted: TicketFilter, sight: Sight) -> _Where:
    where = _Where()
    _add_sight(where, sight)
    if wanted.deleted and sight.sees_deleted:
        where.add("t.deleted_at IS NOT NULL")
    else:
        where.add("t.deleted_at IS NULL")
    _add_status(where, wanted.status)
    _add_people(where, wanted, sight)
    if wanted.category:
        where.add("t.category_id = (SELECT id FROM category WHERE slug = {})", wanted.category)
    if wanted.priority:
        where.add("t.priority = {}", wanted.priority)
    if wanted.created_from:
        where.add("t.created_at >= {}", wanted.created_from)
    if wanted.created_to:
        where.add("t.created_at < {}", wanted.created_to)
    if wanted.solved_from:
        where.add("t.solved_at >= {}", wanted.solved_from)
    if wanted.solved_to:
        where.add("t.solved_at < {}", wanted.solved_to)
    return where


def _add_sight(where: _Where, sight: Sight) -> None:
    if sight.scope == "own":
        where.add("t.requester_id = {}", sight.actor_id)
    elif sight.scope == "company":
        where.add(
            "(t.requester_id = {} OR t.organisation_id = ANY({}::uuid[]))",
            sight.actor_id,
            list(sight.groups),
        )
    elif sight.scope == "link":
        where.add("t.id = {}", sight.ticket_id)
    elif sight.scope == "team":
        where.add(
            "(t.team_id = ANY({}::uuid[]) OR t.assignee_id = {})",
            list(sight.groups),
            sight.actor_id,
        )


def _add_status(where: _Where, text: str | None) -> None:
    if text is None:
        where.add("t.status <> 'merged'")
        return
    if text == "active":
        # The literal list, so that the partial indexes of active tickets apply.
        where.add("t.status IN ('new', 'open', 'pending', 'on_hold')")
        return
    wanted: tuple[str, ...] = _STATUS_GROUPS.get(text) or tuple(map(str.strip, text.split(",")))
    if unknown := [status for status in wanted if status not in _STATUSES]:
        raise Invalid(FieldError("?status", f"Unknown state: {unknown[0]}.", "unknown_state"))
    where.add("t.status = ANY({}::text[])", list(wanted))


def _add_people(where: _Where, wanted: TicketFilter, sight: Sight) -> None:
    if wanted.assignee == "none":
        where.add("t.assignee_id IS NULL")
    elif wanted.assignee:
        where.add(
            "t.assignee_id = {}",
            sight.actor_id if wanted.assignee == "me" else wanted.assignee,
        )
    if wanted.team == "mine":
        where.add("t.team_id = ANY({}::uuid[])", list(sight.groups))
    elif wanted.team:
        where.add("t.team_id = {}", wanted.team)
    if wanted.requester:
        where.add("t.requester_id = {}", wanted.requester)
    if wanted.organisation:
        where.add("t.organisation_id = {}", wanted.organisation)


async def _add_words(connection: Tx, where: _Where, text: str, sight: Sight) -> None:
    """A number finds its ticket; words are looked for in the texts and, by staff, in people's data.

    Rare words are looked up first, common ones while walking down the list: either way a page is
    found without reading the table.
    """
    if looks_like_number(text) and (number := _number_in(text, sight)):
        where.add("t.number = {}", number)
        return
    query = _ts_query(text)
    if sight.scope in ("own", "company", "link"):
        where.add("t.search @@ {}::tsquery", query)
        return
    person = f"%{_escape_like(text.lower())}%"
    hits = await connection.fetch(
        "SELECT tickets_with($1::text::tsquery, $2, $3) AS id", query, person, _RARE + 1
    )
    if len(hits) <= _RARE:
        where.add("t.id = ANY({}::uuid[])", [hit["id"] for hit in hits])
        return
    where.add(
        "(t.search @@ {}::tsquery OR t.requester_id = ANY(ARRAY("
        "SELECT id FROM person WHERE search LIKE {} LIMIT 200)))",
        query,
        person,
    )


def _number_in(text: str, sight: Sight) -> str | None:
    """The digits; ten wrong ones may be a phone number, which staff look for too."""
    try:
        return parse_number(text)
    except TicketNumberMistyped as error:
        may_be_phone = sight.scope in ("all", "team") and len(re.sub(r"\D", "", text)) == 10
        if may_be_phone:
            return None
        raise Invalid(FieldError("?q", error.title(), "ticket_number_mistyped")) from None


def _ts_query(text: str) -> str:
    """All words, each as a beginning; letters and digits only, so nothing in it is an operator."""
    words = re.findall(r"[^\W_]+", text.lower())[:_MAX_WORDS]
    if not words:
        raise Invalid(FieldError("?q", "Give a ticket number or a word.", "no_words"))
    return " & ".join(f"'{word}':*" for word in words)


def _escape_like(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _row_out(row: Row) -> TicketRow:
    return TicketRow(
        id=row["id"],
        number=show_number(row["number"]),
        subject=row["subject"],
        status=row["status"],
        priority=row["priority"],
        category=CategoryRef(slug=row["slug"], name={"id": row["name_id"], "en": row["name_en"]}),
        requester=NamedRef(id=row["requester_id"], name=row["requester_name"]),
        assignee=queries.named(row, "assignee_id", "assignee_name"),
        team=queries.named(row, "team_id", "team_name"),
        area=queries.named(row, "area_id", "area_name"),
        organisation=queries.named(row, "organisation_id", "organisation_name"),
        channel=row["channel"],
        last_message_by=row["last_message_by"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        version=row["version"],
    )

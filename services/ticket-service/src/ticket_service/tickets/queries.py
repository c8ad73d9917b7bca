"""All SQL of the ticket aggregate: one typed function per statement."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from shared.db import Row, Tx
from ticket_service.feedback.schemas import FeedbackOut
from ticket_service.tickets.domain import Category, Ticket
from ticket_service.tickets.numbers import show_number
from ticket_service.tickets.schemas import (
    AssigneeRef,
    CategoryRef,
    CountsOut,
    NamedRef,
    RequesterOut,
    ServiceLineRef,
    TicketOut,
)
from ticket_service.tickets.sight import IN_SIGHT, Sight, sight_values

COUNTED_TO = 1_000

_TICKET = """
    SELECT t.*, c.slug AS category, c.name_id AS category_id_name, c.name_en AS category_en_name,
           coalesce(r.name, '') AS requester_name, coalesce(a.name, '') AS assignee_name,
           coalesce(g.name, '') AS team_name, r.email AS requester_email, r.phone AS requester_phone,
           r.avatar_id AS requester_avatar_id, a.avatar_id AS assignee_avatar_id
    FROM ticket t
    JOIN category c ON c.id = t.category_id
    LEFT JOIN person r ON r.id = t.requester_id
    LEFT JOIN person a ON a.id = t.assignee_id
    LEFT JOIN team g ON g.id = t.team_id
"""


async def lock_ticket(tx: Tx, number: str, sight: Sight) -> Ticket | None:
    """Lock the ticket with this number, if the actor may see it."""
    row = await tx.fetchrow(
        f"{_TICKET} WHERE t.number = $1 AND {IN_SIGHT} FOR UPDATE OF t",
        number,
        *sight_values(sight),
    )
    return _ticket(row) if row else None


async def lock_tickets_of(tx: Tx, requester_id: UUID) -> list[Ticket]:
    """Lock every ticket of a person, deleted ones too."""
    rows = await tx.fetch(
        f"{_TICKET} WHERE t.requester_id = $1 ORDER BY t.id FOR UPDATE OF t", requester_id
    )
    return [_ticket(row) for row in rows]


async def lock_tickets(tx: Tx, ids: Sequence[UUID]) -> list[Ticket]:
    """Lock these tickets, whoever may see them."""
    rows = await tx.fetch(
        f"{_TICKET} WHERE t.id = ANY($1::uuid[]) ORDER BY t.id FOR UPDATE OF t", list(ids)
    )
    return [_ticket(row) for row in rows]


async def ticket_id_by_number(connection: Tx, number: str, sight: Sight) -> UUID | None:
    """The id behind a number, if the actor may see the ticket."""
    found: UUID | None = await connection.fetchval(
        f"SELECT t.id FROM ticket t WHERE t.number = $1 AND {IN_SIGHT}",
        number,
        *sight_values(sight),
    )
    return found


async def version_by_number(connection: Tx, number: str, sight: Sight) -> int | None:
    """The version of a ticket, if the actor may see it."""
    found: int | None = await connection.fetchval(
        f"SELECT t.version FROM ticket t WHERE t.number = $1 AND {IN_SIGHT}",
        number,
        *sight_values(sight),
    )
    return found


async def ticket_by_number(
    connection: Tx, number: str, sight: Sight
) -> tuple[Ticket, TicketOut, bool] | None:
    """A ticket with what its page shows, and whether it has attachments, if the actor may see it."""
    row = await connection.fetchrow(
        f"""
        SELECT x.*, l.number AS line_number, l.plan, l.address, w.name AS area_name,
               o.name AS organisation_name, f.number AS follows_number, i.number AS merged_into_number,
               b.score AS feedback_score, b.comment AS feedback_comment, b.at AS feedback_at,
               EXISTS (SELECT FROM attachment WHERE ticket_id = x.id) AS has_attachments
        FROM ({_TICKET} WHERE t.number = $1 AND {IN_SIGHT}) x
        LEFT JOIN service_line l ON l.id = x.service_line_id
        LEFT JOIN area w ON w.id = x.area_id
        LEFT JOIN organisation o ON o.id = x.organisation_id
        LEFT JOIN ticket f ON f.id = x.follows_id
        LEFT JOIN ticket i ON i.id = x.merged_into_id
        LEFT JOIN feedback b ON b.ticket_id = x.id
        """,
        number,
        *sight_values(sight),
    )
    if row is None:
        return None
    ticket = _ticket(row)
    out = ticket_out(ticket, row)
    out.requester.avatar_id = row["requester_avatar_id"]
    if out.assignee:
        out.assignee.avatar_id = row["assignee_avatar_id"]
    out.follows, out.merged_into = _shown(row["follows_number"]), _shown(row["merged_into_number"])
    if row["feedback_score"] is not None:
        out.feedback = FeedbackOut(
            score=row["feedback_score"], comment=row["feedback_comment"], at=row["feedback_at"]
        )
    return ticket, out, row["has_attachments"]


async def insert_ticket(tx: Tx, ticket: Ticket) -> bool:
    """Store a new ticket; False when its number is taken, so that another one can be drawn."""
    inserted = await tx.fetchval(
        """
        INSERT INTO ticket (id, version, number, subject, description, status, priority,
            category_id, channel, impact, requester_id, assignee_id, team_id, service_line_id,
            area_id, follows_id, link_id, link_expires_at, created_at, updated_at,
            organisation_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19, $19, $20)
        ON CONFLICT (number) DO NOTHING RETURNING true
        """,
        ticket.id,
        ticket.version,
        ticket.number,
        ticket.subject,
        ticket.description,
        ticket.status,
        ticket.priority,
        ticket.category_id,
        ticket.channel,
        ticket.impact,
        ticket.requester_id,
        ticket.assignee_id,
        ticket.team_id,
        ticket.service_line_id,
        ticket.area_id,
        ticket.follows_id,
        ticket.link_id,
        ticket.link_expires_at,
        ticket.created_at,
        ticket.organisation_id,
    )
    return bool(inserted)


async def update_ticket(tx: Tx, ticket: Ticket) -> None:
    """Store the new state of a locked ticket."""
    await tx.execute(
        """
        UPDATE ticket SET version = $2, subject = $3, status = $4, priority = $5,
            category_id = $6, tags = $7, assignee_id = $8, team_id = $9, merged_into_id = $10,
            last_message_by = $11, reopen_count = $12, updated_at = $13, first_replied_at = $14,
            solved_at = $15, closed_at = $16, deleted_at = $17, deleted_reason = $18
        WHERE id = $1
        """,
        ticket.id,
        ticket.version,
        ticket.subject,
        ticket.status,
        ticket.priority,
        ticket.category_id,
        list(ticket.tags),
        ticket.assignee_id,
        ticket.team_id,
        ticket.merged_into_id,
        ticket.last_message_by,
        ticket.reopen_count,
        ticket.updated_at,
        ticket.first_replied_at,
        ticket.solved_at,
        ticket.closed_at,
        ticket.deleted_at,
        ticket.deleted_reason,
    )


async def tickets_for_snapshot(tx: Tx) -> AsyncIterator[tuple[Ticket, int | None]]:
    """Every ticket with its score, through a server-side cursor."""
    statement = f"""
        SELECT x.*, b.score FROM ({_TICKET}) x LEFT JOIN feedback b ON b.ticket_id = x.id
        ORDER BY x.id
    """
    async for row in tx.cursor(statement, prefetch=500):
        yield _ticket(row), row["score"]


async def category_by_slug(connection: Tx, slug: str) -> Category | None:
    """An active category with the name of its team."""
    row = await connection.fetchrow(
        """
        SELECT c.id AS category_id, c.slug, c.name_id AS category_id_name,
               c.name_en AS category_en_name, c.urgency, c.team_id,
               coalesce(g.name, '') AS team_name
        FROM category c LEFT JOIN team g ON g.id = c.team_id
        WHERE c.slug = $1 AND c.is_active
        """,
        slug,
    )
    return category(row) if row else None


async def opening(
    connection: Tx, slug: str, requester_id: UUID, line_id: UUID | None, actor_id: UUID
) -> Row | None:
    """All that a new ticket needs to know, in one statement; None without such a category.

    `line_id` is null unless the line is the requester's own and has not ended.
    """
    return await connection.fetchrow(
        """
        SELECT c.id AS category_id, c.slug, c.name_id AS category_id_name,
               c.name_en AS category_en_name, c.urgency, c.team_id,
               coalesce(g.name, '') AS team_name, coalesce(r.name, '') AS requester_name,
               r.email AS requester_email, r.phone AS requester_phone,
               coalesce(a.name, '') AS actor_name,
               r.organisation_id, o.name AS organisation_name, l.id AS line_id,
               l.number AS line_number, l.plan, l.address, l.area_id, w.name AS area_name
        FROM category c
        LEFT JOIN team g ON g.id = c.team_id
        LEFT JOIN person r ON r.id = $2
        LEFT JOIN organisation o ON o.id = r.organisation_id
        LEFT JOIN person a ON a.id = $4
        LEFT JOIN service_line l ON l.id = $3 AND l.user_id = $2 AND l.state <> 'ended'
        LEFT JOIN area w ON w.id = l.area_id
        WHERE c.slug = $1 AND c.is_active
        """,
        slug,
        requester_id,
        line_id,
        actor_id,
    )


async def linked_ticket(connection: Tx, link_id: UUID) -> Row | None:
    """The ticket (`id`, `number`, `requester_id`) that a signed link opens."""
    return await connection.fetchrow(
        "SELECT id, number, requester_id FROM ticket WHERE link_id = $1 AND deleted_at IS NULL",
        link_id,
    )


async def counts(connection: Tx, sight: Sight) -> CountsOut:
    """The sizes of the queues: exact for a customer, for staff no further than anybody reads."""
    if sight.scope in ("own", "company"):
        row = await connection.fetchrow(
            """
            SELECT 0 AS unassigned, 0 AS mine, 0 AS team,
                count(*) FILTER (WHERE status IN ('new', 'open', 'pending', 'on_hold')) AS active,
                count(*) FILTER (WHERE status IN ('solved', 'closed', 'cancelled')) AS finished
            FROM ticket WHERE requester_id = $1 AND deleted_at IS NULL
            """,
            sight.actor_id,
        )
    else:
        seen = "" if sight.scope == "all" else _SEEN_BY_TEAM
        row = await connection.fetchrow(
            _STAFF_COUNTS.format(seen=seen), sight.actor_id, list(sight.groups), COUNTED_TO
        )
    assert row is not None
    return CountsOut(**dict(row))


# Each queue is a walk along the beginning of its index; beyond COUNTED_TO nobody counts.
_STAFF_COUNTS = """
    WITH active AS NOT MATERIALIZED (
        SELECT assignee_id, team_id FROM ticket
        WHERE deleted_at IS NULL AND status IN ('new', 'open', 'pending', 'on_hold') {seen}
    )
    SELECT (SELECT count(*) FROM (
                SELECT FROM active WHERE assignee_id IS NULL LIMIT $3) x) AS unassigned,
           (SELECT count(*) FROM (
                SELECT FROM active WHERE assignee_id = $1 LIMIT $3) x) AS mine,
           (SELECT count(*) FROM (
                SELECT FROM active WHERE team_id = ANY($2::uuid[]) LIMIT $3) x) AS team,
           (SELECT count(*) FROM (SELECT FROM active LIMIT $3) x) AS active,
           (SELECT count(*) FROM (
                SELECT FROM ticket WHERE deleted_at IS NULL
                AND status IN ('solved', 'closed', 'cancelled') {seen} LIMIT $3) x) AS finished
"""
_SEEN_BY_TEAM = "AND (team_id = ANY($2::uuid[]) OR assignee_id = $1)"


def named(row: Row, id_column: str, name_column: str) -> NamedRef | None:
    """An id with its name, or nothing."""
    return _named(row[id_column], row[name_column])


def _named(id_: UUID | None, name: str | None) -> NamedRef | None:
    return NamedRef(id=id_, name=name or "") if id_ else None


def _assignee(ticket: Ticket) -> AssigneeRef | None:
    if ticket.assignee_id is None:
        return None
    return AssigneeRef(id=ticket.assignee_id, name=ticket.assignee_name)


def category(row: Row) -> Category:
    """The category in a row of `opening` or `category_by_slug`."""
    return Category(
        id=row["category_id"],
        slug=row["slug"],
        name=_category_name(row),
        urgency=row["urgency"],
        team_id=row["team_id"],
        team_name=row["team_name"],
    )


def _ticket(row: Row) -> Ticket:
    return Ticket(
        id=row["id"],
        version=row["version"],
        number=row["number"],
        subject=row["subject"],
        description=row["description"],
        status=row["status"],
        priority=row["priority"],
        category_id=row["category_id"],
        category=row["category"],
        category_name=_category_name(row),
        channel=row["channel"],
        requester_id=row["requester_id"],
        requester_name=row["requester_name"],
        link_id=row["link_id"],
        link_expires_at=row["link_expires_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        impact=row["impact"],
        tags=tuple(row["tags"]),
        assignee_id=row["assignee_id"],
        assignee_name=row["assignee_name"],
        team_id=row["team_id"],
        team_name=row["team_name"],
        service_line_id=row["service_line_id"],
        area_id=row["area_id"],
        organisation_id=row["organisation_id"],
        follows_id=row["follows_id"],
        merged_into_id=row["merged_into_id"],
        last_message_by=row["last_message_by"],
        reopen_count=row["reopen_count"],
        first_replied_at=row["first_replied_at"],
        solved_at=row["solved_at"],
        closed_at=row["closed_at"],
        deleted_at=row["deleted_at"],
        deleted_reason=row["deleted_reason"],
    )


def ticket_out(ticket: Ticket, around: Row) -> TicketOut:
    """A ticket as an answer, with the line, area and address that a row holds around it.

    `verbs`, numbers of related tickets, messages and timeline are the caller's to fill in.
    """
    line = None
    if around["line_number"] is not None and ticket.service_line_id:
        line = ServiceLineRef(
            id=ticket.service_line_id,
            number=around["line_number"],
            plan=around["plan"],
            address=around["address"],
        )
    requester = RequesterOut(
        id=ticket.requester_id,
        name=ticket.requester_name,
        email=around["requester_email"],
        phone=around["requester_phone"],
    )
    return TicketOut(
        id=ticket.id,
        number=show_number(ticket.number),
        subject=ticket.subject,
        description=ticket.description,
        status=ticket.status,
        priority=ticket.priority,
        category=CategoryRef(slug=ticket.category, name=ticket.category_name),
        channel=ticket.channel,
        impact=ticket.impact,
        tags=list(ticket.tags),
        requester=requester,
        assignee=_assignee(ticket),
        team=_named(ticket.team_id, ticket.team_name),
        service_line=line,
        area=_named(ticket.area_id, around["area_name"]),
        organisation=_named(ticket.organisation_id, around["organisation_name"]),
        created_at=ticket.created_at,
        updated_at=ticket.updated_at,
        first_replied_at=ticket.first_replied_at,
        solved_at=ticket.solved_at,
        closed_at=ticket.closed_at,
        reopen_count=ticket.reopen_count,
        is_deleted=ticket.deleted_at is not None,
        deleted_reason=ticket.deleted_reason,
        version=ticket.version,
    )


def _category_name(row: Row) -> dict[str, str]:
    return {"id": row["category_id_name"], "en": row["category_en_name"]}


def _shown(number: str | None) -> str | None:
    return show_number(number) if number else None

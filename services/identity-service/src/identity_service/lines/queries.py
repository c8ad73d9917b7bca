"""All SQL of service lines. `owner` narrows to one customer's; null means any."""

from collections.abc import AsyncIterator
from dataclasses import fields, replace
from uuid import UUID

from identity_service.areas.schemas import AreaBrief
from identity_service.fields import like_pattern
from identity_service.lines.domain import Line
from identity_service.lines.schemas import LineOut, ListLines
from shared.db import Row, Tx
from shared.paging import cut, decode_cursor


async def lines_page(
    connection: Tx, owner: UUID | None, wanted: ListLines
) -> tuple[list[LineOut], str | None]:
    """A page of lines by number, and the cursor of the next."""
    (after,) = decode_cursor(wanted.cursor, str) or ("",)
    rows = await connection.fetch(
        """
        SELECT l.*, a.key AS area_key, a.kind AS area_kind, a.name AS area_name
        FROM service_line l LEFT JOIN area a ON a.id = l.area_id
        WHERE ($1::uuid IS NULL OR l.user_id = $1)
          AND ($2::uuid IS NULL OR l.user_id = $2)
          AND ($3 = '' OR l.search LIKE lower($3))
          AND l.number > $4
        ORDER BY l.number LIMIT $5
        """,
        owner,
        wanted.user_id,
        like_pattern(wanted.q),
        after,
        wanted.limit + 1,
    )
    page, following = cut(rows, wanted.limit, lambda row: (row["number"],))
    return [_out(row) for row in page], following


async def line_out(connection: Tx, owner: UUID | None, line_id: UUID) -> LineOut | None:
    """One line as an answer."""
    row = await connection.fetchrow(
        """
        SELECT l.*, a.key AS area_key, a.kind AS area_kind, a.name AS area_name
        FROM service_line l LEFT JOIN area a ON a.id = l.area_id
        WHERE l.id = $2 AND ($1::uuid IS NULL OR l.user_id = $1)
        """,
        owner,
        line_id,
    )
    return _out(row) if row else None


async def lock_line(tx: Tx, line_id: UUID) -> Line | None:
    """One line, locked until the transaction ends."""
    row = await tx.fetchrow("SELECT * FROM service_line WHERE id = $1 FOR NO KEY UPDATE", line_id)
    return _line(row) if row else None


async def insert_line(tx: Tx, line: Line) -> bool:
    """Store a new line; False when the number is taken."""
    inserted = await tx.fetchval(
        """
        INSERT INTO service_line (id, version, number, user_id, plan, address, area_id, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT DO NOTHING RETURNING true
        """,
        line.id,
        line.version,
        line.number,
        line.user_id,
        line.plan,
        line.address,
        line.area_id,
        line.state,
    )
    return bool(inserted)


async def save_line(tx: Tx, line: Line) -> Line:
    """Store what can change of a locked line as its next version."""
    version: int = await tx.fetchval(
        """
        UPDATE service_line SET version = version + 1, user_id = $2, plan = $3, address = $4,
            area_id = $5, state = $6
        WHERE id = $1 RETURNING version
        """,
        line.id,
        line.user_id,
        line.plan,
        line.address,
        line.area_id,
        line.state,
    )
    return replace(line, version=version)


async def lines_for_snapshot(tx: Tx) -> AsyncIterator[Line]:
    """Every line."""
    async for row in tx.cursor("SELECT * FROM service_line ORDER BY id"):
        yield _line(row)


def _line(row: Row) -> Line:
    return Line(**{field.name: row[field.name] for field in fields(Line)})


def _out(row: Row) -> LineOut:
    area = None
    if row["area_id"]:
        area = AreaBrief(
            id=row["area_id"],
            key=row["area_key"],
            kind=row["area_kind"],
            name=row["area_name"],
        )
    return LineOut(
        id=row["id"],
        number=row["number"],
        user_id=row["user_id"],
        plan=row["plan"],
        address=row["address"],
        area=area,
        state=row["state"],
        version=row["version"],
    )

"""All SQL of service lines. `owner` narrows to one customer's; null means any."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import fields, replace
from typing import Any
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
        SELECT l.*, a.key AS area_key, a.kind AS area_kind, a.name AS area_name,
               u.name AS customer_name
        FROM service_line l JOIN app_user u ON u.id = l.user_id
        LEFT JOIN area a ON a.id = l.area_id
        WHERE ($1::uuid IS NULL OR l.user_id = $1)
          AND ($2::uuid IS NULL OR l.user_id = $2)
          AND ($3 = '' OR l.search LIKE lower($3))
          AND ($4::uuid IS NULL OR a.path @> ARRAY[$4::uuid])
          AND ($5::text IS NULL OR l.state = $5)
          AND l.number > $6
        ORDER BY l.number LIMIT $7
        """,
        owner,
        wanted.user_id,
        like_pattern(wanted.q),
        wanted.area_id,
        wanted.state,
        after,
        wanted.limit + 1,
    )
    page, following = cut(rows, wanted.limit, lambda row: (row["number"],))
    return [_out(row) for row in page], following


async def line_out(connection: Tx, owner: UUID | None, line_id: UUID) -> LineOut | None:
    """One line as an answer."""
    row = await connection.fetchrow(
        """
        SELECT l.*, a.key AS area_key, a.kind AS area_kind, a.name AS area_name,
               u.name AS customer_name
        FROM service_line l JOIN app_user u ON u.id = l.user_id
        LEFT JOIN area a ON a.id = l.area_id
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
        INSERT INTO service_line (id, version, number, user_id, plan, address, area_id, state,
            latitude, longitude)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
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
        line.latitude,
        line.longitude,
    )
    return bool(inserted)


async def save_line(tx: Tx, line: Line) -> Line:
    """Store what can change of a locked line as its next version."""
    version: int = await tx.fetchval(
        """
        UPDATE service_line SET version = version + 1, user_id = $2, plan = $3, address = $4,
            area_id = $5, state = $6, latitude = $7, longitude = $8
        WHERE id = $1 RETURNING version
        """,
        line.id,
        line.user_id,
        line.plan,
        line.address,
        line.area_id,
        line.state,
        line.latitude,
        line.longitude,
    )
    return replace(line, version=version)


async def lock_lines_numbered(tx: Tx, numbers: Sequence[str]) -> dict[str, Line]:
    """Those of these lines that exist, by number, locked in one order whoever asks."""
    rows = await tx.fetch(
        "SELECT * FROM service_line WHERE number = ANY($1) ORDER BY id FOR NO KEY UPDATE",
        list(numbers),
    )
    return {row["number"]: _line(row) for row in rows}


async def insert_lines(tx: Tx, lines: Sequence[Line]) -> int:
    """Store new lines at once; gives how many, for a number may have been taken meanwhile."""
    result: str = await tx.execute(
        """
        INSERT INTO service_line (id, version, number, user_id, plan, address, area_id, state,
            latitude, longitude)
        SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::text[],
            $6::text[], $7::uuid[], $8::text[], $9::float8[], $10::float8[])
        ON CONFLICT DO NOTHING
        """,
        *_columns(lines),
    )
    return int(result.split()[-1])


async def save_lines(tx: Tx, lines: Sequence[Line]) -> None:
    """Store locked lines at once, each with the version it has here."""
    await tx.execute(
        """
        UPDATE service_line l SET version = n.version, user_id = n.user_id, plan = n.plan,
            address = n.address, area_id = n.area_id, state = n.state, latitude = n.latitude,
            longitude = n.longitude
        FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::text[], $6::text[],
            $7::uuid[], $8::text[], $9::float8[], $10::float8[])
            AS n (id, version, number, user_id, plan, address, area_id, state, latitude, longitude)
        WHERE l.id = n.id
        """,
        *_columns(lines),
    )


async def lines_for_snapshot(tx: Tx) -> AsyncIterator[Line]:
    """Every line."""
    async for row in tx.cursor("SELECT * FROM service_line ORDER BY id"):
        yield _line(row)


def _columns(lines: Sequence[Line]) -> list[list[Any]]:
    return [[getattr(line, field.name) for line in lines] for field in fields(Line)]


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
        customer=row["customer_name"],
        plan=row["plan"],
        address=row["address"],
        area=area,
        state=row["state"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        version=row["version"],
    )

"""All SQL of the network tree."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from uuid import UUID

from identity_service.areas.domain import Area
from identity_service.areas.schemas import ListAreas
from identity_service.fields import like_pattern
from shared.db import Row, Tx
from shared.paging import cut, decode_cursor

_NEW = ("id", "version", "key", "kind", "name", "parent_id", "is_active")


async def areas_page(connection: Tx, wanted: ListAreas) -> tuple[list[Area], str | None]:
    """A page of nodes by key, and the cursor of the next."""
    (after,) = decode_cursor(wanted.cursor, str) or ("",)
    rows = await connection.fetch(
        """
        SELECT * FROM area
        WHERE ($1::uuid IS NULL OR parent_id = $1)
          AND ($2::text IS NULL OR kind = $2)
          AND ($3 = '' OR search LIKE lower($3))
          AND key > $4
        ORDER BY key LIMIT $5
        """,
        wanted.parent_id,
        wanted.kind,
        like_pattern(wanted.q),
        after,
        wanted.limit + 1,
    )
    page, following = cut(rows, wanted.limit, lambda row: (row["key"],))
    return [_area(row) for row in page], following


async def area_by_id(connection: Tx, area_id: UUID) -> Area | None:
    """One node."""
    row = await connection.fetchrow("SELECT * FROM area WHERE id = $1", area_id)
    return _area(row) if row else None


async def line_counts(connection: Tx, ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many lines that have not ended hang on these nodes and all below them."""
    rows = await connection.fetch(
        """
        SELECT n.id, count(l.id) AS lines
        FROM unnest($1::uuid[]) AS n (id) JOIN area a ON a.path @> ARRAY[n.id]
        LEFT JOIN service_line l ON l.area_id = a.id AND l.state <> 'ended'
        GROUP BY n.id
        """,
        list(ids),
    )
    return {row["id"]: row["lines"] for row in rows}


async def lock_tree(tx: Tx) -> None:
    """Let one transaction at a time change the tree's shape, so that no path is built on an old one."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtext('area'))")


async def lock_subtree(tx: Tx, area_id: UUID) -> list[Area]:
    """A node and all below it, locked, in id order."""
    rows = await tx.fetch(
        "SELECT * FROM area WHERE path @> ARRAY[$1::uuid] ORDER BY id FOR NO KEY UPDATE", area_id
    )
    return [_area(row) for row in rows]


async def insert_area(tx: Tx, area: Area) -> bool:
    """Store a new node; False when the key is taken."""
    inserted = await tx.fetchval(
        """
        INSERT INTO area (id, version, key, kind, name, parent_id, path, is_active)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT DO NOTHING RETURNING true
        """,
        area.id,
        area.version,
        area.key,
        area.kind,
        area.name,
        area.parent_id,
        area.path,
        area.is_active,
    )
    return bool(inserted)


async def areas_keyed(connection: Tx, keys: Collection[str]) -> dict[str, Area]:
    """Those of these nodes that exist, by key."""
    rows = await connection.fetch("SELECT * FROM area WHERE key = ANY($1)", list(keys))
    return {row["key"]: _area(row) for row in rows}


async def insert_areas(tx: Tx, areas: Sequence[Area]) -> None:
    """Store new nodes at once, below parents that exist; the tree is locked."""
    await tx.execute(
        """
        INSERT INTO area (id, version, key, kind, name, parent_id, is_active, path)
        SELECT n.*, coalesce(p.path, '{}') || n.id
        FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::uuid[],
            $7::boolean[]) AS n (id, version, key, kind, name, parent_id, is_active)
        LEFT JOIN area p ON p.id = n.parent_id
        """,
        *([getattr(area, name) for area in areas] for name in _NEW),
    )


async def save_area(tx: Tx, area: Area) -> Area:
    """Store what can change of a locked node as its next version."""
    version: int = await tx.fetchval(
        """
        UPDATE area SET version = version + 1, name = $2, parent_id = $3, path = $4, is_active = $5
        WHERE id = $1 RETURNING version
        """,
        area.id,
        area.name,
        area.parent_id,
        area.path,
        area.is_active,
    )
    return replace(area, version=version)


async def areas_for_snapshot(tx: Tx) -> AsyncIterator[Area]:
    """Every node."""
    async for row in tx.cursor("SELECT * FROM area ORDER BY id"):
        yield _area(row)


def _area(row: Row) -> Area:
    return Area(
        id=row["id"],
        version=row["version"],
        key=row["key"],
        kind=row["kind"],
        name=row["name"],
        parent_id=row["parent_id"],
        path=tuple(row["path"]),
        is_active=row["is_active"],
    )

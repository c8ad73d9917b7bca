"""All SQL of exports: the rows after a key, in the order of keys."""

from collections.abc import Mapping
from types import MappingProxyType

from identity_service.imports.domain import Kind
from shared.db import Row, Tx

_ROWS_AT_ONCE = 1_000
_STATEMENTS: Mapping[Kind, str] = MappingProxyType(
    {
        "areas": """
            SELECT a.key, a.kind, a.name, p.key, CASE WHEN a.is_active THEN 'yes' ELSE 'no' END
            FROM area a LEFT JOIN area p ON p.id = a.parent_id
            WHERE a.key > $1 ORDER BY a.key LIMIT $2
        """,
        "customers": """
            SELECT email, name, phone, language FROM app_user
            WHERE kind = 'customer' AND is_active AND erased_at IS NULL AND email > $1
            ORDER BY email LIMIT $2
        """,
        "lines": """
            SELECT l.number, CASE WHEN $3 THEN u.email ELSE '' END, l.plan, l.address, a.key, l.state,
                l.latitude, l.longitude
            FROM service_line l JOIN app_user u ON u.id = l.user_id
            LEFT JOIN area a ON a.id = l.area_id
            WHERE l.number > $1 ORDER BY l.number LIMIT $2
        """,
    }
)


async def rows_after(connection: Tx, kind: Kind, key: str, *, has_people: bool) -> list[Row]:
    """Some rows as their cells; the first cell of a row is its key."""
    shown = (has_people,) if kind == "lines" else ()
    return await connection.fetch(_STATEMENTS[kind], key, _ROWS_AT_ONCE, *shown)

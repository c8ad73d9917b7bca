"""All SQL of roles."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

from identity_service.roles.domain import Role
from shared.db import Row, Tx


async def roles(connection: Tx) -> list[Role]:
    """Every role, customers' first."""
    rows = await connection.fetch(
        "SELECT * FROM role ORDER BY kind, cardinality(permissions), name"
    )
    return [_role(row) for row in rows]


async def role_by_name(connection: Tx, name: str) -> Role | None:
    """One role."""
    row = await connection.fetchrow("SELECT * FROM role WHERE name = $1", name)
    return _role(row) if row else None


async def lock_role(tx: Tx, name: str) -> Role | None:
    """One role, locked; people can still be given it meanwhile."""
    row = await tx.fetchrow("SELECT * FROM role WHERE name = $1 FOR NO KEY UPDATE", name)
    return _role(row) if row else None


async def lock_role_away(tx: Tx, name: str) -> Role | None:
    """One role, locked; nobody can be given it until the transaction ends."""
    row = await tx.fetchrow("SELECT * FROM role WHERE name = $1 FOR UPDATE", name)
    return _role(row) if row else None


async def insert_role(tx: Tx, role: Role) -> bool:
    """Store a new role; False when there is one of that name."""
    inserted = await tx.fetchval(
        """
        INSERT INTO role (id, version, name, kind, permissions, label, is_custom)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING true
        """,
        role.id,
        role.version,
        role.name,
        role.kind,
        sorted(role.permissions),
        role.label,
        role.is_custom,
    )
    return bool(inserted)


async def save_role(tx: Tx, role: Role) -> Role:
    """Store the permissions and the label of a locked role as its next version."""
    version: int = await tx.fetchval(
        """
        UPDATE role SET version = version + 1, permissions = $2, label = $3 WHERE id = $1
        RETURNING version
        """,
        role.id,
        sorted(role.permissions),
        role.label,
    )
    return replace(role, version=version)


async def people_by_role(connection: Tx) -> dict[str, int]:
    """How many people have each role."""
    rows = await connection.fetch("SELECT role, count(*) AS people FROM app_user GROUP BY role")
    return {row["role"]: row["people"] for row in rows}


async def is_anybodys(tx: Tx, name: str) -> bool:
    """Whether somebody has this role."""
    found = await tx.fetchval("SELECT EXISTS (SELECT FROM app_user WHERE role = $1)", name)
    return bool(found)


async def delete_role(tx: Tx, role_id: UUID) -> None:
    """Forget a locked role that nobody has."""
    await tx.execute("DELETE FROM role WHERE id = $1", role_id)


async def roles_for_snapshot(tx: Tx) -> AsyncIterator[Role]:
    """Every role."""
    for role in await roles(tx):
        yield role


def _role(row: Row) -> Role:
    return Role(
        id=row["id"],
        version=row["version"],
        name=row["name"],
        kind=row["kind"],
        permissions=frozenset(row["permissions"]),
        label=row["label"],
        is_custom=row["is_custom"],
    )

"""All SQL of roles."""

from collections.abc import AsyncIterator
from dataclasses import replace

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


async def insert_role(tx: Tx, role: Role) -> bool:
    """Store a new role; False when there is one of that name."""
    inserted = await tx.fetchval(
        """
        INSERT INTO role (id, version, name, kind, permissions) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING RETURNING true
        """,
        role.id,
        role.version,
        role.name,
        role.kind,
        sorted(role.permissions),
    )
    return bool(inserted)


async def save_role(tx: Tx, role: Role) -> Role:
    """Store the permissions of a locked role as its next version."""
    version: int = await tx.fetchval(
        "UPDATE role SET version = version + 1, permissions = $2 WHERE id = $1 RETURNING version",
        role.id,
        sorted(role.permissions),
    )
    return replace(role, version=version)


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
    )

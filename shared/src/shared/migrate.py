"""Forward-only migrations in plain SQL, applied once each, under a lock, before any new code runs.

They run as the role that owns the tables. The service works as another one, which may do with rows
what it needs and can change neither tables nor what is only ever added to.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import structlog

from shared.db import DEPENDENCY_ERRORS, DatabaseUnavailable

log = structlog.get_logger()

SHARED_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 4_711_001


class MigrationChanged(RuntimeError):
    """A migration that was applied has been edited since; write a new one instead."""


class RoleOwnsTables(RuntimeError):
    """The role of a service owns its tables, so that it could change what it must not."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a service's role may do: everything with rows, but only add to some tables."""

    role: str
    append_only: Collection[str] = ()


async def role_of(dsn: str) -> str:
    """The role that a DSN logs in as."""
    connection = await _connect(dsn)
    try:
        role: str = await connection.fetchval("SELECT current_user")
        return role
    finally:
        await connection.close()


async def migrate(dsn: str, *directories: Path, rights: Rights | None = None) -> list[str]:
    """Apply what is missing, each file in a transaction of its own; returns the names applied.

    A file whose first line contains `-- no transaction` runs outside one, for `CONCURRENTLY`. The
    rights are given anew each time, so that they hold for tables of any age.
    """
    connection = await _connect(dsn)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute("SET lock_timeout = '10s'")
        await connection.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migration (
                name text PRIMARY KEY,
                checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now())
            """
        )
        applied = []
        for directory in (SHARED_MIGRATIONS, *directories):
            for path in sorted(directory.glob("[0-9][0-9][0-9][0-9]_*.sql")):
                if await _apply(connection, f"{_origin(directory)}/{path.name}", path.read_text()):
                    applied.append(path.name)
        if rights:
            await _grant(connection, rights)
        return applied
    finally:
        await connection.close()


async def _connect(dsn: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await asyncpg.connect(dsn, timeout=10)
    except DEPENDENCY_ERRORS as error:
        raise DatabaseUnavailable from error


async def _grant(connection: "asyncpg.Connection[asyncpg.Record]", rights: Rights) -> None:
    """Let the service work with the rows; no DDL, no TRUNCATE, and no second thoughts on a log."""
    owner = await connection.fetchval(
        "SELECT current_user WHERE pg_has_role($1, current_user, 'MEMBER')", rights.role
    )
    if owner is not None:
        raise RoleOwnsTables(f"{rights.role} has the rights of {owner}; give the service another.")
    role = '"{}"'.format(rights.role.replace('"', '""'))
    async with connection.transaction():
        await connection.execute(
            f"""
            REVOKE CREATE ON SCHEMA public FROM {role};
            REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role};
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
            GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role};
            REVOKE INSERT, UPDATE, DELETE ON schema_migration FROM {role};
            """
        )
        for table in rights.append_only:
            await connection.execute(f"REVOKE UPDATE, DELETE ON {table} FROM {role}")


def _origin(directory: Path) -> str:
    return "shared" if directory == SHARED_MIGRATIONS else "service"


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", name: str, sql: str) -> bool:
    checksum = hashlib.sha256(sql.encode()).hexdigest()
    known = await connection.fetchval("SELECT checksum FROM schema_migration WHERE name = $1", name)
    if known == checksum:
        return False
    if known is not None:
        raise MigrationChanged(f"{name} was edited after it had been applied; write a new one.")
    insert = "INSERT INTO schema_migration (name, checksum) VALUES ($1, $2)"
    if "-- no transaction" in sql.partition("\n")[0]:
        await connection.execute(sql)
        await connection.execute(insert, name, checksum)
    else:
        async with connection.transaction():
            await connection.execute(sql)
            await connection.execute(insert, name, checksum)
    log.info("migration_applied", name=name)
    return True

"""Forward-only migrations in plain SQL, applied once each, under a lock, before any new code runs."""

import hashlib
from pathlib import Path

import asyncpg
import structlog

from shared.db import DEPENDENCY_ERRORS, DatabaseUnavailable

log = structlog.get_logger()

SHARED_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 4_711_001


class MigrationChanged(RuntimeError):
    """A migration that was applied has been edited since; write a new one instead."""


async def migrate(dsn: str, *directories: Path) -> list[str]:
    """Apply what is missing, each file in a transaction of its own; returns the names applied.

    A file whose first line contains `-- no transaction` runs outside one, for `CONCURRENTLY`.
    """
    try:
        connection = await asyncpg.connect(dsn, timeout=10)
    except DEPENDENCY_ERRORS as error:
        raise DatabaseUnavailable from error
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
        return applied
    finally:
        await connection.close()


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

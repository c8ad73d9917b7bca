"""The chain over the audit log, on a real server: sealed in order, and every tampering is found."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from identity_service.audit import clock
from identity_service.audit.chain import Head
from identity_service.audit.domain import Action, By, Target
from identity_service.audit.handlers import record, seal_waiting, verify_chain
from identity_service.main import SERVICE
from shared.db import Database
from shared.ids import uuid7
from shared.service import Process
from tests.fixtures.databases import DatabaseFactory, Templates
from tests.fixtures.environment import process_of


@pytest.fixture
async def db(database: DatabaseFactory) -> Database:
    """identity-service's database, its first roles in it."""
    return await database("identity")


async def write(db: Database, count: int) -> None:
    for number in range(count):
        async with db.transaction() as tx:
            target = Target("role", uuid7(), f"role-{number}")
            await record(tx, By.system(), Action.ROLE_CHANGED, target=target, after={"n": number})


async def seal(db: Database) -> Head | None:
    async with db.transaction() as tx:
        return await seal_waiting(tx)


def process(db: Database) -> Process:
    return process_of(SERVICE, db)


@asynccontextmanager
async def superuser(templates: Templates, db: Database) -> AsyncIterator[Any]:
    """Somebody who may do everything in this database, as no service of ours may."""
    async with db.read() as connection:
        name = await connection.fetchval("SELECT current_database()")
    admin = urlsplit(templates.server.admin_dsn)
    connection = await asyncpg.connect(admin._replace(path=f"/{name}").geturl())
    try:
        yield connection
    finally:
        await connection.close()


async def test_entries_get_their_places_in_the_order_in_which_they_were_sealed(
    db: Database,
) -> None:
    await write(db, 3)
    first = await seal(db)
    await write(db, 2)
    second = await seal(db)

    assert first and second and (first.position, second.position) == (3, 5)
    assert await seal(db) is None
    assert (await verify_chain(db)).head == second


async def test_a_transaction_that_was_slow_is_sealed_after_later_ones(db: Database) -> None:
    async with db.transaction() as slow:
        await record(slow, By.system(), Action.ROLE_CHANGED, target=Target("role", None, "slow"))
        await write(db, 1)
        await seal(db)
    await seal(db)

    async with db.read() as connection:
        labels = await connection.fetch(
            "SELECT target_label FROM audit_seal JOIN audit_entry ON id = entry_id ORDER BY position"
        )
    assert [row["target_label"] for row in labels] == ["role-0", "slow"]
    assert (await verify_chain(db)).fault == ""


async def test_many_writers_and_sealers_at_once_make_one_chain(db: Database) -> None:
    async def seal_often() -> None:
        for _ in range(20):
            await seal(db)

    await asyncio.gather(*(write(db, 20) for _ in range(4)), *(seal_often() for _ in range(3)))
    await clock.seal(process(db))

    verdict = await verify_chain(db)
    assert verdict.fault == ""
    assert verdict.head.position == 80


async def test_writing_waits_for_nobody_who_writes_or_seals(db: Database) -> None:
    async with db.transaction() as writer, db.transaction() as sealer:
        await record(writer, By.system(), Action.ROLE_CHANGED)
        await seal_waiting(sealer)
        await asyncio.wait_for(write(db, 1), 4)  # less than the lock timeout


@pytest.mark.parametrize(
    ("tampering", "fault"),
    [
        ("UPDATE audit_entry SET after = '{\"n\": 7}' WHERE id = {third}", "was changed"),
        ("UPDATE audit_entry SET actor_id = gen_random_uuid() WHERE id = {third}", "was changed"),
        (
            "UPDATE audit_entry SET occurred_at = now() - interval '1 day' WHERE id = {third}",
            "was changed",
        ),
        ("DELETE FROM audit_seal WHERE position = 3", "seal 3 is missing"),
        ("UPDATE audit_seal SET hash = sha256('mine') WHERE position = 3", "was changed"),
        (
            "SET session_replication_role = replica; DELETE FROM audit_entry WHERE id = {third}",
            "the entry is missing",
        ),
        (
            "WITH old AS (SELECT min(entry_id) low, max(entry_id) high FROM audit_seal"
            " WHERE position IN (3, 4)) UPDATE audit_seal SET entry_id = CASE position"
            " WHEN 3 THEN -1 ELSE low END FROM old WHERE position IN (3, 4)",
            "the entry is missing",
        ),
    ],
)
async def test_what_a_superuser_changes_is_found_at_the_first_broken_place(
    db: Database, templates: Templates, tampering: str, fault: str
) -> None:
    await write(db, 5)
    await seal(db)
    async with superuser(templates, db) as admin:
        third = await admin.fetchval("SELECT entry_id FROM audit_seal WHERE position = 3")
        await admin.execute("ALTER TABLE audit_seal DROP CONSTRAINT audit_seal_entry")
        await admin.execute(tampering.replace("{third}", str(third)))

    verdict = await verify_chain(db)

    assert verdict.head.position == 2
    assert "seal 3" in verdict.fault
    assert fault in verdict.fault


async def test_an_entry_that_was_smuggled_past_the_seals_is_found(db: Database) -> None:
    await write(db, 2)
    await seal(db)
    await write(db, 1)
    async with db.transaction() as tx:
        await tx.execute("DELETE FROM audit_waiting")

    assert "has no seal" in (await verify_chain(db)).fault


async def test_a_chain_that_was_cut_short_no_longer_holds_a_head_noted_before(
    db: Database, templates: Templates
) -> None:
    await write(db, 3)
    noted = await seal(db)
    async with superuser(templates, db) as admin:
        await admin.execute("DELETE FROM audit_seal WHERE position > 1")
        await admin.execute(
            "DELETE FROM audit_entry WHERE id NOT IN (SELECT entry_id FROM audit_seal)"
        )

    assert (await verify_chain(db)).fault == ""
    assert "not a part of the chain" in (await verify_chain(db, noted)).fault


async def test_the_command_says_how_far_the_chain_is_whole(
    db: Database, templates: Templates, capsys: pytest.CaptureFixture[str]
) -> None:
    await write(db, 3)

    await clock.verify(process(db), ())
    assert "audit log: whole, 3 entries, head 3:" in capsys.readouterr().out

    async with superuser(templates, db) as admin:
        await admin.execute(
            "UPDATE audit_entry SET action = 'role.deleted'"
            " WHERE id = (SELECT entry_id FROM audit_seal WHERE position = 2)"
        )
    with pytest.raises(SystemExit, match=r"broken\. seal 2 .* whole up to 1:"):
        await clock.verify(process(db), ())
    with pytest.raises(SystemExit, match="POSITION:HASH"):
        await clock.verify(process(db), ("seven",))

"""How fast files are imported, and in how much memory: a worker alone with a database.

`python -m tests.bench.imports DSN KIND ROWS start|check` does it and prints a line of JSON.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import uvloop

from identity_service.audit.domain import By
from identity_service.imports import handlers
from identity_service.imports.domain import Import, Kind
from identity_service.imports.runner import ImportRunner
from identity_service.imports.schemas import StartImport
from identity_service.imports.tables import read_table
from shared.auth import Actor
from shared.db import Database
from shared.files import Files
from shared.permissions import Permission

_HEADS = {
    "areas": "key,kind,name",
    "customers": "email,name,phone",
    "lines": "number,email,plan,address,state,latitude,longitude",
}


def rows_of(kind: Kind, count: int) -> Iterator[str]:
    """A file of so many rows, line by line; lines belong to the customers of a file of their own."""
    yield _HEADS[kind] + "\n"
    for n in range(count):
        if kind == "areas":
            yield f"area-{n},region,Wilayah {n}\n"
        elif kind == "customers":
            yield f"pelanggan-{n}@example.test,Pelanggan {n},0812{n:08}\n"
        else:
            place = f"-7.{n % 1_000_000:06},112.{n % 1_000_000:06}"
            yield (
                f'PN-{n:07},pelanggan-{n}@example.test,Fiber 50,"Jl. Melati {n}, Surabaya",aktif,'
                f"{place}\n"
            )


async def import_rows(dsn: str, kind: Kind, count: int, *, is_dry_run: bool) -> dict[str, Any]:
    """Import a file in this process; seconds of looking at it and of running it, peak of memory."""
    db = Database(dsn, name="bench", size=4)
    await db.open()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as file:
        await asyncio.to_thread(_write, file, kind, count)
        at_rest = _peak()
        files = Files.at(Path(folder).as_uri())
        began = time.perf_counter()
        job = await _queued(db, files, kind, file, is_dry_run=is_dry_run)
        queued = time.perf_counter()
        await ImportRunner(db, files, "Asia/Jakarta").run_next()
        ended = time.perf_counter()
        async with db.read() as connection:
            done = await handlers.show_import(connection, job.id)
    await db.close()
    return {
        "state": done.state,
        "made": done.tally.created,
        "failed": done.tally.failed,
        "looking": round(queued - began, 1),
        "running": round(ended - queued, 1),
        "rows_per_second": round(count / (ended - began)),
        "at_rest_mb": round(at_rest),
        "peak_mb": round(_peak()),
    }


async def in_a_process(
    dsn: str, kind: Kind, count: int, *, is_dry_run: bool = False
) -> dict[str, Any]:
    """The same in a process of its own, so that its memory is this import's alone."""
    verb = "check" if is_dry_run else "start"
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.imports", dsn, kind, str(count), verb),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate()
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    return figures


async def _queued(
    db: Database, files: Files, kind: Kind, file: BinaryIO, *, is_dry_run: bool
) -> Import:
    async with db.read() as connection:
        admin = await connection.fetchval("SELECT id FROM app_user WHERE role = 'admin' LIMIT 1")
    actor = Actor(admin, "staff", perms=frozenset(Permission))
    table = await asyncio.to_thread(read_table, file)
    async with db.transaction() as tx:
        job = await handlers.begin_import(tx, actor, kind, "bench.csv", table)
    await files.put_file(job.storage_key or "", file)
    by = By("staff", admin)
    async with db.transaction() as tx:
        await handlers.finish_upload(tx, by, job)
        return await handlers.start_import(
            tx, actor, by, job.id, StartImport(), is_dry_run=is_dry_run
        )


def _write(file: BinaryIO, kind: Kind, count: int) -> None:
    file.writelines(row.encode() for row in rows_of(kind, count))


def _peak() -> float:
    """The most memory since this program began; `ru_maxrss` would count whoever started it, too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(kilobytes) / 1024


def main() -> None:
    """Import, and print the figures."""
    dsn, kind, count, verb = sys.argv[1:]
    assert kind in ("areas", "customers", "lines")
    figures = uvloop.run(import_rows(dsn, kind, int(count), is_dry_run=verb == "check"))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

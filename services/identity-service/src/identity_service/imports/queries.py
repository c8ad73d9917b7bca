"""All SQL of imports. A run writes what a batch did and how far it is in one transaction."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from identity_service.imports.domain import MAX_FAULTS, Fault, Import, Kind, Reason, State, Tally
from identity_service.imports.schemas import FaultOut, ListFaults, ListImports
from shared.db import Row, Tx
from shared.paging import cut, decode_cursor

_FORGOTTEN_AT_ONCE = 20_000


async def insert_import(tx: Tx, job: Import) -> None:
    """Note a file that is about to be stored."""
    await tx.execute(
        """
        INSERT INTO import (id, kind, state, user_id, file_name, storage_key, delimiter, columns,
            sample, row_count, mapping)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        job.id,
        job.kind,
        job.state,
        job.user_id,
        job.file_name,
        job.storage_key,
        job.delimiter,
        job.columns,
        job.sample,
        job.row_count,
        dict(job.mapping),
    )


async def set_state(tx: Tx, import_id: UUID, state: State) -> None:
    """Let an import go on to another state."""
    await tx.execute("UPDATE import SET state = $2 WHERE id = $1", import_id, state)


async def import_by_id(connection: Tx, import_id: UUID) -> Import | None:
    """One import, unless its file is still on its way."""
    row = await connection.fetchrow(
        "SELECT * FROM import WHERE id = $1 AND state <> 'arriving'", import_id
    )
    return _import(row) if row else None


async def lock_import(tx: Tx, import_id: UUID) -> Import | None:
    """As `import_by_id`, locked until the transaction ends."""
    row = await tx.fetchrow(
        "SELECT * FROM import WHERE id = $1 AND state <> 'arriving' FOR NO KEY UPDATE", import_id
    )
    return _import(row) if row else None


async def imports_page(
    connection: Tx, kinds: Collection[Kind], wanted: ListImports
) -> tuple[list[Import], str | None]:
    """A page of imports of these kinds, newest first (their ids are in the order of time)."""
    (before,) = decode_cursor(wanted.cursor, UUID) or (None,)
    rows = await connection.fetch(
        """
        SELECT * FROM import
        WHERE state <> 'arriving' AND ($1::uuid IS NULL OR id < $1) AND kind = ANY($2)
        ORDER BY id DESC LIMIT $3
        """,
        before,
        list(kinds),
        wanted.limit + 1,
    )
    page, following = cut(rows, wanted.limit, lambda row: (row["id"],))
    return [_import(row) for row in page], following


async def queue_import(tx: Tx, job: Import) -> None:
    """Let a locked import wait for its turn, as a new run that has done nothing yet."""
    await tx.execute(
        """
        UPDATE import SET state = 'queued', mapping = $2, is_dry_run = $3, invites = $4,
            updates = $5, run_id = $6, pass = 0, position = 0, created = 0, updated = 0,
            unchanged = 0, failed = 0, invited = 0, reason = NULL, queued_at = now(),
            started_at = NULL, finished_at = NULL, claimed_by = NULL, claimed_until = NULL
        WHERE id = $1
        """,
        job.id,
        dict(job.mapping),
        job.is_dry_run,
        job.invites,
        job.updates,
        job.run_id,
    )


async def claim_import(tx: Tx, claimer: UUID, span: timedelta) -> Import | None:
    """Take the import that waits longest, or one whose worker was lost; one runs at a time."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtext('import'))")
    row = await tx.fetchrow(
        """
        UPDATE import SET state = 'running', claimed_by = $1, claimed_until = now() + $2::interval,
            started_at = coalesce(started_at, now())
        WHERE id = (
            SELECT id FROM import
            WHERE state IN ('queued', 'running')
              AND NOT EXISTS (
                SELECT FROM import WHERE state = 'running' AND claimed_until > now())
            ORDER BY state = 'queued', queued_at LIMIT 1)
        RETURNING *
        """,
        claimer,
        span,
    )
    return _import(row) if row else None


async def keep_claim(tx: Tx, import_id: UUID, claimer: UUID, span: timedelta) -> int | None:
    """Go on with a claimed import; None when it was cancelled or taken over meanwhile.

    Gives how many rows have failed so far.
    """
    failed: int | None = await tx.fetchval(
        """
        UPDATE import SET claimed_until = now() + $3::interval
        WHERE id = $1 AND claimed_by = $2 AND state = 'running' RETURNING failed
        """,
        import_id,
        claimer,
        span,
    )
    return failed


async def release_claim(tx: Tx, import_id: UUID, claimer: UUID) -> None:
    """Leave a running import to whoever comes next."""
    await tx.execute(
        "UPDATE import SET claimed_until = NULL WHERE id = $1 AND claimed_by = $2",
        import_id,
        claimer,
    )


async def save_progress(
    tx: Tx, import_id: UUID, pass_number: int, position: int, done: Tally
) -> None:
    """Note what a batch came to, and the last row of it."""
    await tx.execute(
        """
        UPDATE import SET pass = $2, position = $3, created = created + $4, updated = updated + $5,
            unchanged = unchanged + $6, failed = failed + $7, invited = invited + $8
        WHERE id = $1
        """,
        import_id,
        pass_number,
        position,
        done.created,
        done.updated,
        done.unchanged,
        done.failed,
        done.invited,
    )


async def end_import(
    tx: Tx, import_id: UUID, state: State, reason: Reason | None = None
) -> Import | None:
    """The run is over. Gives the import."""
    row = await tx.fetchrow(
        """
        UPDATE import SET state = $2, reason = $3, finished_at = now(), claimed_by = NULL,
            claimed_until = NULL
        WHERE id = $1 RETURNING *
        """,
        import_id,
        state,
        reason,
    )
    return _import(row) if row else None


async def note_keys(
    tx: Tx, run_id: UUID, keys: Sequence[tuple[str, int, str | None]]
) -> dict[str, int]:
    """Note what rows of a run are called, as key, row and kind; gives the rows that were first."""
    rows = await tx.fetch(
        """
        WITH mine AS (
            INSERT INTO import_key (run_id, key, row, kind)
            SELECT $1, * FROM unnest($2::text[], $3::int[], $4::text[])
            ON CONFLICT DO NOTHING RETURNING key, row)
        SELECT key, row FROM mine
        UNION ALL
        SELECT key, row FROM import_key WHERE run_id = $1 AND key = ANY($2)
        """,
        run_id,
        *([key[n] for key in keys] for n in range(3)),
    )
    return {row["key"]: row["row"] for row in rows}


async def kinds_of_keys(connection: Tx, run_id: UUID, keys: Collection[str]) -> dict[str, str]:
    """The kinds of the things that this run would have made, by key."""
    rows = await connection.fetch(
        "SELECT key, kind FROM import_key WHERE run_id = $1 AND key = ANY($2)", run_id, list(keys)
    )
    return {row["key"]: row["kind"] for row in rows}


async def insert_faults(tx: Tx, run_id: UUID, faults: Sequence[Fault], known: int) -> None:
    """Keep what is wrong with rows, as long as `known` rows with faults are few enough to be read."""
    if known >= MAX_FAULTS or not faults:
        return
    await tx.executemany(
        """
        INSERT INTO import_fault (run_id, row, number, field, value, detail, code, params)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        [
            (run_id, f.row, number, f.field, f.value, f.detail, f.code, f.params)
            for number, f in enumerate(faults)
        ],
    )


async def faults_page(
    connection: Tx, run_id: UUID, wanted: ListFaults
) -> tuple[list[FaultOut], str | None]:
    """A page of what is wrong, by row, and the cursor of the next."""
    row, number = decode_cursor(wanted.cursor, int, int) or (0, 0)
    rows = await connection.fetch(
        """
        SELECT row, number, field, value, detail, code, params FROM import_fault
        WHERE run_id = $1 AND (row, number) > ($2, $3) ORDER BY row, number LIMIT $4
        """,
        run_id,
        row,
        number,
        wanted.limit + 1,
    )
    page, following = cut(rows, wanted.limit, lambda row: (row["row"], row["number"]))
    return [FaultOut.model_validate(dict(row)) for row in page], following


async def old_imports(connection: Tx, kept: timedelta, on_its_way: timedelta) -> list[Import]:
    """Imports that are over and whose file is still here, and those that nobody let run."""
    rows = await connection.fetch(
        """
        SELECT * FROM import WHERE storage_key IS NOT NULL AND (
            state IN ('finished', 'failed', 'cancelled')
            OR (state IN ('received', 'checked') AND coalesce(finished_at, created_at) < now() - $1::interval)
            OR (state = 'arriving' AND created_at < now() - $2::interval))
        LIMIT 100
        """,
        kept,
        on_its_way,
    )
    return [_import(row) for row in rows]


async def forget_file(tx: Tx, import_id: UUID) -> None:
    """The file is gone, and with it the rows that were kept to be shown; without it nothing runs."""
    await tx.execute(
        """
        UPDATE import SET storage_key = NULL, sample = '[]',
            state = CASE WHEN state IN ('received', 'checked', 'arriving') THEN 'cancelled'
                    ELSE state END
        WHERE id = $1
        """,
        import_id,
    )


async def forget_keys(tx: Tx) -> int:
    """Delete keys of runs that are over, a bounded number at a time; gives how many."""
    result: str = await tx.execute(
        """
        DELETE FROM import_key WHERE ctid = ANY(ARRAY(
            SELECT k.ctid FROM import_key k
            WHERE NOT EXISTS (SELECT FROM import i
                WHERE i.run_id = k.run_id AND i.state IN ('queued', 'running'))
            LIMIT $1))
        """,
        _FORGOTTEN_AT_ONCE,
    )
    return int(result.split()[-1])


async def forget_faults(tx: Tx, kept: timedelta) -> int:
    """Delete faults that are old or of a run that was started again; gives how many."""
    result: str = await tx.execute(
        """
        DELETE FROM import_fault WHERE ctid = ANY(ARRAY(
            SELECT f.ctid FROM import_fault f
            WHERE NOT EXISTS (SELECT FROM import i
                WHERE i.run_id = f.run_id
                  AND coalesce(i.finished_at, now()) > now() - $2::interval)
            LIMIT $1))
        """,
        _FORGOTTEN_AT_ONCE,
        kept,
    )
    return int(result.split()[-1])


def _import(row: Row) -> Import:
    return Import(
        id=row["id"],
        kind=row["kind"],
        state=row["state"],
        user_id=row["user_id"],
        file_name=row["file_name"],
        storage_key=row["storage_key"],
        delimiter=row["delimiter"],
        columns=tuple(row["columns"]),
        sample=tuple(tuple(cells) for cells in row["sample"]),
        row_count=row["row_count"],
        mapping=row["mapping"],
        is_dry_run=row["is_dry_run"],
        invites=row["invites"],
        updates=row["updates"],
        run_id=row["run_id"],
        pass_number=row["pass"],
        position=row["position"],
        tally=Tally(
            row["created"], row["updated"], row["unchanged"], row["failed"], row["invited"]
        ),
        reason=row["reason"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
    )

"""Taking a file in, letting it run, stopping it, and what a worker does with each batch of its rows."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.imports import queries
from identity_service.imports.area_rows import write_areas
from identity_service.imports.customer_rows import write_customers
from identity_service.imports.domain import (
    CANCELLABLE,
    KEPT,
    NEEDED,
    ON_ITS_WAY,
    STARTABLE,
    Import,
    ImportAlreadyOver,
    ImportNotFound,
    ImportNotWaiting,
    Kind,
    Reason,
    State,
    Table,
    checked_mapping,
    open_kinds,
    suggested,
)
from identity_service.imports.line_rows import write_lines
from identity_service.imports.outcomes import Numbered, Outcome
from identity_service.imports.rows import Batch
from identity_service.imports.schemas import StartImport
from identity_service.users.queries import permissions_now
from shared.auth import Actor
from shared.db import Tx
from shared.ids import uuid7

_MAX_NAME_LENGTH = 200


async def begin_import(tx: Tx, actor: Actor, kind: Kind, name: str | None, table: Table) -> Import:
    """Note a file that is about to be stored."""
    key = secrets.token_hex(20)
    job = Import(
        id=uuid7(),
        kind=kind,
        state="arriving",
        user_id=actor.id,
        file_name=" ".join((name or "").split())[:_MAX_NAME_LENGTH],
        storage_key=f"imports/{key[:2]}/{key}",
        delimiter=table.delimiter,
        columns=table.columns,
        sample=table.sample,
        row_count=table.row_count,
        mapping=suggested(kind, table.columns),
    )
    await queries.insert_import(tx, job)
    return job


async def finish_upload(tx: Tx, by: By, job: Import) -> Import:
    """The file is here."""
    await queries.set_state(tx, job.id, "received")
    await audit.record(
        tx, by, Action.IMPORT_UPLOADED, target=_target(job), after={"rows": job.row_count}
    )
    return await show_import(tx, job.id)


async def show_import(connection: Tx, import_id: UUID) -> Import:
    """One import, or `ImportNotFound`."""
    job = await queries.import_by_id(connection, import_id)
    if job is None:
        raise ImportNotFound
    return job


async def see_import(connection: Tx, actor: Actor, import_id: UUID) -> Import:
    """One import for somebody; of a kind whose rows they may not touch, it is as if there were none."""
    job = await show_import(connection, import_id)
    if job.kind not in open_kinds(actor):
        raise ImportNotFound
    return job


async def start_import(
    tx: Tx, actor: Actor, by: By, import_id: UUID, command: StartImport, *, is_dry_run: bool
) -> Import:
    """Let an import wait for its turn, to be made or only to be checked."""
    job = await _locked(tx, actor, import_id)
    if job.state not in STARTABLE or job.storage_key is None:
        raise ImportNotWaiting
    mapping = job.mapping if command.mapping is None else command.mapping
    wanted = replace(
        job,
        mapping=checked_mapping(job.kind, job.columns, mapping),
        is_dry_run=is_dry_run,
        invites=command.invites and job.kind == "customers",
        updates=command.updates,
        run_id=uuid7(),
        user_id=actor.id,
    )
    await queries.queue_import(tx, wanted)
    action = Action.IMPORT_CHECKED if is_dry_run else Action.IMPORT_STARTED
    options = {"rows": job.row_count, "invites": wanted.invites, "updates": wanted.updates}
    await audit.record(tx, by, action, target=_target(job), after=options)
    return await show_import(tx, import_id)


async def cancel_import(tx: Tx, actor: Actor, by: By, import_id: UUID) -> Import:
    """Stop an import; what it has made stays."""
    job = await _locked(tx, actor, import_id)
    if job.state not in CANCELLABLE:
        raise ImportAlreadyOver
    await queries.end_import(tx, import_id, "cancelled")
    await audit.record(
        tx, by, Action.IMPORT_CANCELLED, target=_target(job), after={"rows": job.tally.rows}
    )
    return await show_import(tx, import_id)


async def may_still(connection: Tx, job: Import) -> bool:
    """Whether whoever started an import still has the rights for it."""
    if job.user_id is None:
        return False
    return await permissions_now(connection, job.user_id) >= set(NEEDED[job.kind])


async def write_batch(tx: Tx, job: Import, batch: Batch, time_zone: str, *, failed: int) -> None:
    """Make what a batch of rows says, and note how far the import is; `failed` rows did before."""
    assert job.run_id is not None
    outcome = await _written(tx, job, batch.rows, time_zone)
    faults = [*batch.faults, *outcome.faults]
    await queries.insert_faults(tx, job.run_id, faults, known=failed)
    done = outcome.tally(batch.faults)
    await queries.save_progress(tx, job.id, batch.pass_number, batch.position, done)


async def finish_import(tx: Tx, job: Import) -> None:
    """Every row is done."""
    await _end(tx, job, None)


async def fail_import(tx: Tx, job: Import, reason: Reason) -> None:
    """It cannot go on; what it has made stays."""
    await _end(tx, job, reason)


async def old_imports(connection: Tx) -> Sequence[Import]:
    """Imports whose file can go."""
    return await queries.old_imports(connection, KEPT, ON_ITS_WAY)


async def forget_rows(tx: Tx) -> int:
    """Delete keys and faults that nobody needs any more, a bounded number; gives how many."""
    return await queries.forget_keys(tx) + await queries.forget_faults(tx, KEPT)


async def _written(tx: Tx, job: Import, rows: Numbered, time_zone: str) -> Outcome:
    if job.kind == "areas":
        return await write_areas(tx, job, _by(job), rows)
    if job.kind == "customers":
        return await write_customers(tx, job, _by(job), time_zone, rows)
    return await write_lines(tx, job, _by(job), rows)


async def _end(tx: Tx, job: Import, reason: Reason | None) -> None:
    state: State = "failed" if reason else "checked" if job.is_dry_run else "finished"
    ended = await queries.end_import(tx, job.id, state, reason)
    if ended is None or job.is_dry_run:
        return
    tally = ended.tally
    after = {
        "state": state,
        "created": tally.created,
        "updated": tally.updated,
        "failed": tally.failed,
        "invited": tally.invited,
    }
    await audit.record(tx, _by(job), Action.IMPORT_ENDED, target=_target(job), after=after)


async def _locked(tx: Tx, actor: Actor, import_id: UUID) -> Import:
    job = await queries.lock_import(tx, import_id)
    if job is None:
        raise ImportNotFound
    for permission in NEEDED[job.kind]:
        actor.need(permission)
    return job


def _by(job: Import) -> By:
    """In the name of whoever started it, from nowhere in particular."""
    return By("staff", job.user_id)


def _target(job: Import) -> Target:
    return Target("import", job.id, job.kind)

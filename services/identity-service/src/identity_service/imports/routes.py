"""Imports over HTTP: a file comes in as multipart, is looked at, checked, and run in the background."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Annotated, BinaryIO
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response, UploadFile

from identity_service.audit.domain import By
from identity_service.dependencies import AuditBy, Db, Pictures
from identity_service.imports import handlers, queries
from identity_service.imports.domain import (
    COLUMNS,
    MAX_BYTES,
    NEEDED,
    Fault,
    FileTooLarge,
    Import,
    Kind,
    Table,
    open_kinds,
)
from identity_service.imports.rows import read_row
from identity_service.imports.schemas import (
    ColumnOut,
    FaultFilter,
    FaultOut,
    FaultPage,
    ImportBrief,
    ImportFilter,
    ImportOut,
    ImportPage,
    StartImport,
    TallyOut,
)
from identity_service.imports.tables import read_table
from shared.auth import Actor
from shared.dependencies import OnceOf, Permitted, Reader, Tx
from shared.idempotency import Answer
from shared.permissions import Permission

router = APIRouter(tags=["imports"])

Importer = Annotated[Actor, Depends(Permitted(Permission.IMPORT_RUN))]
# The file, and what multipart puts around it.
MAX_UPLOAD_BYTES = MAX_BYTES + 16_384
_PIECE = 1_048_576
# One file is read at a time: the others, and requests, wait less for the processor.
_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="imports")


@router.get("/imports")
async def list_imports(actor: Importer, connection: Reader, wanted: ImportFilter) -> ImportPage:
    jobs, following = await queries.imports_page(connection, open_kinds(actor), wanted)
    return ImportPage(items=[_brief(job) for job in jobs], next=following)


@router.post("/imports", status_code=201, response_model=ImportOut)
async def upload_import(
    actor: Importer,
    by: AuditBy,
    db: Db,
    files: Pictures,
    kind: Annotated[Kind, Form()],
    file: UploadFile,
    once_of: OnceOf,
) -> Response:
    for permission in NEEDED[kind]:
        actor.need(permission)
    table, digest = await asyncio.get_running_loop().run_in_executor(
        _THREAD, _read, kind, file.filename, file.file
    )
    async with db.read() as connection:
        earlier = await once_of(connection, digest).earlier()
    if earlier is not None:
        return earlier
    async with db.transaction() as tx:
        job = await handlers.begin_import(tx, actor, kind, file.filename, table)
    await files.put_file(job.storage_key or "", file.file)

    async with db.transaction() as tx:

        async def finish() -> Answer:
            received = await handlers.finish_upload(tx, by, job)
            return Answer(_out(received), headers={"Location": f"/imports/{job.id}"})

        return await once_of(tx, digest).run(finish)


@router.get("/imports/{import_id}")
async def show_import(actor: Importer, connection: Reader, import_id: UUID) -> ImportOut:
    return _out(await handlers.see_import(connection, actor, import_id))


@router.post("/imports/{import_id}/check", status_code=202)
async def check_import(
    actor: Importer, by: AuditBy, tx: Tx, import_id: UUID, command: StartImport
) -> ImportOut:
    return await _start(tx, actor, by, import_id, command, is_dry_run=True)


@router.post("/imports/{import_id}/start", status_code=202)
async def start_import(
    actor: Importer, by: AuditBy, tx: Tx, import_id: UUID, command: StartImport
) -> ImportOut:
    return await _start(tx, actor, by, import_id, command, is_dry_run=False)


@router.post("/imports/{import_id}/cancel")
async def cancel_import(actor: Importer, by: AuditBy, tx: Tx, import_id: UUID) -> ImportOut:
    return _out(await handlers.cancel_import(tx, actor, by, import_id))


@router.get("/imports/{import_id}/faults")
async def list_faults(
    actor: Importer, connection: Reader, import_id: UUID, wanted: FaultFilter
) -> FaultPage:
    job = await handlers.see_import(connection, actor, import_id)
    if job.run_id is None:
        return FaultPage(items=[])
    faults, following = await queries.faults_page(connection, job.run_id, wanted)
    return FaultPage(items=faults, next=following)


async def _start(
    tx: Tx, actor: Actor, by: By, import_id: UUID, command: StartImport, *, is_dry_run: bool
) -> ImportOut:
    started = await handlers.start_import(tx, actor, by, import_id, command, is_dry_run=is_dry_run)
    return _out(started)


def _read(kind: Kind, name: str | None, file: BinaryIO) -> tuple[Table, bytes]:
    """What is in the file, and what makes two uploads the same."""
    file.seek(0)
    digest, size = sha256(f"{kind}\n{name or ''}\n".encode()), 0
    while piece := file.read(_PIECE):
        digest.update(piece)
        size += len(piece)
    if size > MAX_BYTES:
        raise FileTooLarge
    return read_table(file), digest.digest()


def _brief(job: Import) -> ImportBrief:
    return ImportBrief(
        id=job.id,
        kind=job.kind,
        state=job.state,
        is_dry_run=job.is_dry_run,
        file_name=job.file_name,
        rows=job.row_count,
        percent=job.percent,
        tally=TallyOut.model_validate(job.tally, from_attributes=True),
        reason=job.reason,
        user_id=job.user_id,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def _out(job: Import) -> ImportOut:
    return ImportOut(
        **dict(_brief(job)),
        columns=list(job.columns),
        fields=[ColumnOut(name=c.name, is_needed=c.is_needed) for c in COLUMNS[job.kind]],
        mapping=dict(job.mapping),
        missing=job.missing,
        sample=[list(cells) for cells in job.sample],
        sample_faults=[FaultOut.model_validate(f, from_attributes=True) for f in _faults(job)],
        invites=job.invites,
        updates=job.updates,
    )


def _faults(job: Import) -> list[Fault]:
    """What is wrong with the sample's cells as such, with the columns as they are chosen now."""
    found: list[Fault] = []
    for number, cells in enumerate(job.sample, 2):
        read = read_row(job.kind, job.mapping, len(job.columns), number, list(cells))
        if isinstance(read, list):
            found += read
    return found

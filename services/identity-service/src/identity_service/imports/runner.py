"""The worker that runs imports, one after the other, and goes on where a lost one stopped.

What a batch made and how far the import is are one transaction, so a crash at any point repeats no
row and leaves none out. Reading and checking rows is work for a thread: requests do not wait for it.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from tempfile import TemporaryFile
from typing import BinaryIO

import structlog

from identity_service.imports import handlers, queries
from identity_service.imports.domain import FileRefused, Import, Reason
from identity_service.imports.rows import BATCH, Batch, batches
from shared.db import Database
from shared.errors import Unavailable
from shared.files import FileIsGone, Files
from shared.ids import uuid7

log = structlog.get_logger()

_POLL_SECONDS = 1.0
_RETRY_SECONDS = 2.0
CLAIM = timedelta(seconds=60)


class ImportRunner:
    """Runs imports until it is asked to stop; several processes may have one, one import runs."""

    def __init__(self, db: Database, files: Files, time_zone: str, *, batch: int = BATCH) -> None:
        self._db = db
        self._files = files
        self._time_zone = time_zone
        self._batch = batch
        self._id = uuid7()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ask `run` to end with the batch that is under way; another worker goes on from there."""
        self._stopping.set()

    async def run(self) -> None:
        """Look for imports that wait, and run them."""
        while not self._stopping.is_set():
            try:
                pause = 0.0 if await self.run_next() else _POLL_SECONDS
            except Unavailable as error:
                log.warning("import_interrupted", error=repr(error.__cause__ or error))
                pause = _RETRY_SECONDS
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def run_next(self) -> bool:
        """Run the import that waits longest, as far as it goes; False when none waits."""
        async with self._db.transaction() as tx:
            job = await queries.claim_import(tx, self._id, CLAIM)
        if job is None:
            return False
        try:
            await self._run(job)
        except (FileIsGone, FileRefused):
            await self._fail(job, "file_gone")
        except Unavailable:
            await self._let_go(job)
            raise
        except Exception as error:
            log.error("import_failed", import_id=str(job.id), exc_info=error)
            await self._fail(job, "internal")
        return True

    async def _run(self, job: Import) -> None:
        assert job.storage_key is not None
        log.info("import_begun", import_id=str(job.id), kind=job.kind, rows=job.row_count)
        with TemporaryFile() as file:
            await self._files.copy_to(job.storage_key, file)
            if await self._through(job, file):
                await self._finish(job)

    async def _through(self, job: Import, file: BinaryIO) -> bool:
        """Do what is left of the file; False when somebody stopped it or has taken it over."""
        left = batches(job, file, self._batch)
        while batch := await asyncio.to_thread(next, left, None):
            if self._stopping.is_set():
                await self._let_go(job)
                return False
            if not await self._do(job, batch):
                return False
        return True

    async def _do(self, job: Import, batch: Batch) -> bool:
        async with self._db.transaction() as tx:
            failed = await queries.keep_claim(tx, job.id, self._id, CLAIM)
            if failed is None:
                return False
            if not await handlers.may_still(tx, job):
                await handlers.fail_import(tx, job, "rights_lost")
                return False
            await handlers.write_batch(tx, job, batch, self._time_zone, failed=failed)
        return True

    async def _finish(self, job: Import) -> None:
        async with self._db.transaction() as tx:
            if await queries.keep_claim(tx, job.id, self._id, CLAIM) is not None:
                await handlers.finish_import(tx, job)
        log.info("import_ended", import_id=str(job.id), kind=job.kind)

    async def _fail(self, job: Import, reason: Reason) -> None:
        async with self._db.transaction() as tx:
            if await queries.keep_claim(tx, job.id, self._id, CLAIM) is not None:
                await handlers.fail_import(tx, job, reason)

    async def _let_go(self, job: Import) -> None:
        with suppress(Unavailable):
            async with self._db.transaction() as tx:
                await queries.release_claim(tx, job.id, self._id)

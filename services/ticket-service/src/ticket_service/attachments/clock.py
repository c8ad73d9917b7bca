"""Removes what was uploaded and never sent."""

import structlog

from shared.files import Files, FilesUnavailable
from shared.service import Process
from ticket_service.attachments import handlers

log = structlog.get_logger()


async def remove_orphans(process: Process, files: Files) -> int:
    """Uploads that belong to nothing after a day: first nobody can have them, then they go."""
    count = 0
    async with process.db.transaction() as tx:
        until = await handlers.give_up_orphans(tx)
    while True:
        async with process.db.read() as connection:
            orphans = await handlers.given_up(connection, until)
        if not orphans:
            return count
        removed = await handlers.remove_objects(files, orphans)
        async with process.db.transaction() as tx:
            await handlers.forget(tx, orphans, removed)
        if not removed:
            raise FilesUnavailable
        count += len(removed)
        log.info("orphans_removed", count=len(removed))

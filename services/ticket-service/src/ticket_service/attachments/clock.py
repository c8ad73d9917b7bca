"""Removes what was uploaded and never sent."""

import structlog

from shared.files import Files
from shared.service import Process
from ticket_service.attachments import handlers

log = structlog.get_logger()


async def remove_orphans(process: Process, files: Files) -> int:
    """Uploads that belong to nothing after a day: first nobody can have them, then they go."""
    removed = 0
    while True:
        async with process.db.transaction() as tx:
            orphans = await handlers.give_up_orphans(tx)
        if not orphans:
            return removed
        await handlers.remove_objects(files, orphans)
        async with process.db.transaction() as tx:
            await handlers.forget(tx, orphans)
        removed += len(orphans)
        log.info("orphans_removed", count=len(orphans))

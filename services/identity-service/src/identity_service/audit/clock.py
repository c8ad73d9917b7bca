"""Sealing the audit log as it grows, and checking it on request."""

import sys
from collections.abc import Sequence

import structlog

from identity_service.audit import handlers
from identity_service.audit.chain import Head
from shared.service import Process

log = structlog.get_logger()


async def seal(process: Process) -> None:
    """Seal all that waits. The head goes into the log: kept elsewhere, it betrays a shortened chain."""
    while True:
        async with process.db.transaction() as tx:
            head = await handlers.seal_waiting(tx)
        if head is None:
            return
        log.info("audit_sealed", head=str(head))


async def verify(process: Process, arguments: Sequence[str]) -> None:
    """`audit-verify [POSITION:HASH]`: exits with 1 at the first fault; the head may be given."""
    try:
        expected = Head.parse(arguments[0]) if arguments else None
    except ValueError:
        sys.exit("audit log: give the head as it was shown, POSITION:HASH")
    await seal(process)
    verdict = await handlers.verify_chain(process.db, expected)
    if verdict.fault:
        sys.exit(f"audit log: broken. {verdict.fault}; whole up to {verdict.head}")
    print(f"audit log: whole, {verdict.head.position} entries, head {verdict.head}")

"""Noting what was refused: the refusal undoes its own transaction, so the note needs another."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from identity_service.audit.domain import Action, By, Target, Values
from identity_service.audit.handlers import record
from shared.db import Database
from shared.errors import Forbidden, Invalid, NotFound, Unauthenticated


@asynccontextmanager
async def refusals_noted(
    db: Database,
    by: By,
    action: Action,
    target: Target | None = None,
    named: Values | None = None,
) -> AsyncIterator[None]:
    """Write an entry with the reason when the block refuses what was asked, and refuse it still.

    `named` is what they said who they are, where that may be nobody.
    Tries that a limit stopped are not noted: those it let through are, and they are the fewer.
    """
    try:
        yield
    except (Unauthenticated, Forbidden, NotFound, Invalid) as refusal:
        async with db.transaction() as tx:
            await record(
                tx, by, action, target=target, after={"reason": refusal.slug(), **(named or {})}
            )
        raise

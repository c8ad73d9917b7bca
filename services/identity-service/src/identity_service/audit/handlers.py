"""Writing the audit log: one call, in the transaction of what it tells about."""

from datetime import datetime

from identity_service.audit import queries
from identity_service.audit.domain import Action, By, Target, Values, recorded
from shared.db import Tx


async def record(
    tx: Tx,
    by: By,
    action: Action,
    *,
    target: Target | None = None,
    before: Values | None = None,
    after: Values | None = None,
    occurred_at: datetime | None = None,
) -> None:
    """Note who did what to whom; it is true exactly when the transaction commits.

    `before` and `after` hold the few fields that matter, never a secret; names, addresses and
    numbers of people are masked here. `occurred_at` is for what happened elsewhere and earlier.
    """
    await queries.insert_entry(
        tx, by, action, target, recorded(before), recorded(after), occurred_at
    )

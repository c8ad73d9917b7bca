"""Writing the audit log: one call, in the transaction of what it tells about.

The chain of hashes is made afterwards, by one clock at a time: a writer who had to know the hash before
theirs would make everybody who logs in wait for everybody else.
"""

from collections.abc import Sequence
from datetime import datetime

from identity_service.audit import queries
from identity_service.audit.chain import Head, Verdict, checked
from identity_service.audit.domain import Action, By, Difference, Target, Values, recorded
from identity_service.audit.schemas import SearchAudit
from shared.db import Database, Tx
from shared.events.base import Envelope
from shared.events.ticket import TicketDeleted, TicketEvent, TicketRestored

_SEALED_AT_ONCE = 2_000
_CHECKED_AT_ONCE = 5_000


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


async def record_all(
    tx: Tx, by: By, action: Action, changes: Sequence[tuple[Target, Difference]]
) -> None:
    """As `record`, the same done to many things at once."""
    if changes:
        await queries.insert_entries(
            tx,
            by,
            action,
            [target for target, _ in changes],
            [recorded(change["before"]) for _, change in changes],
            [recorded(change["after"]) for _, change in changes],
        )


async def seal_waiting(tx: Tx) -> Head | None:
    """Give the oldest entries that wait their places in the chain; None when none waits.

    Their order is that of sealing: an entry whose transaction was slow comes after later ones.
    """
    if not await queries.may_seal(tx):
        return None
    entries = await queries.waiting_entries(tx, _SEALED_AT_ONCE)
    if not entries:
        return None
    heads = [await queries.head(tx)]
    for entry in entries:
        heads.append(heads[-1].next(dict(entry)))
    await queries.insert_seals(tx, [entry["id"] for entry in entries], heads[1:])
    return heads[-1]


async def verify_chain(db: Database, expected: Head | None = None) -> Verdict:
    """Read the whole chain; `expected` is a head noted earlier, which must still be a part of it."""
    head, is_met = Head(), expected is None or expected == Head()
    while True:
        async with db.read() as connection:
            rows = await queries.seals_after(connection, head.position, _CHECKED_AT_ONCE)
        for row in rows:
            verdict = checked(head, dict(row))
            if verdict.fault:
                return verdict
            head = verdict.head
            is_met = is_met or head == expected
        if len(rows) < _CHECKED_AT_ONCE:
            break
    if not is_met:
        return Verdict(head, f"{expected} is not a part of the chain")
    async with db.read() as connection:
        lost = await queries.unsealed_entry(connection)
    return Verdict(head, f"entry {lost} has no seal" if lost else "")


async def note_export(tx: Tx, by: By, wanted: SearchAudit) -> None:
    """Whoever takes entries away leaves one."""
    sought = wanted.model_dump(mode="json", exclude_defaults=True)
    if "person" in sought:
        sought["name"] = sought.pop("person")
    await record(tx, by, Action.AUDIT_EXPORTED, after=sought)


async def note_ticket_deleted(tx: Tx, envelope: Envelope, event: TicketDeleted) -> None:
    """Somebody took a ticket out of sight in ticket-service."""
    await _note_ticket(tx, envelope, event, Action.TICKET_DELETED)


async def note_ticket_restored(tx: Tx, envelope: Envelope, event: TicketRestored) -> None:
    """Somebody brought a deleted ticket back."""
    await _note_ticket(tx, envelope, event, Action.TICKET_RESTORED)


async def _note_ticket(tx: Tx, envelope: Envelope, event: TicketEvent, action: Action) -> None:
    """The event does not say from where; the request's id leads to the lines of the logs.

    The words of a reason stay with the ticket: they may name people, and could not be erased here.
    """
    await record(
        tx,
        By(event.actor.kind, event.actor.id),
        action,
        target=Target("ticket", event.ticket.id, event.ticket.number),
        occurred_at=envelope.time,
    )

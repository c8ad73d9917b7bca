"""Rows of service lines, by number; customers and nodes must be there already."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from identity_service.areas.queries import areas_keyed
from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, before_and_after
from identity_service.imports.domain import Import
from identity_service.imports.outcomes import Numbered, Outcome, first_ones, must_be_all
from identity_service.imports.rows import LineRow
from identity_service.lines import queries
from identity_service.lines.domain import Line, changes, target_of
from identity_service.users.queries import owners_with_emails
from shared import outbox
from shared.db import Tx
from shared.errors import FieldError
from shared.events.identity import LineCreated, LineUpdated
from shared.ids import derived_id
from shared.tracing import present_cause

_UNKNOWN_CUSTOMER = FieldError(
    "/email", "There is no customer with this address.", "unknown_customer"
)
_UNKNOWN_AREA = FieldError("/area", "There is no such node in the network.", "unknown_area")


async def write_lines(tx: Tx, job: Import, by: By, rows: Numbered) -> Outcome:
    """Make and change these lines, or in a dry run only say what would be."""
    outcome = Outcome()
    wanted = await first_ones(tx, job, rows, outcome)
    asked = [(n, row) for n, row in wanted if isinstance(row, LineRow)]
    owners = await owners_with_emails(tx, {row.email for _, row in asked})
    areas = await areas_keyed(tx, {row.area for _, row in asked if row.area})
    ids = {key: area.id for key, area in areas.items()}
    known = await queries.lock_lines_numbered(tx, [row.number for _, row in asked])
    new: list[Line] = []
    edited: list[tuple[Line, Line]] = []
    for number, row in asked:
        if not _is_placed(number, row, owners, ids, outcome):
            continue
        before = known.get(row.number)
        after = _line(row, before, owners[row.email], ids.get(row.area or ""))
        if before is None:
            new.append(after)
        elif job.updates and after != before:
            edited.append((before, replace(after, version=before.version + 1)))
        else:
            outcome.unchanged += 1
    outcome.created, outcome.updated = len(new), len(edited)
    if not job.is_dry_run:
        await _write(tx, by, new, edited)
    return outcome


async def _write(tx: Tx, by: By, new: Sequence[Line], edited: Sequence[tuple[Line, Line]]) -> None:
    cause = present_cause()
    if new:
        must_be_all(await queries.insert_lines(tx, new), new)
        created = [(line.id, line.version, LineCreated(line=line.facts()), cause) for line in new]
        await outbox.add_all(tx, created)
    if edited:
        saved = [after for _, after in edited]
        await queries.save_lines(tx, saved)
        updated = [(line.id, line.version, LineUpdated(line=line.facts()), cause) for line in saved]
        await outbox.add_all(tx, updated)
    told = [
        (target_of(after), before_and_after(changes(before, after))) for before, after in edited
    ]
    await audit.record_all(tx, by, Action.LINE_CHANGED, told)


def _is_placed(
    number: int,
    row: LineRow,
    owners: Mapping[str, UUID],
    areas: Mapping[str, UUID],
    outcome: Outcome,
) -> bool:
    """Whether the customer and the node exist; says so where they do not."""
    has_owner = row.email in owners
    if not has_owner:
        outcome.refuse(number, "email", row.email, _UNKNOWN_CUSTOMER)
    has_area = row.area is None or row.area in areas
    if not has_area:
        outcome.refuse(number, "area", row.area, _UNKNOWN_AREA)
    return has_owner and has_area


def _line(row: LineRow, before: Line | None, owner: UUID, area: UUID | None) -> Line:
    given: dict[str, Any] = {
        "user_id": owner,
        "plan": row.plan,
        "address": row.address,
        **({"area_id": area} if area else {}),
        **({"state": row.state} if row.state else {}),
        **({} if row.latitude is None else {"latitude": row.latitude, "longitude": row.longitude}),
    }
    blank = Line(derived_id("line", row.number), 1, row.number, owner, "", "", None, "active")
    return replace(before or blank, **given)

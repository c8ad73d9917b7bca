"""Rows of the network tree. Each pass makes one kind of node, so that parents are there already."""

from collections.abc import Mapping
from uuid import UUID

from identity_service.areas import handlers as areas
from identity_service.areas import queries
from identity_service.areas.domain import KINDS, Area, AreaMisplaced
from identity_service.areas.schemas import EditArea
from identity_service.audit.domain import By
from identity_service.imports.domain import Import
from identity_service.imports.outcomes import Numbered, Outcome, first_ones
from identity_service.imports.queries import kinds_of_keys
from identity_service.imports.rows import AreaRow
from shared import outbox
from shared.db import Tx
from shared.errors import FieldError
from shared.events.identity import AreaCreated
from shared.ids import derived_id
from shared.tracing import present_cause

_OTHER_KIND = FieldError("/kind", "The kind of a node never changes.", "other_kind")
_NO_PARENT = FieldError("/parent", "Everything but a region needs a parent.", "no_parent")
_UNKNOWN_PARENT = FieldError("/parent", "There is no such node in the network.", "unknown_area")
_MISPLACED = FieldError("/parent", AreaMisplaced.title(), "misplaced")


async def write_areas(tx: Tx, job: Import, by: By, rows: Numbered) -> Outcome:
    """Make and change these nodes, or in a dry run only say what would be."""
    outcome = Outcome()
    await queries.lock_tree(tx)
    wanted = [(n, r) for n, r in await first_ones(tx, job, rows, outcome) if isinstance(r, AreaRow)]
    known = await queries.areas_keyed(tx, {row.key for _, row in wanted})
    parents = await _parents(tx, job, {row.parent for _, row in wanted if row.parent})
    new: list[Area] = []
    for number, row in wanted:
        before = known.get(row.key)
        if fault := _fault(row, before, parents):
            outcome.refuse(number, *fault)
        elif before is None:
            new.append(_new(row))
        elif not job.updates or not (command := _changes(row, before)):
            outcome.unchanged += 1
        else:
            outcome.updated += 1
            if not job.is_dry_run:
                await areas.edit_area(tx, by, before.id, EditArea(**command), None)
    outcome.created = len(new)
    if not job.is_dry_run:
        await _make(tx, new)
    return outcome


async def _make(tx: Tx, new: list[Area]) -> None:
    await queries.insert_areas(tx, new)
    made = await queries.areas_keyed(tx, [area.key for area in new])
    cause = present_cause()
    await outbox.add_all(
        tx, [(a.id, a.version, AreaCreated(area=a.facts()), cause) for a in made.values()]
    )


async def _parents(tx: Tx, job: Import, keys: set[str]) -> dict[str, str]:
    """The kinds of parents by key; a dry run counts those that the file itself would make."""
    promised: dict[str, str] = {}
    if job.is_dry_run and job.run_id:
        promised = await kinds_of_keys(tx, job.run_id, keys)
    found = await queries.areas_keyed(tx, keys)
    return promised | {key: area.kind for key, area in found.items()}


def _fault(
    row: AreaRow, before: Area | None, parents: Mapping[str, str]
) -> tuple[str, object, FieldError] | None:
    level = KINDS.index(row.kind)
    if before and before.kind != row.kind:
        return "kind", row.kind, _OTHER_KIND
    if row.parent is None:
        return ("parent", "", _NO_PARENT) if level and before is None else None
    if row.parent not in parents:
        return "parent", row.parent, _UNKNOWN_PARENT
    if not level or parents[row.parent] != KINDS[level - 1]:
        return "parent", row.parent, _MISPLACED
    return None


def _new(row: AreaRow) -> Area:
    parent = _id(row.parent) if row.parent else None
    return Area(
        _id(row.key),
        1,
        row.key,
        row.kind,
        row.name,
        parent,
        (),
        is_active=row.is_active is not False,
    )


def _changes(row: AreaRow, before: Area) -> dict[str, object]:
    wanted = {
        "name": row.name,
        **({"is_active": row.is_active} if row.is_active is not None else {}),
        **({"parent_id": _id(row.parent)} if row.parent else {}),
    }
    return {name: value for name, value in wanted.items() if getattr(before, name) != value}


def _id(key: str) -> UUID:
    return derived_id("area", key)

"""Making and changing service lines."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

from identity_service.areas import queries as areas
from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, before_and_after
from identity_service.lines import queries
from identity_service.lines.domain import (
    Line,
    LineChangedMeanwhile,
    LineExists,
    LineNotFound,
    UnknownArea,
    UnknownCustomer,
    changes,
    must_be_whole,
    target_of,
)
from identity_service.lines.schemas import CreateLine, EditLine, LineOut
from identity_service.users import queries as users
from shared import outbox
from shared.db import Tx
from shared.events.base import Event
from shared.events.identity import LineCreated, LineSnapshot, LineUpdated
from shared.ids import derived_id

_EMPTIABLE = ("area_id", "latitude", "longitude")


async def create_line(tx: Tx, by: By, command: CreateLine) -> LineOut:
    """Give a customer a line."""
    line = Line(derived_id("line", command.number), 1, **command.model_dump())
    must_be_whole(line)
    await _check_customer(tx, line.user_id)
    await _check_area(tx, line.area_id)
    if not await queries.insert_line(tx, line):
        raise LineExists(number=command.number)
    await outbox.add(tx, line.id, line.version, LineCreated(line=line.facts()))
    await audit.record(tx, by, Action.LINE_CREATED, target=target_of(line))
    return await _shown(tx, line.id)


async def edit_line(
    tx: Tx, by: By, line_id: UUID, command: EditLine, expected: int | None
) -> LineOut:
    """Change a line's plan, address, place, area, owner or state."""
    line = await queries.lock_line(tx, line_id)
    if line is None:
        raise LineNotFound
    if expected not in (None, line.version):
        raise LineChangedMeanwhile(version=line.version)
    given = command.given()
    wanted = replace(line, **{k: v for k, v in given.items() if v is not None or k in _EMPTIABLE})
    must_be_whole(wanted)
    if wanted.user_id != line.user_id:
        await _check_customer(tx, wanted.user_id)
    if wanted.area_id != line.area_id:
        await _check_area(tx, wanted.area_id)
    if wanted != line:
        saved = await queries.save_line(tx, wanted)
        await outbox.add(tx, saved.id, saved.version, LineUpdated(line=saved.facts()))
        told = before_and_after(changes(line, saved))
        await audit.record(tx, by, Action.LINE_CHANGED, target=target_of(saved), **told)
    return await _shown(tx, line_id)


async def line_snapshots(tx: Tx) -> AsyncIterator[tuple[UUID, int, Event]]:
    """The full state of every line."""
    async for line in queries.lines_for_snapshot(tx):
        yield line.id, line.version, LineSnapshot(line=line.facts())


async def _check_customer(tx: Tx, user_id: UUID) -> None:
    user = await users.user_by_id(tx, user_id)
    if user is None or user.kind != "customer":
        raise UnknownCustomer


async def _check_area(tx: Tx, area_id: UUID | None) -> None:
    if area_id is not None and await areas.area_by_id(tx, area_id) is None:
        raise UnknownArea


async def _shown(tx: Tx, line_id: UUID) -> LineOut:
    line = await queries.line_out(tx, None, line_id)
    if line is None:
        raise LineNotFound
    return line

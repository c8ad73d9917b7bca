"""Making and changing service lines."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

from identity_service.areas import queries as areas
from identity_service.lines import queries
from identity_service.lines.domain import (
    Line,
    LineChangedMeanwhile,
    LineExists,
    LineNotFound,
    UnknownArea,
    UnknownCustomer,
)
from identity_service.lines.schemas import CreateLine, EditLine, LineOut
from identity_service.users import queries as users
from shared import outbox
from shared.db import Tx
from shared.events.base import Event
from shared.events.identity import LineCreated, LineSnapshot, LineUpdated
from shared.ids import derived_id


async def create_line(tx: Tx, command: CreateLine) -> LineOut:
    """Give a customer a line."""
    line = Line(derived_id("line", command.number), 1, **command.model_dump())
    await _check_customer(tx, line.user_id)
    await _check_area(tx, line.area_id)
    if not await queries.insert_line(tx, line):
        raise LineExists(number=command.number)
    await outbox.add(tx, line.id, line.version, LineCreated(line=line.facts()))
    return await _shown(tx, line.id)


async def edit_line(tx: Tx, line_id: UUID, command: EditLine, expected: int | None) -> LineOut:
    """Change a line's plan, address, area, owner or state."""
    line = await queries.lock_line(tx, line_id)
    if line is None:
        raise LineNotFound
    if expected not in (None, line.version):
        raise LineChangedMeanwhile(version=line.version)
    given = command.given()
    wanted = replace(line, **{k: v for k, v in given.items() if v is not None or k == "area_id"})
    if wanted.user_id != line.user_id:
        await _check_customer(tx, wanted.user_id)
    if wanted.area_id != line.area_id:
        await _check_area(tx, wanted.area_id)
    if wanted != line:
        saved = await queries.save_line(tx, wanted)
        await outbox.add(tx, saved.id, saved.version, LineUpdated(line=saved.facts()))
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

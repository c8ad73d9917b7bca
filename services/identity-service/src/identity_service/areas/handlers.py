"""Growing, renaming and re-hanging the network tree."""

from collections.abc import AsyncIterator
from uuid import UUID

from identity_service.areas import queries
from identity_service.areas.domain import (
    Area,
    AreaChangedMeanwhile,
    AreaExists,
    AreaMisplaced,
    AreaNotFound,
    below,
    changes,
    edited,
    moved_along,
    target_of,
)
from identity_service.areas.schemas import CreateArea, EditArea
from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, before_and_after
from shared import outbox
from shared.db import Tx
from shared.events.base import Event
from shared.events.identity import AreaCreated, AreaSnapshot, AreaUpdated
from shared.ids import derived_id


async def create_area(tx: Tx, by: By, command: CreateArea) -> Area:
    """Add a node to the tree."""
    await queries.lock_tree(tx)
    area_id = derived_id("area", command.key)
    bare = Area(area_id, 1, command.key, command.kind, command.name, None, (), is_active=True)
    area = below(bare, await _parent(tx, command.parent_id))
    if not await queries.insert_area(tx, area):
        raise AreaExists(key=command.key)
    await outbox.add(tx, area.id, area.version, AreaCreated(area=area.facts()))
    await audit.record(tx, by, Action.AREA_CREATED, target=target_of(area))
    return area


async def edit_area(tx: Tx, by: By, area_id: UUID, command: EditArea, expected: int | None) -> Area:
    """Rename a node, switch it off or on, or hang it elsewhere with all that is below it."""
    await queries.lock_tree(tx)
    subtree = {area.id: area for area in await queries.lock_subtree(tx, area_id)}
    area = subtree.pop(area_id, None)
    if area is None:
        raise AreaNotFound
    if expected not in (None, area.version):
        raise AreaChangedMeanwhile(version=area.version)
    given = command.given()
    wanted = edited(area, {k: v for k, v in given.items() if v is not None})
    if "parent_id" in given:
        wanted = below(wanted, await _parent(tx, command.parent_id))
    if wanted == area:
        return area
    saved = await _save(tx, wanted)
    if saved.path != area.path:
        for node in subtree.values():
            await _save(tx, moved_along(node, area, saved))
    told = before_and_after(changes(area, saved))
    await audit.record(tx, by, Action.AREA_CHANGED, target=target_of(saved), **told)
    return saved


async def area_snapshots(tx: Tx) -> AsyncIterator[tuple[UUID, int, Event]]:
    """The full state of every node."""
    async for area in queries.areas_for_snapshot(tx):
        yield area.id, area.version, AreaSnapshot(area=area.facts())


async def _save(tx: Tx, area: Area) -> Area:
    saved = await queries.save_area(tx, area)
    await outbox.add(tx, saved.id, saved.version, AreaUpdated(area=saved.facts()))
    return saved


async def _parent(tx: Tx, parent_id: UUID | None) -> Area | None:
    if parent_id is None:
        return None
    parent = await queries.area_by_id(tx, parent_id)
    if parent is None:
        raise AreaMisplaced
    return parent

"""Making and changing categories, and the eight that an internet provider starts with."""

from collections.abc import AsyncIterator
from uuid import UUID

from shared import outbox
from shared.db import Tx
from shared.errors import Conflict, FieldError, Invalid, NotFound, Stale
from shared.events.base import Event
from shared.events.ticket import (
    CategoryCreated,
    CategoryFacts,
    CategorySnapshot,
    CategoryUpdated,
)
from shared.ids import derived_id
from ticket_service.catalog import queries
from ticket_service.catalog.schemas import CategoryOut, CreateCategory, EditCategory
from ticket_service.directory import queries as directory

DEFAULTS = (
    CreateCategory(
        slug="down",
        name_id="Internet mati",
        name_en="No internet",
        urgency="high",
        position=1,
    ),
    CreateCategory(slug="slow", name_id="Internet lambat", name_en="Slow internet", position=2),
    CreateCategory(
        slug="intermittent",
        name_id="Putus-nyambung",
        name_en="Keeps dropping",
        position=3,
    ),
    CreateCategory(slug="wifi", name_id="Masalah Wi-Fi", name_en="Wi-Fi problem", position=4),
    CreateCategory(slug="billing", name_id="Tagihan", name_en="Billing", urgency="low", position=5),
    CreateCategory(
        slug="relocation",
        name_id="Pindah alamat",
        name_en="Moving house",
        urgency="low",
        position=6,
    ),
    CreateCategory(
        slug="new-service",
        name_id="Pasang baru atau ganti paket",
        name_en="New service or plan",
        urgency="low",
        position=7,
    ),
    CreateCategory(
        slug="other",
        name_id="Lainnya",
        name_en="Something else",
        urgency="low",
        position=8,
    ),
)


class CategoryNotFound(NotFound):
    """There is no such category."""


class CategoryExists(Conflict):
    """There is a category with this short name already."""


class CategoryChangedMeanwhile(Stale):
    """Somebody else changed this category meanwhile."""


async def create_default_categories(tx: Tx) -> None:
    """Make those of the eight that are missing; what admins changed stays."""
    for command in DEFAULTS:
        await _create(tx, command)


async def create_category(tx: Tx, command: CreateCategory) -> CategoryOut:
    """Add a category."""
    await _must_know_team(tx, command.team_id)
    if not await _create(tx, command):
        raise CategoryExists(slug=command.slug)
    return await _shown(tx, command.slug)


async def edit_category(
    tx: Tx, slug: str, command: EditCategory, expected: int | None
) -> CategoryOut:
    """Change a category; tickets that have it keep it."""
    row = await queries.lock_category(tx, slug)
    if row is None:
        raise CategoryNotFound
    if expected is not None and expected != row["version"]:
        raise CategoryChangedMeanwhile(version=row["version"])
    given = command.model_dump(exclude_unset=True)
    wanted = {k: v for k, v in given.items() if v is not None or k == "team_id"}
    await _must_know_team(tx, wanted.get("team_id"))
    values = dict(row) | wanted
    if values != dict(row):
        version = await queries.update_category(tx, row["id"], values)
        event = CategoryUpdated(category=queries.facts(values))
        await outbox.add(tx, row["id"], version, event)
    return await _shown(tx, slug)


async def category_snapshots(tx: Tx) -> AsyncIterator[tuple[UUID, int, Event]]:
    """The full state of every category."""
    async for version, facts in queries.category_facts(tx):
        yield facts.id, version, CategorySnapshot(category=facts)


async def _create(tx: Tx, command: CreateCategory) -> bool:
    category_id = derived_id("category", command.slug)
    if not await queries.insert_category(tx, category_id, command):
        return False
    facts = CategoryFacts(
        id=category_id,
        slug=command.slug,
        name={"id": command.name_id, "en": command.name_en},
        team_id=command.team_id,
    )
    await outbox.add(tx, category_id, 1, CategoryCreated(category=facts))
    return True


async def _must_know_team(tx: Tx, team_id: UUID | None) -> None:
    if team_id is not None and await directory.active_team_name(tx, team_id) is None:
        raise Invalid(FieldError("/team_id", "There is no such team.", "unknown_team"))


async def _shown(tx: Tx, slug: str) -> CategoryOut:
    found = await queries.category_by_slug(tx, slug)
    assert found is not None
    return found

"""All SQL of categories."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from shared.db import Row, Tx
from shared.events.ticket import CategoryFacts
from ticket_service.catalog.schemas import CategoryOut, CreateCategory


async def categories(connection: Tx, *, with_inactive: bool) -> list[CategoryOut]:
    """Every category in its order."""
    rows = await connection.fetch(
        """
        SELECT c.*, coalesce(g.name, '') AS team_name
        FROM category c LEFT JOIN team g ON g.id = c.team_id
        WHERE c.is_active OR $1 ORDER BY c.position, c.slug
        """,
        with_inactive,
    )
    return [category_out(row) for row in rows]


async def insert_category(tx: Tx, category_id: UUID, command: CreateCategory) -> bool:
    """Store a new category as version 1; False when the slug is taken."""
    inserted = await tx.fetchval(
        """
        INSERT INTO category (id, version, slug, name_id, name_en, urgency, team_id, position)
        VALUES ($1, 1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT DO NOTHING RETURNING true
        """,
        category_id,
        command.slug,
        command.name_id,
        command.name_en,
        command.urgency,
        command.team_id,
        command.position,
    )
    return bool(inserted)


async def lock_category(tx: Tx, slug: str) -> Row | None:
    """Lock a category's row."""
    return await tx.fetchrow("SELECT * FROM category WHERE slug = $1 FOR UPDATE", slug)


async def update_category(tx: Tx, category_id: UUID, values: dict[str, Any]) -> int:
    """Store new values of a locked category; returns its new version."""
    version: int = await tx.fetchval(
        """
        UPDATE category SET version = version + 1, name_id = $2, name_en = $3, urgency = $4,
            team_id = $5, position = $6, is_active = $7
        WHERE id = $1 RETURNING version
        """,
        category_id,
        values["name_id"],
        values["name_en"],
        values["urgency"],
        values["team_id"],
        values["position"],
        values["is_active"],
    )
    return version


async def category_by_slug(connection: Tx, slug: str) -> CategoryOut | None:
    """One category, active or not."""
    row = await connection.fetchrow(
        """
        SELECT c.*, coalesce(g.name, '') AS team_name
        FROM category c LEFT JOIN team g ON g.id = c.team_id WHERE c.slug = $1
        """,
        slug,
    )
    return category_out(row) if row else None


async def category_facts(tx: Tx) -> AsyncIterator[tuple[int, CategoryFacts]]:
    """Every category with its version, for snapshots."""
    for row in await tx.fetch("SELECT * FROM category ORDER BY id"):
        yield row["version"], facts(row)


def facts(row: Row | dict[str, Any]) -> CategoryFacts:
    """A category as events show it."""
    return CategoryFacts(
        id=row["id"],
        slug=row["slug"],
        name={"id": row["name_id"], "en": row["name_en"]},
        team_id=row["team_id"],
        is_active=row["is_active"],
    )


def category_out(row: Row) -> CategoryOut:
    """A category as an answer."""
    return CategoryOut(
        slug=row["slug"],
        name={"id": row["name_id"], "en": row["name_en"]},
        urgency=row["urgency"],
        team_id=row["team_id"],
        team_name=row["team_name"],
        position=row["position"],
        is_active=row["is_active"],
        version=row["version"],
    )

"""All SQL of the copy of categories."""

from shared.db import Tx
from shared.events.ticket import CategoryFacts


async def upsert_category(tx: Tx, category: CategoryFacts) -> None:
    """Keep what is now true of a category."""
    await tx.execute(
        """
        INSERT INTO category (id, slug, name, team_id, is_active) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO UPDATE SET slug = $2, name = $3, team_id = $4, is_active = $5
        """,
        category.id,
        category.slug,
        category.name,
        category.team_id,
        category.is_active,
    )

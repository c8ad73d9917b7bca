"""Learning from ticket-service what a ticket can be about."""

from typing import Any

from analytics_service.catalog import queries
from shared.db import Tx
from shared.events.base import Envelope


async def learn_category(tx: Tx, _: Envelope, event: Any) -> None:
    """Keep a category's present state."""
    await queries.upsert_category(tx, event.category)

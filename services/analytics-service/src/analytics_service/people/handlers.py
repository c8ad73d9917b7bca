"""Learning from identity-service's events; each keeps the newest state."""

from typing import Any

from analytics_service.people import queries
from shared.db import Tx
from shared.erasure import forget_in_transit
from shared.events.base import Envelope
from shared.events.identity import UserErased


async def learn_person(tx: Tx, _: Envelope, event: Any) -> None:
    """Keep a person's present state."""
    await queries.upsert_person(tx, event.user)


async def forget_person(tx: Tx, _: Envelope, event: UserErased) -> None:
    """Remove a person's name; the figures keep the id."""
    await queries.erase_person(tx, event.user_id)
    await forget_in_transit(tx, event.user_id)


async def learn_team(tx: Tx, _: Envelope, event: Any) -> None:
    """Keep a team's present state."""
    await queries.upsert_team(tx, event.team)

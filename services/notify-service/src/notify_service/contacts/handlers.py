"""Learning from identity-service's events; each keeps the newest state, so a snapshot is no different."""

from typing import Any

from notify_service.contacts import queries
from notify_service.intents import queries as intents
from shared.db import Tx
from shared.erasure import forget_in_transit
from shared.events import identity
from shared.events.base import Envelope


async def learn_contact(tx: Tx, _: Envelope, event: Any) -> None:
    """Keep a person's present state, and free the messages that waited for their address."""
    await queries.upsert_contact(tx, event.user)
    await intents.free_waiting(tx, event.user.id)


async def forget_contact(tx: Tx, _: Envelope, event: identity.UserErased) -> None:
    """Remove a person's data, also from what was told about their tickets."""
    await intents.forget_person(tx, event.user_id)
    await queries.erase_contact(tx, event.user_id)
    await forget_in_transit(tx, event.user_id)


async def learn_team(tx: Tx, _: Envelope, event: Any) -> None:
    """Keep a team's present state."""
    await queries.upsert_team(tx, event.team)

"""Learning from identity-service's events; each keeps the newest state, so a snapshot is no different."""

from typing import Any

from shared.db import Tx
from shared.events.base import Envelope
from ticket_service.directory import queries


async def learn_person(tx: Tx, _: Envelope, event: Any) -> None:
    """Keep a person's present state."""
    await queries.upsert_person(tx, event.user)


async def learn_team(tx: Tx, _: Envelope, event: Any) -> None:
    """Keep a team's present state."""
    await queries.upsert_team(tx, event.team)


async def learn_organisation(tx: Tx, _: Envelope, event: Any) -> None:
    """Keep an organisation's present state."""
    await queries.upsert_organisation(tx, event.organisation)


async def learn_area(tx: Tx, _: Envelope, event: Any) -> None:
    """Keep an area's present state."""
    await queries.upsert_area(tx, event.area)


async def learn_line(tx: Tx, _: Envelope, event: Any) -> None:
    """Keep a service line's present state."""
    await queries.upsert_line(tx, event.line)

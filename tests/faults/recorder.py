"""A service whose only work is to write down which ticket events it applied, and in which order."""

from pathlib import Path
from typing import Any

from pydantic_settings import SettingsConfigDict

from shared.consumer import Subscription
from shared.db import Tx
from shared.events import ticket
from shared.events.base import Envelope
from shared.service import Service, Worker
from shared.settings import ServiceSettings

MIGRATIONS = Path(__file__).with_name("migrations")


class RecorderSettings(ServiceSettings):
    """Settings from environment variables that start with `RECORDER_`."""

    model_config = SettingsConfigDict(
        env_prefix="RECORDER_", frozen=True, extra="ignore", populate_by_name=True
    )


async def record(tx: Tx, envelope: Envelope, event: Any) -> None:
    """Note an event."""
    await tx.execute(
        "INSERT INTO applied (event_id, type, aggregate_id, version) VALUES ($1, $2, $3, $4)",
        envelope.id,
        envelope.type,
        envelope.subject,
        envelope.sequence,
    )


SERVICE = Service(
    name="recorder",
    settings=RecorderSettings,
    routers=(),
    events=(),
    worker=Worker(
        subscription=Subscription.of(
            "recorder",
            {c: record for c in ticket.CONTRACTS if c.family() == "ticket" and not c.is_snapshot()},
        )
    ),
    migrations=MIGRATIONS,
)

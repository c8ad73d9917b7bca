"""Composes ticket-service."""

from pathlib import Path

from fastapi import FastAPI

from shared.events import ticket as events
from shared.files import Files
from shared.links import LinkKeys
from shared.service import Process, Service
from ticket_service.attachments.routes import MAX_UPLOAD_BYTES
from ticket_service.attachments.routes import router as attachments
from ticket_service.catalog.handlers import (
    category_snapshots,
    create_default_categories,
)
from ticket_service.catalog.routes import router as catalog
from ticket_service.conversation.routes import router as conversation
from ticket_service.directory.routes import router as directory
from ticket_service.feedback.routes import router as feedback
from ticket_service.own_data.routes import router as own_data
from ticket_service.settings import TicketSettings
from ticket_service.tickets.routes import router as tickets
from ticket_service.worker import WORKER, ticket_snapshots


def _prepare(app: FastAPI, process: Process) -> None:
    assert isinstance(process.settings, TicketSettings)
    app.state.link_keys = LinkKeys.parse(process.settings.link_keys)
    app.state.files = Files.at(process.settings.files_url)


async def _after_migrate(process: Process) -> None:
    async with process.db.transaction() as tx:
        await create_default_categories(tx)


SERVICE = Service(
    name="ticket-service",
    settings=TicketSettings,
    routers=(attachments, catalog, conversation, directory, feedback, own_data, tickets),
    events=events.CONTRACTS,
    worker=WORKER,
    migrations=Path(__file__).parents[2] / "migrations",
    snapshots={"ticket": ticket_snapshots, "category": category_snapshots},
    prepare=_prepare,
    body_limits={"/attachments": MAX_UPLOAD_BYTES},
    after_migrate=_after_migrate,
)

"""Composes notify-service."""

from pathlib import Path

from fastapi import FastAPI

from notify_service.inbox.routes import router as inbox
from notify_service.intents.messages import Mailer
from notify_service.intents.rendering import own_templates
from notify_service.intents.routes import router as intents
from notify_service.own_data.routes import router as own_data
from notify_service.settings import NotifySettings
from notify_service.worker import WORKER
from shared.events import notify as events
from shared.service import Process, Service


def _prepare(app: FastAPI, process: Process) -> None:
    assert isinstance(process.settings, NotifySettings)
    app.state.templates = own_templates()
    app.state.mailer = Mailer.parse(process.settings.mail_from, process.settings.brand_name)


SERVICE = Service(
    name="notify-service",
    settings=NotifySettings,
    routers=(inbox, intents, own_data),
    events=events.CONTRACTS,
    worker=WORKER,
    migrations=Path(__file__).parents[2] / "migrations",
    prepare=_prepare,
    plans_once=True,
)

"""Composes analytics-service."""

from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI

from analytics_service.reports.routes import router as reports
from analytics_service.settings import AnalyticsSettings
from analytics_service.worker import WORKER
from shared.events import analytics as events
from shared.service import Process, Service


def _prepare(app: FastAPI, process: Process) -> None:
    app.state.zone = ZoneInfo(process.settings.time_zone)


SERVICE = Service(
    name="analytics-service",
    settings=AnalyticsSettings,
    routers=(reports,),
    events=events.CONTRACTS,
    worker=WORKER,
    migrations=Path(__file__).parents[2] / "migrations",
    prepare=_prepare,
    plans_once=True,
)

"""Reports over HTTP."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from analytics_service.reports import queries
from analytics_service.reports.schemas import OverviewOut
from shared.auth import Actor
from shared.dependencies import Permitted, Reader
from shared.permissions import Permission

router = APIRouter(tags=["reports"])

ReportReader = Annotated[Actor, Depends(Permitted(Permission.REPORT_READ))]


@router.get("/reports/overview")
async def read_overview(connection: Reader, _: ReportReader, request: Request) -> OverviewOut:
    return await queries.overview(connection, datetime.now(UTC), request.app.state.zone)

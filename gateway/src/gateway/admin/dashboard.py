"""The figures of the whole portal, each leading to the list behind it."""

import asyncio
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from starlette.responses import Response

from gateway.admin.console import console_page, counts
from gateway.visit import Visit


async def overview(visit: Visit) -> Response:
    """Figures of now and today, and the last 30 days."""
    figures, counted = await asyncio.gather(
        visit.services.analytics.overview(visit.caller), counts(visit)
    )
    begun = day_begun(figures["as_of"], visit.portal.site.time_zone)
    return console_page(visit, "admin/overview.html", counted=counted, figures=figures, begun=begun)


def day_begun(moment: str, zone: str) -> str:
    """When the day of `moment` began in a time zone, as analytics-service counts days."""
    day = datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).date()
    midnight = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    return midnight.strftime("%Y-%m-%dT%H:%M:%SZ")

"""All addresses of the staff console."""

from starlette.responses import Response

from gateway.admin import people, tickets
from gateway.pages import Who, page
from gateway.visit import Visit


async def console(visit: Visit) -> Response:
    """The console begins with the tickets that nobody has yet."""
    return visit.see("/admin/tickets", queue="unassigned")


async def overview(visit: Visit) -> Response:
    """The figures of the whole portal."""
    figures = await visit.services.analytics.overview(visit.caller)
    return visit.page("admin/overview.html", figures=figures)


ROUTES = (
    page("/admin", get=console, who=Who.STAFF),
    page("/admin/overview", get=overview, who=Who.STAFF),
    *tickets.ROUTES,
    *people.ROUTES,
)

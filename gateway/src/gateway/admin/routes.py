"""All addresses of the staff console."""

from starlette.responses import Response

from gateway.admin import (
    api_keys,
    audit,
    categories,
    dashboard,
    erasing,
    impersonation,
    imports,
    lines,
    network,
    organisations,
    people,
    roles,
    teams,
    tickets,
)
from gateway.admin.console import console_page, counts, when
from gateway.admin.rows import rows_of
from gateway.clients import Listing
from gateway.forms import Form
from gateway.pages import Who, page
from gateway.visit import Visit


async def console(visit: Visit) -> Response:
    """The console begins with the tickets that nobody has yet."""
    return visit.see("/admin/tickets", queue="unassigned")


async def style_guide(visit: Visit) -> Response:
    """Every component in both themes, side by side."""
    form = Form.filled(name="Siti Rahma", note="")
    form.errors["email"] = visit.texts("This is not an e-mail address.")
    counted = await counts(visit)
    filters = {"limit": "3", "status": "active"}
    nothing = Listing([], None)
    found = await when(True, lambda: visit.services.tickets.tickets(visit.caller, filters), nothing)
    rows = rows_of(visit, found.items, "queue=all", "")
    return console_page(visit, "admin/styleguide.html", counted=counted, form=form, rows=rows)


async def settings(visit: Visit) -> Response:
    """Every page of the administration that this person may open."""
    return console_page(visit, "admin/settings.html", counted=await counts(visit))


ROUTES = (
    page("/admin", get=console, who=Who.STAFF),
    page("/admin/settings", get=settings, who=Who.STAFF),
    page("/admin/overview", get=dashboard.overview, who=Who.STAFF),
    page("/admin/styleguide", get=style_guide, who=Who.STAFF),
    *tickets.ROUTES,
    *people.ROUTES,
    *erasing.ROUTES,
    *categories.ROUTES,
    *roles.ROUTES,
    *organisations.ROUTES,
    *teams.ROUTES,
    *impersonation.ROUTES,
    *api_keys.ROUTES,
    *audit.ROUTES,
    *network.ROUTES,
    *lines.ROUTES,
    *imports.ROUTES,
)

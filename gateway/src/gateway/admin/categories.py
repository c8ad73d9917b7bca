"""What a ticket can be about: list, add, rename, sort, switch off."""

import asyncio

from starlette.responses import Response

from gateway.admin import forms
from gateway.admin.console import NO_RECORDS, console_page, counts, when
from gateway.forms import Form
from gateway.pages import Who, page
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.errors import NotFound


async def categories(visit: Visit) -> Response:
    """All categories in their order; those that are switched off stand last."""
    return await _categories(visit)


async def add_category(visit: Visit) -> Response:
    """A new one; tickets can have it at once."""
    try:
        await visit.services.tickets.create_category(
            visit.caller, forms.category(visit.form), visit.form.submission_id
        )
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, names={"/slug": "name_id"}, also=(403,))
        return await _categories(visit, "", form)
    return visit.see("/admin/categories", done="saved")


async def edit_category(visit: Visit, slug: str) -> Response:
    """Its names, weight, team, place."""
    return await _changed(visit, slug, forms.edit_category(visit.form))


async def switch_category(visit: Visit, slug: str) -> Response:
    """Offer it for new tickets, or no longer; tickets that have it keep it."""
    return await _changed(visit, slug, {"is_active": visit.form.text("is_active") == "true"})


async def _changed(visit: Visit, slug: str, command: dict[str, object]) -> Response:
    version = visit.form.text("version")
    try:
        await visit.services.tickets.edit_category(visit.caller, slug, command, version)
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, also=(403,))
        return await _categories(visit, slug, form)
    return visit.see("/admin/categories", done="saved")


async def _categories(visit: Visit, slug: str | None = None, form: Form | None = None) -> Response:
    """The page; `slug` names the category whose form came back, an empty one the new category's."""
    if not visit.may("category.edit") and not visit.may("report.read"):
        raise NotFound
    found, teams, counted = await asyncio.gather(
        visit.services.tickets.every_category(visit.caller),
        when(True, lambda: visit.services.identity.teams(visit.caller), NO_RECORDS),
        counts(visit),
    )
    shown = {category["slug"]: forms.of_category(category) for category in found}
    shown[""] = Form.filled(urgency="normal", position=max(c["position"] for c in found) + 10)
    if form is not None and slug in shown:
        shown[slug] = form
    return console_page(
        visit,
        "admin/categories.html",
        form.status if form else 200,
        counted=counted,
        categories=found,
        teams=teams,
        forms=shown,
        failed=slug,
        urgencies=forms.URGENCIES,
    )


_CATEGORY = "/admin/categories/{slug}"
ROUTES = (
    page("/admin/categories", get=categories, post=add_category, who=Who.STAFF),
    page(_CATEGORY, post=edit_category, who=Who.STAFF),
    page(_CATEGORY + "/switch", post=switch_category, who=Who.STAFF),
)

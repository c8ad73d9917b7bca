"""The network tree: looked through from the regions down, added to, renamed, moved, switched off."""

import asyncio
from typing import Any, Final

from starlette.responses import Response

from gateway.admin.console import console_page, counts
from gateway.clients import Listing, Record
from gateway.forms import Form
from gateway.pages import Who, page
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.errors import NotFound

KINDS: Final = ("region", "pop", "olt", "odp")
_PAGE_SIZE: Final = "50"


async def network(visit: Visit) -> Response:
    """The regions, or what was looked for."""
    return await _tree(visit, None)


async def area(visit: Visit, area_id: str) -> Response:
    """One node and what hangs below it."""
    return await _tree(visit, area_id)


async def add_region(visit: Visit) -> Response:
    """A new root."""
    return await _add(visit, None)


async def add_area(visit: Visit, area_id: str) -> Response:
    """A new node below this one."""
    return await _add(visit, area_id)


async def edit_area(visit: Visit, area_id: str) -> Response:
    """Another name, or another place in the tree."""
    form = visit.form
    command: Record = {"name": form.text("name")}
    key = form.text("parent")
    if key:
        parent = await area_keyed(visit, key)
        if parent is None:
            form.errors["parent"] = visit.texts("There is no such node in the network.")
            form.status = 422
            return await _tree(visit, area_id, edited=form)
        command["parent_id"] = parent["id"]
    return await _edited(visit, area_id, command)


async def switch_area(visit: Visit, area_id: str) -> Response:
    """In use, or no longer; what hangs on it stays."""
    return await _edited(visit, area_id, {"is_active": visit.form.text("is_active") == "true"})


async def _edited(visit: Visit, area_id: str, command: Record) -> Response:
    form, version = visit.form, visit.form.text("version")
    try:
        await visit.services.network.edit_area(visit.caller, area_id, command, version)
    except Refusal as refusal:
        names = {"/parent_id": "parent"}
        form.refused(refusal, visit.texts, names=names, also=(403,))
        return await _tree(visit, area_id, edited=form)
    return visit.see(f"/admin/network/{area_id}", done="saved")


async def _add(visit: Visit, parent_id: str | None) -> Response:
    form = visit.form
    command: Record = {"key": form.text("key").lower(), "name": form.text("name")}
    command["kind"] = form.text("kind")
    if parent_id:
        command["parent_id"] = parent_id
    try:
        made = await visit.services.network.create_area(visit.caller, command, form.submission_id)
    except Refusal as refusal:
        form.refused(refusal, visit.texts, also=(403,))
        return await _tree(visit, parent_id, added=form)
    return visit.see(f"/admin/network/{made['id']}", done="saved")


async def _tree(
    visit: Visit,
    area_id: str | None,
    *,
    added: Form | None = None,
    edited: Form | None = None,
) -> Response:
    if not visit.may("area.read"):
        raise NotFound
    query = visit.request.query_params
    words = query.get("q", "").strip()[:100]
    place = {"cursor": query.get("cursor", ""), "limit": _PAGE_SIZE, "counts": "true"}
    here = await visit.services.network.area(visit.caller, area_id) if area_id else None
    if words and here is None:
        place["q"] = words
    elif here is None:
        place["kind"] = KINDS[0]
    else:
        place["parent_id"] = here["id"]
    found, above, counted = await asyncio.gather(
        _below(visit, here, place), _way(visit, here), counts(visit)
    )
    below = _kind_below(here)
    return console_page(
        visit,
        "admin/network.html",
        max(form.status if form else 200 for form in (added, edited)),
        counted=counted,
        here=here,
        above=above,
        found=found,
        sought=words,
        kind_below=below,
        added=added or Form.filled(kind=below),
        edited=edited or _form_of(here, above),
    )


async def _below(visit: Visit, here: Record | None, place: dict[str, str]) -> Listing:
    if here and here["kind"] == KINDS[-1]:
        return Listing([], None)
    return await visit.services.network.areas(visit.caller, place)


async def _way(visit: Visit, here: Record | None) -> list[Record]:
    """The nodes from the region down to the one above."""
    ids = here["path"][:-1] if here else []
    return await asyncio.gather(*(visit.services.network.area(visit.caller, i) for i in ids))


async def area_keyed(visit: Visit, key: str) -> Record | None:
    """The node with this key; None where there is none."""
    key = key.strip().lower()
    filters = {"q": key[:100], "limit": "100"}
    found = await visit.services.network.areas(visit.caller, filters)
    return next((node for node in found.items if node["key"] == key), None)


def _kind_below(here: Record | None) -> str:
    if here is None:
        return KINDS[0]
    return (*KINDS, "")[KINDS.index(here["kind"]) + 1]


def _form_of(here: Record | None, above: list[Record]) -> Form:
    given: dict[str, Any] = {}
    if here:
        given = {"name": here["name"], "parent": above[-1]["key"] if above else None}
    return Form.filled(**given)


_AREA = "/admin/network/{area_id}"
ROUTES = (
    page("/admin/network", get=network, post=add_region, who=Who.STAFF),
    page(_AREA, get=area, post=edit_area, who=Who.STAFF),
    page(_AREA + "/below", post=add_area, who=Who.STAFF),
    page(_AREA + "/switch", post=switch_area, who=Who.STAFF),
)

"""Erasing somebody, on a page of its own that says what it means."""

import asyncio

from starlette.responses import Response

from gateway.admin.console import console_page, counts
from gateway.forms import Form
from gateway.pages import Who, page
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.errors import NotFound


async def erasing(visit: Visit, user_id: str) -> Response:
    """Who would be erased, what goes and what stays."""
    return await _erasing(visit, user_id, Form())


async def erase(visit: Visit, user_id: str) -> Response:
    """Remove them for good, in every service."""
    form = visit.form
    try:
        await visit.services.privacy.erase_person(
            visit.caller,
            user_id,
            form.text("version"),
            is_final=form.text("is_final") == "yes",
        )
    except Refusal as refusal:
        form = form.refused(refusal, visit.texts, names={"/is_final": "is_final"}, also=(403,))
        return await _erasing(visit, user_id, form)
    return visit.see("/admin/people", done="erased_person")


async def _erasing(visit: Visit, user_id: str, form: Form) -> Response:
    if not visit.may("user.erase"):
        raise NotFound
    person, counted = await asyncio.gather(
        visit.services.identity.person(visit.caller, user_id), counts(visit)
    )
    context = {"person": person, "form": form}
    return console_page(visit, "admin/erase.html", form.status, counted=counted, **context)


ROUTES = (page("/admin/people/{user_id}/erase", get=erasing, post=erase, who=Who.STAFF),)

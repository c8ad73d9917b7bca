"""Logging in with a passkey: what is to be signed, and what was."""

from starlette.responses import JSONResponse, Response

from gateway.entry import second_step
from gateway.forms import Form, credential_of
from gateway.pages import page
from gateway.problems import problem_title
from gateway.upstream import Refusal
from gateway.visit import Visit

_NOT_THIS_ONE = (401, 403)


async def offer(visit: Visit) -> Response:
    """For the script: what the browser signs."""
    try:
        found = await visit.services.security.offer_log_in(visit.caller)
    except Refusal as refusal:
        problem = problem_title(refusal.title, refusal.params, visit.texts)
        return JSONResponse({"problem": problem}, refusal.status)
    return JSONResponse(found)


async def log_in(visit: Visit) -> Response:
    """Open a session for what the browser signed."""
    try:
        opened = await visit.services.security.log_in_with_passkey(
            visit.caller, credential_of(visit.form)
        )
    except Refusal as refusal:
        form = Form.filled(next=visit.form.text("next"))
        form = form.refused(refusal, visit.texts, also=_NOT_THIS_ONE)
        return visit.page("entry/login.html", form.status, form=form)
    return await second_step.enter(visit, opened)


ROUTES = (
    page("/login/passkey", post=log_in),
    page("/login/passkey/options", post=offer),
)

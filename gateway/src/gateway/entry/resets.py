"""A forgotten password: asking for the link, and choosing another one with it."""

from starlette.responses import Response

from gateway.entry import forms
from gateway.forms import Form
from gateway.pages import page
from gateway.upstream import Refusal
from gateway.visit import Visit


async def reset_form(visit: Visit) -> Response:
    """Whose password it is."""
    return visit.page("entry/reset.html", form=Form())


async def ask_for_reset(visit: Visit) -> Response:
    """The answer is the same for known and unknown people."""
    try:
        await visit.services.access.ask_for_reset(visit.caller, forms.named(visit.form))
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, names=forms.NAMED_IN)
        return visit.page("entry/reset.html", form.status, form=form)
    return visit.see("/reset/sent")


async def reset_sent(visit: Visit) -> Response:
    """Look into your mailbox."""
    return visit.page("entry/reset_sent.html")


async def new_password_form(visit: Visit, token: str) -> Response:
    """Choose another one; looking at the page does not use the link."""
    return await _new_password(visit, token, Form())


async def set_password(visit: Visit, token: str) -> Response:
    """Set it; then the person logs in with it."""
    command = {"token": token, "password": visit.form.raw("password")}
    try:
        await visit.services.access.reset_password(visit.caller, command)
    except Refusal as refusal:
        if refusal.status == 404:
            return _gone(visit)
        return await _new_password(visit, token, visit.form.refused(refusal, visit.texts))
    if visit.session:
        visit.portal.sessions.forget(visit.session.token)
    return visit.see("/login", done="reset")


async def _new_password(visit: Visit, token: str, form: Form) -> Response:
    try:
        account = await visit.services.access.reset(visit.caller, token)
    except Refusal as refusal:
        if refusal.status == 404:
            return _gone(visit)
        raise
    return visit.page("entry/new_password.html", form.status, form=form, account=account)


def _gone(visit: Visit) -> Response:
    return visit.page("link_gone.html", 404, again="/reset")


ROUTES = (
    page("/reset", get=reset_form, post=ask_for_reset),
    page("/reset/sent", get=reset_sent),
    page("/reset/{token}", get=new_password_form, post=set_password),
)

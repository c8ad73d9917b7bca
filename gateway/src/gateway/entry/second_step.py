"""The second step of logging in: after the password, a code of the app or a recovery code."""

from starlette.responses import RedirectResponse, Response

from gateway.clients import LoggedIn, Pending
from gateway.entry import forms
from gateway.forms import Form
from gateway.leaving import end_sessions_of
from gateway.pages import page
from gateway.upstream import Refusal
from gateway.visit import Visit

_PATH = "/login/code"
_NOT_ANY_MORE = (401, 403)


async def enter(visit: Visit, entered: LoggedIn | Pending) -> Response:
    """Go on where the person wanted to, with the session or by way of the second step.

    The session that this browser had before ends: nobody would see it in their browser any more.
    """
    site, wish = visit.portal.site, visit.form.text("next")
    if isinstance(entered, Pending):
        response = visit.see(_PATH, **({"next": wish} if wish else {}))
        token, until = entered.pending_token, entered.expires_at
        site.set_until(response, site.pending_cookie, token, until)
        return response
    await end_sessions_of(visit.portal, visit.caller, visit.request.cookies)
    response = RedirectResponse(forms.local_path(wish, home_of(entered.user["kind"])), 303)
    site.set_session(response, entered.token, entered.expires_at)
    return response


async def code_form(visit: Visit) -> Response:
    """An empty field for the code; `?way=recovery` asks for a recovery code."""
    if visit.session:
        return visit.see(home_of(visit.session.user["kind"]))
    if not _pending(visit):
        return visit.see("/login")
    return _code(visit, Form.filled(next=visit.request.query_params.get("next")))


async def type_code(visit: Visit) -> Response:
    """Open the session that waited for the code."""
    command = {"pending_token": _pending(visit) or "-", "code": visit.form.text("code")}
    try:
        begun = await visit.services.security.type_code(visit.caller, command)
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, also=_NOT_ANY_MORE)
        if refusal.status in _NOT_ANY_MORE:
            return visit.page("entry/login.html", form.status, form=form)
        return _code(visit, form)
    response = await enter(visit, begun)
    visit.portal.site.set_cookie(response, visit.portal.site.pending_cookie, "", 0)
    return response


def home_of(kind: str) -> str:
    """Where people of a kind begin."""
    return "/admin" if kind == "staff" else "/tickets"


def _code(visit: Visit, form: Form) -> Response:
    way = visit.request.query_params.get("way", "")
    return visit.page("entry/code.html", form.status, form=form, is_recovery=way == "recovery")


def _pending(visit: Visit) -> str:
    return visit.request.cookies.get(visit.portal.site.pending_cookie, "")[:200]


ROUTES = (page(_PATH, get=code_form, post=type_code),)

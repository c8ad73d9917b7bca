"""Logging in with a company account: to the provider, back, and the consent to a first link."""

import base64

from starlette.responses import RedirectResponse, Response

from gateway.clients import LoggedIn, Pending
from gateway.entry import second_step
from gateway.forms import Form
from gateway.pages import count, page
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.errors import NotFound

_LINK = "/login/company/link"
_NOT_THIS_ONE = (401, 403)
_MAX_WISH = 500


async def leave(visit: Visit) -> Response:
    """Send the browser to the provider. Only a cookie of this browser changes."""
    if not visit.portal.site.company_login:
        raise NotFound
    if visit.request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        # The provider may know them already: another site must not log anybody in here.
        return visit.see("/login")
    await count(visit)
    way = await visit.services.security.leave_for_provider(visit.caller)
    response = RedirectResponse(way["url"], 303)
    wish = visit.request.query_params.get("next", "")[:_MAX_WISH]
    carried = f"{way['flow']}.{_packed(wish)}"
    visit.portal.site.set_until(response, _company(visit), carried, way["expires_at"])
    return response


async def come_back(visit: Visit) -> Response:
    """The provider sends the browser here, with a code or without."""
    await count(visit)
    flow, _, wish = visit.request.cookies.get(_company(visit), "").partition(".")
    query = visit.request.query_params
    if not query.get("code") or not flow:
        return visit.see("/login")
    command = {"flow": flow, "code": query["code"], "state": query.get("state") or "-"}
    visit.form = Form.filled(next=_unpacked(wish))
    try:
        found = await visit.services.security.come_back_from_provider(visit.caller, command)
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, also=_NOT_THIS_ONE)
        return _forgetting(visit, visit.page("entry/login.html", form.status, form=form))
    if isinstance(found, LoggedIn | Pending):
        return _forgetting(visit, await second_step.enter(visit, found))
    response = visit.see(_LINK)
    carried = f"{found['claim']}.{wish}.{_packed(found['email'])}"
    visit.portal.site.set_until(response, _company(visit), carried, found["expires_at"])
    return response


async def consent_form(visit: Visit) -> Response:
    """Whether the company account may open the account with the same address."""
    claim, wish, email = _claimed(visit)
    if not claim:
        return visit.see("/login")
    return _consent(visit, Form.filled(next=wish), email)


async def consent(visit: Visit) -> Response:
    """Link them, and log in."""
    claim, _, email = _claimed(visit)
    command = {
        "claim": claim or "-",
        "current_password": visit.form.raw("current_password"),
        "code": visit.form.text("code") or None,
    }
    try:
        begun = await visit.services.security.link_company_account(visit.caller, command)
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, names={"/code": "code"}, also=_NOT_THIS_ONE)
        if refusal.status in _NOT_THIS_ONE:
            return visit.page("entry/login.html", form.status, form=form)
        return _consent(visit, form, email)
    return _forgetting(visit, await second_step.enter(visit, begun))


def _consent(visit: Visit, form: Form, email: str) -> Response:
    return visit.page("entry/company.html", form.status, form=form, email=email)


def _claimed(visit: Visit) -> tuple[str, str, str]:
    """The claim, where the person wanted to go, and the address to show."""
    parts = visit.request.cookies.get(_company(visit), "").split(".")
    if len(parts) != 3:
        return "", "", ""
    return parts[0], _unpacked(parts[1]), _unpacked(parts[2])


def _company(visit: Visit) -> str:
    return visit.portal.site.company_cookie


def _forgetting(visit: Visit, response: Response) -> Response:
    visit.portal.site.set_cookie(response, _company(visit), "", 0)
    return response


def _packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _unpacked(packed: str) -> str:
    try:
        return base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except ValueError:
        return ""


ROUTES = (
    page("/login/company", get=leave),
    page("/login/company/return", get=come_back),
    page(_LINK, get=consent_form, post=consent),
)

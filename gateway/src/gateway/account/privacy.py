"""One's own data: take a copy of it, or have it erased.

Within the portal it is at `/account/data`, within the console, for staff, at `/admin/account/data`.
"""

from starlette.responses import Response
from starlette.routing import Route

from gateway.account.forms import refused
from gateway.forms import Form
from gateway.own_data import README, Asked, own_data
from gateway.pages import Who, page
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.errors import Unauthenticated

_PORTAL, _CONSOLE = "/account/data", "/admin/account/data"


async def show_data(visit: Visit) -> Response:
    """What can be had, and what erasing means."""
    return _data(visit)


async def take_data(visit: Visit) -> Response:
    """The archive, with the password."""
    if visit.session is None:
        raise Unauthenticated
    asked = Asked(visit.caller, visit.session, _proof(visit.form), visit.texts(README))
    try:
        return await own_data(visit.portal, asked)
    except Refusal as refusal:
        return _data(visit, "copy", refusal)


async def erase_me(visit: Visit) -> Response:
    """Remove oneself for good; nobody is logged in afterwards."""
    command = {**_proof(visit.form), "is_final": visit.form.text("is_final") == "yes"}
    try:
        await visit.services.privacy.erase_me(visit.caller, command)
    except Refusal as refusal:
        return _data(visit, "erase", refusal)
    if visit.session:
        visit.portal.sessions.forget(visit.session.token)
    response = visit.see("/", done="erased")
    response.headers["Clear-Site-Data"] = '"storage"'
    visit.portal.site.end_session(response)
    return response


def _proof(form: Form) -> dict[str, str]:
    """The password, and a code where the account has a second step."""
    return {"current_password": form.raw("current_password"), **form.some("code")}


def _data(visit: Visit, section: str = "", refusal: Refusal | None = None) -> Response:
    is_console = visit.request.url.path.startswith(_CONSOLE)
    forms = {"copy": Form(), "erase": Form()}
    if refusal:
        forms[section] = refused(visit.form, refusal, visit.texts)
    return visit.page(
        "account/data.html",
        forms[section].status if section else 200,
        forms=forms,
        frame=f"layouts/{'console' if is_console else 'portal'}.html",
        home=_CONSOLE if is_console else _PORTAL,
        has_second_step=visit.session is not None and visit.session.second_factor == "on",
    )


def _pages(home: str, who: Who) -> tuple[Route, ...]:
    return (
        page(home, get=show_data, who=who),
        page(home + "/copy", post=take_data, who=who),
        page(home + "/erase", post=erase_me, who=who),
    )


ROUTES = (*_pages(_PORTAL, Who.SOMEONE), *_pages(_CONSOLE, Who.STAFF))

"""The ways into one's own account besides the password: a second step, passkeys, a company account.

Within the portal it is at `/account/security`, within the console, for staff, at
`/admin/account/security`, where staff are led who need a second step and have none yet.
"""

import asyncio
from typing import Any

import segno
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.account.forms import refused
from gateway.clients import LoggedIn
from gateway.forms import Form, credential_of
from gateway.pages import Who, page
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.devices import device_of

_PORTAL, _CONSOLE = "/account/security", "/admin/account/security"
_SECTIONS = ("codes", "off", "passkey")
_NOTHING_BEGUN = 404


async def show_security(visit: Visit) -> Response:
    """Every way in, and how to change it."""
    return await _security(visit)


async def begin_set_up(visit: Visit) -> Response:
    """Make the secret; the page after it shows it."""
    try:
        await visit.services.security.begin_set_up(visit.caller)
    except Refusal as refusal:
        # On already, from another tab perhaps: the page says so.
        if refusal.status != 409:
            raise
        return visit.see(home_of(visit))
    return visit.see(f"{home_of(visit)}/app")


async def set_up_form(visit: Visit) -> Response:
    """The QR code, the secret in letters, and a field for the first code."""
    return await _set_up(visit, Form())


async def confirm_set_up(visit: Visit) -> Response:
    """Switch it on and show the recovery codes, this once."""
    command = {
        "code": visit.form.text("code"),
        "current_password": visit.form.raw("current_password"),
    }
    try:
        begun, codes = await visit.services.security.switch_on(visit.caller, command)
    except Refusal as refusal:
        if refusal.status in (404, 409):
            return visit.see(home_of(visit))
        return await _set_up(visit, refused(visit.form, refusal, visit.texts))
    return _codes(visit, begun, codes, is_new=True)


async def renew_codes(visit: Visit) -> Response:
    """Other recovery codes, shown this once."""
    try:
        begun, codes = await visit.services.security.renew_codes(visit.caller, proof(visit.form))
    except Refusal as refusal:
        return await _security(visit, "codes", refusal)
    return _codes(visit, begun, codes, is_new=False)


async def switch_off(visit: Visit) -> Response:
    """No second step any more."""
    try:
        begun = await visit.services.security.switch_off(visit.caller, proof(visit.form))
    except Refusal as refusal:
        return await _security(visit, "off", refusal)
    response = visit.see(home_of(visit), saved="off")
    return go_on(visit, begun, response)


async def offer_passkey(visit: Visit) -> Response:
    """For the script: what the browser makes a passkey from, or what is wrong with the form."""
    try:
        found = await visit.services.security.offer_passkey(visit.caller, proof(visit.form))
    except Refusal as refusal:
        form = refused(visit.form, refusal, visit.texts)
        problem = " ".join(dict.fromkeys([*form.errors.values()])) or form.notice
        return JSONResponse({"problem": problem}, refusal.status)
    return JSONResponse(found)


async def add_passkey(visit: Visit) -> Response:
    """Keep the passkey that the browser made."""
    command = {"name": visit.form.text("name"), "credential": credential_of(visit.form)}
    try:
        begun = await visit.services.security.add_passkey(visit.caller, command)
    except Refusal as refusal:
        return await _security(visit, "passkey", refusal)
    return go_on(visit, begun, visit.see(home_of(visit), saved="passkey_added"))


async def rename_passkey(visit: Visit, passkey_id: str) -> Response:
    """Call a passkey otherwise."""
    try:
        name = visit.form.text("name")
        await visit.services.security.rename_passkey(visit.caller, passkey_id, name)
    except Refusal as refusal:
        return await _security(visit, passkey_id, refusal)
    return visit.see(home_of(visit), saved="passkey_renamed")


async def remove_passkey(visit: Visit, passkey_id: str) -> Response:
    """Let a passkey open nothing any more."""
    try:
        begun = await visit.services.security.remove_passkey(
            visit.caller, passkey_id, proof(visit.form)
        )
    except Refusal as refusal:
        return await _security(visit, passkey_id, refusal)
    return go_on(visit, begun, visit.see(home_of(visit), saved="passkey_removed"))


async def unlink_company_account(visit: Visit, account_id: str) -> Response:
    """Let a company account open nothing any more."""
    try:
        begun = await visit.services.security.unlink_company_account(
            visit.caller, account_id, proof(visit.form)
        )
    except Refusal as refusal:
        return await _security(visit, account_id, refusal)
    return go_on(visit, begun, visit.see(home_of(visit), saved="company_unlinked"))


def proof(form: Form) -> dict[str, Any]:
    """What shows that it is the owner who asks: password, and a code where one is asked for."""
    return {"current_password": form.raw("current_password"), "code": form.text("code") or None}


def home_of(visit: Visit) -> str:
    """Where this page is, in the frame that the person came in."""
    return _CONSOLE if visit.request.url.path.startswith("/admin/") else _PORTAL


def go_on(visit: Visit, begun: LoggedIn, response: Response) -> Response:
    """Every session has ended and this one has begun; the browser goes on with it."""
    if visit.session:
        visit.portal.sessions.forget(visit.session.token)
    visit.portal.site.set_session(response, begun.token, begun.expires_at)
    return response


async def _security(visit: Visit, section: str = "", refusal: Refusal | None = None) -> Response:
    """The page; a refusal stands in the section whose form it is about."""
    security = visit.services.security
    factor, passkeys, companies = await asyncio.gather(
        security.second_factor(visit.caller),
        security.passkeys(visit.caller),
        security.company_accounts(visit.caller),
    )
    device = device_of(visit.request.headers.get("user-agent", ""))
    shown = {name: Form() for name in _SECTIONS}
    shown["passkey"] = Form.filled(name=device.system or device.browser)
    shown |= {known["id"]: Form.filled(name=known["name"]) for known in passkeys}
    shown |= {account["id"]: Form() for account in companies}
    if refusal:
        if section not in shown:
            # Gone already, from another tab perhaps; or it never was.
            raise refusal
        shown[section] = refused(visit.form, refusal, visit.texts)
    return visit.page(
        "account/security.html",
        shown[section].status if section else 200,
        factor=factor,
        passkeys=passkeys,
        companies=companies,
        failed=section,
        forms=shown,
        frame=frame_of(visit),
        home=home_of(visit),
        saved=visit.request.query_params.get("saved", ""),
    )


async def _set_up(visit: Visit, form: Form) -> Response:
    try:
        secret = await visit.services.security.secret(visit.caller)
    except Refusal as refusal:
        if refusal.status != _NOTHING_BEGUN:
            raise
        return visit.see(home_of(visit))
    letters = secret["secret"].lower()
    return visit.page(
        "account/set_up.html",
        form.status,
        form=form,
        frame=frame_of(visit),
        home=home_of(visit),
        picture=segno.make(secret["uri"], error="m").png_data_uri(scale=6, border=3),
        uri=secret["uri"],
        letters=" ".join(letters[at : at + 4] for at in range(0, len(letters), 4)),
    )


def _codes(visit: Visit, begun: LoggedIn, codes: list[str], *, is_new: bool) -> Response:
    """No redirect here: the codes are nowhere but in this answer."""
    response = visit.page(
        "account/recovery_codes.html",
        codes=codes,
        is_new=is_new,
        frame=frame_of(visit),
        home=home_of(visit),
    )
    return go_on(visit, begun, response)


def frame_of(visit: Visit) -> str:
    """The layout around the page."""
    return f"layouts/{'console' if home_of(visit) == _CONSOLE else 'portal'}.html"


def _pages(home: str, who: Who) -> tuple[Route, ...]:
    return (
        page(home, get=show_security, who=who, sets_up=True),
        page(home + "/app", get=set_up_form, post=begin_set_up, who=who, sets_up=True),
        page(home + "/app/confirm", post=confirm_set_up, who=who, sets_up=True),
        page(home + "/app/off", post=switch_off, who=who),
        page(home + "/codes", post=renew_codes, who=who),
        page(home + "/passkeys", post=add_passkey, who=who),
        page(home + "/passkeys/options", post=offer_passkey, who=who),
        page(home + "/passkeys/{passkey_id}", post=rename_passkey, who=who),
        page(home + "/passkeys/{passkey_id}/remove", post=remove_passkey, who=who),
        page(home + "/company/{account_id}/remove", post=unlink_company_account, who=who),
    )


ROUTES = (*_pages(_PORTAL, Who.SOMEONE), *_pages(_CONSOLE, Who.STAFF))

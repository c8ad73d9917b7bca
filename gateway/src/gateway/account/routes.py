"""One's own account: picture, name, phone, password, notifications, sessions; a form, an address.

Within the portal it is at `/account`, within the console, for staff, at `/admin/account`.
"""

import asyncio
import re

from starlette.responses import Response
from starlette.routing import Route

from gateway.account import forms, privacy, security
from gateway.clients import LoggedIn, Record
from gateway.pages import Who, count, page
from gateway.uploads import MAX_PHOTO_BYTES, TOO_LARGE
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.devices import device_of
from shared.errors import Invalid, NotFound, Unavailable

_PORTAL, _CONSOLE = "/account", "/admin/account"
_GONE = 404
_PICTURE = re.compile(r"[0-9a-f-]{1,36}")


class NoPhoto(Invalid):
    """Please choose a photo first."""


class PictureNotKept(Unavailable):
    """Your picture could not be kept right now. Please try again in a moment."""


_NO_FILE = {"pointer": "/file", "detail": NoPhoto.title(), "code": "no_photo"}


async def show_account(visit: Visit) -> Response:
    """Everything that is known of oneself and may be changed."""
    return await _account(visit)


async def change_picture(visit: Visit) -> Response:
    """Another picture: the first of the files that came."""
    photo = next(iter(visit.form.photos), None)
    if photo is None:
        fault = Refusal(422, NoPhoto.slug(), NoPhoto.title(), errors=[_NO_FILE])
        return await _account(visit, "picture", fault)
    if (photo.size or 0) > MAX_PHOTO_BYTES:
        return await _account(visit, "picture", Refusal(413, "photo-too-large", TOO_LARGE))
    try:
        name = photo.filename or ""
        await visit.services.identity.change_avatar(visit.caller, name, photo.file)
    except Refusal as refusal:
        return await _account(visit, "picture", refusal)
    except Unavailable:
        # The store of files may be away; when identity-service is, the page below says so.
        fault = Refusal(503, PictureNotKept.slug(), PictureNotKept.title())
        return await _account(visit, "picture", fault)
    return _saved(visit, "picture")


async def remove_picture(visit: Visit) -> Response:
    """Initials again."""
    await visit.services.identity.remove_avatar(visit.caller)
    return _saved(visit, "picture")


async def show_avatar(visit: Visit, user_id: str) -> Response:
    """The picture of somebody whom this person may see.

    Another picture has another `v`: a browser that has this one only proves that it is logged in.
    """
    await count(visit)
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox"}
    if _PICTURE.fullmatch(named := visit.request.query_params.get("v", "")):
        headers |= {"Cache-Control": "private, no-cache", "ETag": f'"{named}"'}
        if visit.request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
    try:
        picture = await visit.services.identity.avatar(visit.caller, user_id)
    except Refusal as refusal:
        if refusal.status == 422:
            raise NotFound from None
        raise
    return Response(picture, headers=headers, media_type="image/webp")


async def change_profile(visit: Visit) -> Response:
    """Name, language, time zone; the page comes back in the chosen language."""
    try:
        saved = await visit.services.identity.edit_me(
            visit.caller, forms.profile(visit.form), visit.form.text("version")
        )
    except Refusal as refusal:
        return await _account(visit, "profile", refusal)
    _know_anew(visit)
    return visit.see(_home(visit), saved="profile", lang=saved["language"])


async def change_email(visit: Visit) -> Response:
    """Another address: a link goes there first; the password proves who asks."""
    try:
        await visit.services.access.change_email(visit.caller, forms.email(visit.form))
    except Refusal as refusal:
        return await _account(visit, "email", refusal)
    return visit.see(_home(visit), saved="email")


async def change_phone(visit: Visit) -> Response:
    """Another number, to which a code goes first, or none; the password proves who asks."""
    access, form = visit.services.access, visit.form
    try:
        if form.text("phone"):
            await access.change_phone(visit.caller, forms.phone(form))
            return visit.see(_home(visit), saved="phone_asked")
        begun = await access.remove_phone(visit.caller, forms.owner(form))
    except Refusal as refusal:
        return await _account(visit, "phone", refusal)
    return _go_on(visit, begun, "phone")


async def prove_phone(visit: Visit) -> Response:
    """The code that came to the number; one that came too late leads back to asking for it."""
    code = "".join(visit.form.text("code").split())
    try:
        begun = await visit.services.access.prove_phone(visit.caller, code)
    except Refusal as refusal:
        if refusal.status == _GONE:
            return visit.see(_home(visit), saved="phone_late")
        return await _account(visit, "code", refusal)
    return _go_on(visit, begun, "phone")


async def change_password(visit: Visit) -> Response:
    """Another password; every other session ends."""
    try:
        command = forms.password(visit.form)
        begun = await visit.services.identity.change_password(visit.caller, command)
    except Refusal as refusal:
        return await _account(visit, "password", refusal)
    return _go_on(visit, begun, "password")


async def change_notifications(visit: Visit) -> Response:
    """Which messages come, and how."""
    try:
        await visit.services.identity.change_preferences(
            visit.caller, forms.preferences(visit.form), visit.form.text("version")
        )
    except Refusal as refusal:
        return await _account(visit, "notifications", refusal)
    return visit.see(_home(visit), saved="notifications")


async def end_sessions(visit: Visit) -> Response:
    """End one session, or all but this one where none is named."""
    session_id = visit.form.text("session_id")
    try:
        if session_id:
            await visit.services.identity.end_session(visit.caller, session_id)
        else:
            await visit.services.identity.end_other_sessions(visit.caller)
    except Refusal as refusal:
        # Gone already, from another tab perhaps: that is what was wanted.
        if refusal.status not in (404, 422):
            return await _account(visit, "sessions", refusal)
    return visit.see(_home(visit), saved="sessions")


async def _account(visit: Visit, section: str = "", refusal: Refusal | None = None) -> Response:
    """The page; a refusal stands in the section whose form it is about, with what was typed."""
    identity = visit.services.identity
    me, preferences, sessions, lines = await asyncio.gather(
        identity.me(visit.caller),
        identity.preferences(visit.caller),
        identity.own_sessions(visit.caller),
        _own_lines(visit),
    )
    shown = forms.of_account(me, preferences)
    if refusal:
        shown[section] = forms.refused(visit.form, refusal, visit.texts)
    return visit.page(
        "account/console.html" if _home(visit) == _CONSOLE else "account/portal.html",
        shown[section].status if section else 200,
        me=me,
        kinds=[item["kind"] for item in preferences["items"]],
        sessions=[(session, device_of(session["client_agent"])) for session in sessions],
        lines=lines,
        forms=shown,
        home=_home(visit),
        saved=visit.request.query_params.get("saved", ""),
    )


async def _own_lines(visit: Visit) -> list[Record]:
    """The lines that a customer pays for; staff have none."""
    if visit.is_staff or visit.user is None:
        return []
    return await visit.services.identity.service_lines(visit.caller, str(visit.user["id"]))


def _home(visit: Visit) -> str:
    return _CONSOLE if visit.request.url.path.startswith(_CONSOLE) else _PORTAL


def _saved(visit: Visit, section: str) -> Response:
    _know_anew(visit)
    return visit.see(_home(visit), saved=section)


def _know_anew(visit: Visit) -> None:
    """The next page asks who this is, instead of showing the name of before."""
    if visit.session:
        visit.portal.sessions.forget(visit.session.token)


def _go_on(visit: Visit, begun: LoggedIn, section: str) -> Response:
    """Every session has ended and this one has begun; the browser goes on with it."""
    _know_anew(visit)
    response = visit.see(_home(visit), saved=section)
    visit.portal.site.set_session(response, begun.token, begun.expires_at)
    return response


def _pages(home: str, who: Who) -> tuple[Route, ...]:
    return (
        page(home, get=show_account, who=who),
        page(home + "/picture", post=change_picture, who=who, files=True),
        page(home + "/picture/remove", post=remove_picture, who=who),
        page(home + "/profile", post=change_profile, who=who),
        page(home + "/email", post=change_email, who=who),
        page(home + "/phone", post=change_phone, who=who),
        page(home + "/phone/code", post=prove_phone, who=who),
        page(home + "/password", post=change_password, who=who),
        page(home + "/notifications", post=change_notifications, who=who),
        page(home + "/sessions", post=end_sessions, who=who),
    )


ROUTES = (
    *_pages(_PORTAL, Who.SOMEONE),
    *_pages(_CONSOLE, Who.STAFF),
    *security.ROUTES,
    *privacy.ROUTES,
    page("/users/{user_id}/avatar", get=show_avatar, who=Who.SOMEONE),
)

"""What the links in our messages open: a new address, the way back into an account, no more mails.

Opening one changes nothing, for mail scanners open them too: each page has one button.
"""

from typing import Final, get_args

from starlette.responses import Response

from gateway.pages import page
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.events.identity import NotificationKind

_KINDS: Final = get_args(NotificationKind)
_GONE, _TAKEN, _INVALID = 404, 409, 422


async def email_form(visit: Visit, token: str) -> Response:
    """Which address is to count from now on."""
    try:
        change = await visit.services.access.email_change(visit.caller, token)
    except Refusal as refusal:
        return _refused(visit, refusal)
    return visit.page("entry/email.html", change=change)


async def confirm_email(visit: Visit, token: str) -> Response:
    """Let it count; the person logs in with it."""
    try:
        await visit.services.access.confirm_email(visit.caller, token)
    except Refusal as refusal:
        return _refused(visit, refusal)
    _forget(visit)
    return visit.see("/login", done="email_changed")


async def undo_form(visit: Visit, token: str) -> Response:
    """The old address is to count again."""
    return visit.page("entry/recover.html", purpose="email_undo")


async def undo_email(visit: Visit, token: str) -> Response:
    """Take the address back and lock everybody out; a link for a new password is mailed."""
    return await _recover(visit, "email_undo", token)


async def alarm_form(visit: Visit, token: str) -> Response:
    """Somebody else got in."""
    return visit.page("entry/recover.html", purpose="not_me")


async def raise_alarm(visit: Visit, token: str) -> Response:
    """Lock everybody out; a link for a new password is mailed."""
    return await _recover(visit, "not_me", token)


async def unsubscribe_form(visit: Visit, kind: str, token: str) -> Response:
    """Which mails are not to come any more."""
    if kind not in _KINDS:
        return _gone(visit)
    return visit.page("entry/unsubscribe.html", kind=kind, is_done=False)


async def unsubscribe(visit: Visit, kind: str, token: str) -> Response:
    """No more of them; mail programs want an answer without a redirect (RFC 8058, 3.1)."""
    try:
        await visit.services.access.unsubscribe(visit.caller, kind, token)
    except Refusal as refusal:
        return _refused(visit, refusal)
    return visit.page("entry/unsubscribe.html", kind=kind, is_done=True)


async def _recover(visit: Visit, purpose: str, token: str) -> Response:
    try:
        await visit.services.access.recover(visit.caller, purpose, token)
    except Refusal as refusal:
        return _refused(visit, refusal)
    _forget(visit)
    return visit.see("/reset/sent", done="recovered")


def _refused(visit: Visit, refusal: Refusal) -> Response:
    """A dead link, or an address that somebody else has by now."""
    if refusal.status not in (_GONE, _TAKEN, _INVALID):
        raise refusal
    return _gone(visit)


def _gone(visit: Visit) -> Response:
    return visit.page("link_gone.html", _GONE, again="/login")


def _forget(visit: Visit) -> None:
    if visit.session:
        visit.portal.sessions.forget(visit.session.token)


ROUTES = (
    page("/email/{token}", get=email_form, post=confirm_email),
    page("/email/undo/{token}", get=undo_form, post=undo_email),
    page("/not-me/{token}", get=alarm_form, post=raise_alarm),
    page("/unsubscribe/{kind}/{token}", get=unsubscribe_form, post=unsubscribe, by_link=True),
)

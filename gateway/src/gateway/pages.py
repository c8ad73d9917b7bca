"""A page: one handler for each method, who may come, and what a person sees when something fails."""

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from gateway.csrf import SAFE_METHODS, TokenMismatch, check_csrf_token, check_origin
from gateway.forms import CARRIED, Form
from gateway.limits import arriving
from gateway.portal import Portal
from gateway.sessions import SecondFactorNeeded
from gateway.upstream import Caller, Refusal
from gateway.visit import Visit
from shared.errors import (
    Forbidden,
    NotFound,
    Problem,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from shared.problems import InternalError, MethodNotAllowed, status_of
from shared.web import MAX_BODY_BYTES

log = structlog.get_logger()

Handler = Callable[..., Awaitable[Response]]
# Like a handler, but gives who sends; raises when it is nobody we know.
Sender = Callable[..., Awaitable[Caller]]

MAX_FIELDS = 200
# Forms with photos: more files and bytes than are taken, so that what is too much can be told in the
# form that comes back with every typed word. Files lie on the disk, not in memory; so many bytes are
# taken only from somebody who is known.
MAX_FILES = 20
MAX_FORM_BYTES = 55_000_000
_SECRETS = ("password", "current_password", "new_password")
SET_UP = "/admin/account/security"


class Who(Enum):
    """Whom a page is for."""

    ANYONE = "anyone"
    SOMEONE = "someone"
    STAFF = "staff"


class StaffOnly(Forbidden):
    """This page is for staff."""


def page(
    path: str,
    *,
    get: Handler | None = None,
    post: Handler | None = None,
    who: Who = Who.ANYONE,
    files: bool = False,
    sender: Sender | None = None,
    sets_up: bool = False,
    by_link: bool = False,
    most: int = MAX_FORM_BYTES,
) -> Route:
    """A route whose handlers take a `Visit` and the parts of the path.

    With `files` the posted form may hold photos; the handler uploads them with `upload_photos`.
    `sender` says whose a large form is, before it is read, where that is not the person logged in.
    A page that `sets_up` is open to staff who need a second factor and have none yet. One `by_link` is
    posted to by mail programs as well: the token in its address is the proof that a form's would be.
    `most` is how many bytes a form with files may have.
    """
    return Route(path, Page(path, get, post, who, files, sender, sets_up, by_link, most))


class Page:
    """ASGI endpoint of one address."""

    def __init__(
        self,
        path: str,
        get: Handler | None,
        post: Handler | None,
        who: Who,
        files: bool,
        sender: Sender | None,
        sets_up: bool,
        by_link: bool = False,
        most: int = MAX_FORM_BYTES,
    ) -> None:
        self.path = path
        self._get = get
        self._post = post
        self._who = who
        self._files = files
        self._sender = sender
        self._sets_up = sets_up
        self._by_link = by_link
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        portal: Portal = scope["app"].state.portal
        most = self._most if self._is_large(scope) else MAX_BODY_BYTES
        visit = Visit(Request(scope, _limited(scope, receive, most)), portal)
        response = await self._answer(visit)
        await visit.with_cookies(response)(scope, receive, send)

    def _is_large(self, scope: Scope) -> bool:
        """Whether a form has more bytes than others may, or does not say how many; only with files."""
        headers = Headers(scope=scope)
        kind, length = headers.get("content-type", ""), headers.get("content-length", "")
        is_small = length.isdigit() and int(length) <= MAX_BODY_BYTES
        return self._files and kind.startswith("multipart/") and not is_small

    async def _answer(self, visit: Visit) -> Response:
        try:
            if visit.request.method in SAFE_METHODS:
                return await self._shown(visit)
            try:
                return await self._sent(visit)
            finally:
                await visit.request.close()
        except (Problem, Refusal) as error:
            return _failed(visit, error)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            log.error("page_failed", page=self.path, exc_info=error)
            return _failed(visit, InternalError())

    async def _shown(self, visit: Visit) -> Response:
        if self._get is None and self._post is None:
            # Who acts in a customer's place is told so on this page, too.
            await self._recognise(visit)
            raise NotFound
        if self._get is None:
            # Somebody typed the address of a form's target: show the page that has the form.
            return visit.see(visit.request.url.path.rpartition("/")[0] or "/")
        await self._recognise(visit)
        if self._who is not Who.ANYONE and visit.session is None:
            return visit.see("/login", next=visit.address)
        if self._comes_too_early(visit):
            return visit.see(SET_UP)
        self._admit(visit)
        return await self._get(visit, **visit.request.path_params)

    async def _sent(self, visit: Visit) -> Response:
        if self._post is None:
            raise NotFound if self._get is None else MethodNotAllowed
        request, portal = visit.request, visit.portal
        if not self._by_link:
            check_origin(request.headers, portal.site.origin)
        refusal = await self._refusal(visit)
        if not self._is_large(request.scope):
            # The words come back even to somebody who is refused, so they are read first.
            return await self._taken(visit, self._post, refusal)
        if refusal:
            raise refusal
        async with portal.uploads.hold((await self._sent_by(visit)).holder):
            return await self._taken(visit, self._post, None)

    async def _refusal(self, visit: Visit) -> Problem | None:
        """Why this person may not send anything here or now, as far as it is known before the form."""
        try:
            await self._recognise(visit)
            await count(visit)
            if self._who is not Who.ANYONE and visit.session is None:
                raise Unauthenticated
            self._admit(visit)
        except Problem as problem:
            return problem
        return None

    async def _sent_by(self, visit: Visit) -> Caller:
        if self._sender:
            return await self._sender(visit, **visit.request.path_params)
        if visit.session is None:
            raise TooLarge(max_bytes=MAX_BODY_BYTES)
        return visit.caller

    async def _taken(self, visit: Visit, post: Handler, refusal: Problem | None) -> Response:
        """Read the form; unless it is refused or forged, handle it."""
        request, portal = visit.request, visit.portal
        visit.form = await _posted(request, MAX_FILES if self._files else 0)
        if not self._by_link:
            browser_id = portal.site.browser_id(request.cookies)
            check_csrf_token(portal.secret, browser_id, visit.form.raw("csrf_token"))
        if refusal:
            raise refusal
        return await post(visit, **request.path_params)

    async def _recognise(self, visit: Visit) -> None:
        """Find the session; a page for anyone is shown to a stranger when nobody can tell."""
        cookie = visit.request.cookies.get(visit.portal.site.session_cookie)
        try:
            visit.session = await visit.portal.sessions.find(cookie)
        except Unavailable:
            if self._who is not Who.ANYONE:
                raise
            visit.is_identity_away = True

    def _admit(self, visit: Visit) -> None:
        if self._who is Who.STAFF and not visit.is_staff:
            raise StaffOnly
        if self._comes_too_early(visit):
            raise SecondFactorNeeded

    def _comes_too_early(self, visit: Visit) -> bool:
        """Whether the person must set up a second factor before they come here."""
        if self._who is Who.ANYONE or self._sets_up or visit.session is None:
            return False
        return visit.session.second_factor == "needed"


async def _posted(request: Request, max_files: int) -> Form:
    try:
        async with arriving():
            return Form.of(await request.form(max_files=max_files, max_fields=MAX_FIELDS))
    except HTTPException:
        return Form()


async def count(visit: Visit) -> None:
    """Count one request of this person or address; raises `TooManyRequests`."""
    rates, limits = visit.portal.rates, visit.portal.limits
    if visit.session:
        await limits.spend("person", str(visit.session.actor.id), rates.person)
    else:
        await limits.spend("stranger", visit.caller.address, rates.stranger)


def _limited(scope: Scope, receive: Receive, most: int) -> Receive:
    """Refuse bodies over the limit: at once those that say so, the others when it is reached."""
    declared = Headers(scope=scope).get("content-length", "")
    is_too_large = declared.isdigit() and int(declared) > most
    received = 0

    async def counted() -> Message:
        nonlocal received
        if is_too_large:
            raise TooLarge(max_bytes=most)
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise TooLarge(max_bytes=most)
        return message

    return counted


def _failed(visit: Visit, error: Problem | Refusal) -> Response:
    status = error.status if isinstance(error, Refusal) else _status(error)
    if status >= 500 or isinstance(error, Refusal):
        log.warning("page_not_served", status=status, error=repr(error.__cause__ or error))
    if status == 401 and visit.session:
        # The service no longer believes what we remember; the next request asks again.
        visit.portal.sessions.forget(visit.session.token)
    if _can_be_sent_again(visit, error, status):
        return resend_page(visit, error, status)
    response = visit.page(
        "error.html",
        status,
        code=status,
        sentence=_sentence(visit, error),
        service=error.params.get("service"),
    )
    if retry_after := getattr(error, "retry_after", None):
        response.headers["Retry-After"] = str(retry_after)
    return response


def _status(error: Problem) -> int:
    return 405 if isinstance(error, MethodNotAllowed) else status_of(error)


def _sentence(visit: Visit, error: Problem | Refusal) -> str:
    title = error.title if isinstance(error, Refusal) else error.title()
    return visit.texts(title)


def _can_be_sent_again(visit: Visit, error: Problem | Refusal, status: int) -> bool:
    """Whether what was typed still has a chance: nothing that a person wrote may be lost."""
    if visit.request.method in SAFE_METHODS or not visit.form.values:
        return False
    return isinstance(error, TokenMismatch) or status in (401, 429, 503)


def resend_page(visit: Visit, error: Problem | Refusal, status: int) -> Response:
    """The typed words again, in a form that can be sent with one button."""
    form = visit.form
    fields = [
        (name, value)
        for name, values in form.values.items()
        if name not in (*CARRIED, *_SECRETS, "attachment_ids")
        for value in values
    ]
    carried = [(n, form.raw(n)) for n in CARRIED if n in form.values and n != "csrf_token"]
    context: dict[str, Any] = {
        "code": status,
        "fields": fields,
        "carried": carried,
        "secrets": [name for name in _SECRETS if name in form.values],
        "service": error.params.get("service"),
        "form": form,
        # What was uploaded stays; what was not has to be chosen again, as browsers give no file twice.
        "has_photos": bool(form.photos or form.attachments),
        "place_path": _place_path(visit.request.url.path),
    }
    return visit.page("resend.html", status, **context)


def _place_path(path: str) -> str:
    """Where a page's photos are: below the signed link that it was opened with, or nowhere special."""
    return "/".join(path.split("/")[:3]) if path.startswith("/t/") else ""


# Every other address.
nothing_here = page("/{path:path}")

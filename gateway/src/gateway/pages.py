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
from gateway.portal import Portal
from gateway.upstream import Refusal
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

MAX_FIELDS = 200
# Forms with photos: more files and bytes than are taken, so that what is too much can be told in the
# form that comes back with every typed word. Files lie on the disk, not in memory.
MAX_FILES = 20
MAX_FORM_BYTES = 80_000_000
_SECRETS = ("password", "current_password", "new_password")


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
) -> Route:
    """A route whose handlers take a `Visit` and the parts of the path.

    With `files` the posted form may hold photos; the handler uploads them with `upload_photos`.
    """
    return Route(path, Page(path, get, post, who, files))


class Page:
    """ASGI endpoint of one address."""

    def __init__(
        self, path: str, get: Handler | None, post: Handler | None, who: Who, files: bool
    ) -> None:
        self.path = path
        self._get = get
        self._post = post
        self._who = who
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        portal: Portal = scope["app"].state.portal
        visit = Visit(Request(scope, _limited(receive, self._most(scope))), portal)
        response = await self._answer(visit)
        await visit.with_cookies(response)(scope, receive, send)

    def _most(self, scope: Scope) -> int:
        """The bytes that a form may have; more only where files may be in it."""
        kind = Headers(scope=scope).get("content-type", "")
        has_files = self._files and kind.startswith("multipart/")
        return MAX_FORM_BYTES if has_files else MAX_BODY_BYTES

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
            raise NotFound
        if self._get is None:
            # Somebody typed the address of a form's target: show the page that has the form.
            return visit.see(visit.request.url.path.rpartition("/")[0] or "/")
        await self._recognise(visit)
        if self._who is not Who.ANYONE and visit.session is None:
            return visit.see("/login", next=visit.address)
        self._admit(visit)
        return await self._get(visit, **visit.request.path_params)

    async def _sent(self, visit: Visit) -> Response:
        if self._post is None:
            raise NotFound if self._get is None else MethodNotAllowed
        request, portal = visit.request, visit.portal
        check_origin(request.headers, portal.site.origin)
        visit.form = await _posted(request, MAX_FILES if self._files else 0)
        await self._recognise(visit)
        browser_id = portal.site.browser_id(request.cookies)
        check_csrf_token(portal.secret, browser_id, visit.form.raw("csrf_token"))
        await _count(visit)
        if self._who is not Who.ANYONE and visit.session is None:
            raise Unauthenticated
        self._admit(visit)
        return await self._post(visit, **request.path_params)

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


async def _posted(request: Request, max_files: int) -> Form:
    try:
        return Form.of(await request.form(max_files=max_files, max_fields=MAX_FIELDS))
    except HTTPException:
        return Form()


async def _count(visit: Visit) -> None:
    rates, limits = visit.portal.rates, visit.portal.limits
    if visit.session:
        await limits.spend("person", str(visit.session.actor.id), rates.person)
    else:
        await limits.spend("stranger", visit.caller.address, rates.stranger)


def _limited(receive: Receive, most: int) -> Receive:
    """Refuse bodies over the limit, also those that do not say their length."""
    received = 0

    async def counted() -> Message:
        nonlocal received
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

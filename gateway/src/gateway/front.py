"""The outermost door: one host, safe headers on every answer, then pages, API or files."""

from collections.abc import Iterable
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.site import Site
from shared.errors import Problem
from shared.problems import problem_response

API_PREFIX = "/api/"
STATIC_PREFIX = "/static/"
_MISDIRECTED = 421
_PERMANENT = 308


class WrongHost(Problem):
    """The portal has another address."""


class Front:
    """ASGI app that guards and dispatches."""

    def __init__(self, site: Site, *, pages: ASGIApp, api: ASGIApp, static: ASGIApp) -> None:
        self._site = site
        self._pages = pages
        self._api = api
        self._static = static
        self._headers = _headers(site)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._pages(scope, receive, send)
            return
        headers = self._headers

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _completed(message.get("headers", ()), headers)
            await send(message)

        if Headers(scope=scope).get("host", "").lower() != self._site.host:
            await self._elsewhere(scope)(scope, receive, guarded)
        else:
            await self._app(scope["path"])(scope, receive, guarded)

    def _app(self, path: str) -> ASGIApp:
        if path.startswith(API_PREFIX):
            return self._api
        if path.startswith(STATIC_PREFIX):
            return self._static
        return self._pages

    def _elsewhere(self, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            return problem_response(WrongHost(), _MISDIRECTED)
        query = scope["query_string"].decode("latin-1")
        target = quote(scope["path"]) + (f"?{query}" if query else "")
        return RedirectResponse(self._site.url + target, _PERMANENT)


def _headers(site: Site) -> list[tuple[bytes, bytes]]:
    """What every answer has unless it says it itself. A page brings its own, wider policy."""
    headers = [
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        (b"x-content-type-options", b"nosniff"),
        # Not `no-referrer`: with it browsers send `Origin: null` along with our own forms.
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cache-control", b"no-store"),
    ]
    if site.is_secure:
        headers.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))
    return headers


def _completed(
    own: Iterable[tuple[bytes, bytes]], more: Iterable[tuple[bytes, bytes]]
) -> list[tuple[bytes, bytes]]:
    result = list(own)
    names = {name.lower() for name, _ in result}
    result.extend(header for header in more if header[0] not in names)
    return result

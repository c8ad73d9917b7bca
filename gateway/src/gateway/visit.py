"""One request of a person with a browser: who, in which language, what was typed, what to answer."""

import gzip
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.callers import caller_of
from gateway.clients import Services
from gateway.csrf import csrf_token
from gateway.forms import Form
from gateway.i18n import LANGUAGES, Texts, language_of
from gateway.portal import Portal
from gateway.sessions import Session
from gateway.upstream import Caller
from shared.auth import ANONYMOUS, Actor
from shared.permissions import Permission

_YEAR = 365 * 24 * 3600
_MIN_COMPRESSED = 1024
# Beyond this size, and when a page is sent again, a tenth more bytes cost less than the time to save
# them.
_LARGE = 20_000
_SMALL, _FAST = 5, 1
_ELEMENT_ID = re.compile(r"[A-Za-z][\w:-]{0,63}")
_MAX_FRAGMENTS = 8
_SUBMISSION = re.compile(rb'name="submission_id" value="[^"]*"')
# Parameters of one visit, which links on the page do not carry on.
_PASSING = ("done", "saved", "lang")


class Kept(NamedTuple):
    """A page as it was sent, with what must be another one each time it is sent."""

    body: bytes
    nonce: str

    def again(self, nonce: str) -> bytes:
        """The page for another request. What people typed cannot look like this: quotes are escaped."""
        body = self.body.replace(f'nonce="{self.nonce}"'.encode(), f'nonce="{nonce}"'.encode())
        return _SUBMISSION.sub(_new_submission, body)


def _new_submission(_: re.Match[bytes]) -> bytes:
    return b'name="submission_id" value="%s"' % secrets.token_urlsafe(18).encode()


def _new_nonce() -> str:
    return secrets.token_urlsafe(12)


@dataclass
class Visit:
    """What a page's handler gets; `session` is None before login."""

    request: Request
    portal: Portal
    session: Session | None = None
    form: Form = field(default_factory=Form)
    is_identity_away: bool = False
    _new_visitor: str = ""

    # Who and from where

    @cached_property
    def caller(self) -> Caller:
        """The person as the services are told."""
        if self.session is None:
            return caller_of(self.portal, self.request, ANONYMOUS)
        return caller_of(self.portal, self.request, self.session.actor, self.session.id)

    @property
    def services(self) -> Services:
        """The clients of the services."""
        return self.portal.services

    @property
    def user(self) -> dict[str, Any] | None:
        """The logged-in person as identity-service describes them."""
        return self.session.user if self.session else None

    @property
    def is_staff(self) -> bool:
        """Whether an employee is logged in."""
        return self.session is not None and self.session.actor.is_staff

    def may(self, permission: str) -> bool:
        """Whether the person holds a permission; the services decide, this only hides buttons."""
        return self.session is not None and self.session.actor.may(Permission(permission))

    def may_any(self, permissions: Iterable[str]) -> bool:
        """Whether the person holds one of these permissions."""
        return any(self.may(permission) for permission in permissions)

    def acting_as(self, actor: Actor) -> Caller:
        """The same browser with another actor's token, such as that of a signed link."""
        return caller_of(self.portal, self.request, actor)

    # Language and time

    @cached_property
    def language(self) -> str:
        """From `?lang=`, this browser's earlier choice, the person's profile; else Indonesian."""
        return language_of(
            self.request.query_params.get("lang"),
            self.request.cookies.get(self.portal.site.language_cookie),
            self.user["language"] if self.user else None,
        )

    @cached_property
    def texts(self) -> Texts:
        """The words of that language."""
        return self.portal.texts[self.language]

    @cached_property
    def zone(self) -> str:
        """The time zone to show times in."""
        zone = self.user.get("time_zone") if self.user else None
        return zone or self.portal.site.time_zone

    # Live updates

    @cached_property
    def fragments(self) -> tuple[str, ...]:
        """The ids of the elements that a live page fetches again; empty when it is the whole page."""
        asked = self.request.headers.get("x-fragment", "").split()
        return tuple(name for name in asked if _ELEMENT_ID.fullmatch(name))[:_MAX_FRAGMENTS]

    @property
    def fragment(self) -> str:
        """The element that is asked for, where it is one alone; the answer may leave out the rest."""
        return self.fragments[0] if len(self.fragments) == 1 else ""

    @property
    def live_url(self) -> str:
        """Where this page hears of changes since it was made; empty for strangers.

        It names the ticket of the page, which ticket-service is asked about for staff.
        """
        query = {"since": str(time.time_ns() // 1_000_000)}
        path, parts = self.request.url.path, self.request.path_params
        if path.startswith("/t/") and "token" in parts:
            return f"/t/{quote(parts['token'], safe='')}/live?{urlencode(query)}"
        if self.session is None:
            return ""
        return "/live?" + urlencode({"ticket": parts.get("number", ""), **query})

    # Forms

    @cached_property
    def browser_id(self) -> str:
        """What form tokens are bound to: the session, or an id that a browser gets before login."""
        if known := self.portal.site.browser_id(self.request.cookies):
            return known
        self._new_visitor = secrets.token_urlsafe(18)
        return self._new_visitor

    @property
    def csrf_token(self) -> str:
        """The token that every form of this page carries."""
        return csrf_token(self.portal.secret, self.browser_id)

    # Answers

    def page(self, template: str, status: int = 200, **context: Any) -> Response:
        """A rendered page."""
        nonce = _new_nonce()
        return self._answer(self._rendered(template, nonce, context), nonce, status)

    def page_made_of(
        self, sources: tuple[Any, ...], template: str, context: Callable[[], dict[str, Any]]
    ) -> Response:
        """A page that shows nothing but these answers to a GET.

        While they stay equal it is not made again within a minute for the same session: only what
        must be new each time is.
        """
        if self.session is None:
            return self.page(template, **context())
        pages, key = self.portal.pages, (self.session.token, self.address, self.language)
        minute, nonce = int(time.time() // 60), _new_nonce()
        seen = (template, sources, self.fragments, self.user, self.session.actor, minute)
        known, kept = pages.find(key)
        if known == seen:
            return self._answer(kept.again(nonce), nonce, level=_FAST)
        body = self._rendered(template, nonce, context())
        pages.keep(key, seen, Kept(body, nonce))
        return self._answer(body, nonce)

    def _rendered(self, template: str, nonce: str, context: dict[str, Any]) -> bytes:
        context = {"visit": self, "zone": self.zone, "nonce": nonce, **context}
        return self.portal.templates.render(self.language, template, context).encode()

    def _answer(self, body: bytes, nonce: str, status: int = 200, level: int = 0) -> Response:
        headers = {
            "Content-Security-Policy": content_security_policy(nonce),
            "Cache-Control": "no-store" if self._is_private else "private, no-cache",
            "Content-Language": self.language,
            "Vary": "Accept-Encoding, Cookie",
        }
        if len(body) >= _MIN_COMPRESSED and "gzip" in self.request.headers.get(
            "accept-encoding", ""
        ):
            level = level or (_SMALL if len(body) < _LARGE else _FAST)
            body = gzip.compress(body, level, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return Response(body, status, headers, "text/html")

    @property
    def _is_private(self) -> bool:
        """Whether the page is about somebody, or its address opens something and stands in its form."""
        return self.session is not None or "token" in self.request.path_params

    def see(self, path: str, **query: str) -> Response:
        """Send the browser on with 303, so that reloading repeats nothing."""
        target = quote(path, safe="/-._~") + (f"?{urlencode(query)}" if query else "")
        return RedirectResponse(target, 303)

    @property
    def address(self) -> str:
        """This page's address, to come back to."""
        path, query = self.request.url.path, self.request.url.query
        return quote(path, safe="/-._~") + (f"?{query}" if query else "")

    def query(self, **changes: str | None) -> str:
        """A link to this page with some query parameters changed; None takes one away.

        Relative, so that a page about nothing reads the same whatever its address was.
        """
        given = self.request.query_params.items()
        kept = {name: value for name, value in given if name not in _PASSING} | changes
        return "?" + urlencode({name: value for name, value in kept.items() if value})

    def with_cookies(self, response: Response) -> Response:
        """Attach the cookies that came up while answering."""
        site, chosen = self.portal.site, self.request.query_params.get("lang")
        if chosen in LANGUAGES:
            site.set_cookie(response, site.language_cookie, chosen, _YEAR)
        if self._new_visitor:
            site.set_cookie(response, site.visitor_cookie, self._new_visitor, None)
        return response


def content_security_policy(nonce: str) -> str:
    """Only our own files; scripts only where this page names them."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; "
        "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    )

"""The streams of live hints: who may open one, and how it is kept, checked and ended."""

import asyncio
import math
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.callers import caller_of
from gateway.hints import BEAT, RESYNC, Audience, Place
from gateway.live import LIVE_DROPPED, Listener, Live, Pace, marked
from gateway.portal import Portal
from gateway.upstream import Refusal
from shared.auth import Actor
from shared.errors import NotFound, Problem, Unauthenticated, Unavailable
from shared.permissions import Permission
from shared.problems import MethodNotAllowed, problem_response

log = structlog.get_logger()

MAX_TICKETS = 5
RETRY_MS = 2_000
# What clocks of two machines may be apart; hints of that time are told once more.
_SLACK_MS = 2_000
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    # nginx holds answers back otherwise.
    (b"x-accel-buffering", b"no"),
]


class Door(Protocol):
    """A way in, which is asked again and again while the stream is open."""

    async def audience(self) -> Audience:
        """Who listens; raises when they may not, or when nobody can tell."""


class CookieDoor:
    """Somebody logged in. `?ticket=` names the tickets on a staff member's page."""

    def __init__(self, portal: Portal, request: Request, known: float) -> None:
        self._portal = portal
        self._request = request
        self._named = request.query_params.getlist("ticket")
        self._known = known
        self._checked_at = -math.inf
        self._checked: frozenset[str] = frozenset()

    async def audience(self) -> Audience:
        """The person behind the cookie with the rights of now."""
        cookie = self._request.cookies.get(self._portal.site.session_cookie)
        session = await self._portal.sessions.find(cookie)
        if session is None or session.second_factor == "needed":
            raise Unauthenticated
        actor = session.actor
        if not actor.is_staff:
            return Audience(str(actor.id))
        is_free = actor.may(Permission.TICKET_READ_ALL) and not self._named
        return Audience(
            str(actor.id),
            is_staff=True,
            tickets=None if is_free else await self._tickets(actor),
            sees_figures=actor.may(Permission.REPORT_READ),
        )

    async def _tickets(self, actor: Actor) -> frozenset[str]:
        """The ids of the named tickets that ticket-service shows this person."""
        if self._checked_at + self._known < time.monotonic():
            self._checked_at = time.monotonic()
            caller = caller_of(self._portal, self._request, actor)
            tickets = self._portal.services.tickets
            named = [number for number in self._named[:MAX_TICKETS] if number]
            found = await asyncio.gather(*(tickets.ticket_id(caller, n) for n in named))
            self._checked = frozenset(id_ for id_ in found if id_)
        return self._checked


class LinkDoor:
    """A signed link to one ticket."""

    def __init__(self, portal: Portal, request: Request, known: float) -> None:
        self._portal = portal
        self._token: str = request.path_params["token"]
        self._known = known
        self._asked_at = -math.inf
        self._audience: Audience | None = None

    async def audience(self) -> Audience:
        """The ticket and person behind the link, as long as it is valid."""
        if self._audience is None or self._asked_at + self._known < time.monotonic():
            self._asked_at = time.monotonic()
            self._audience = await self._open()
        return self._audience

    async def _open(self) -> Audience:
        try:
            linked = await self._portal.services.tickets.open_link(self._token)
        except Refusal as refusal:
            raise NotFound from refusal
        ticket = frozenset([str(linked.ticket_id)])
        return Audience(str(linked.user_id), is_link=True, tickets=ticket)


class Streams:
    """ASGI endpoint of one address."""

    def __init__(self, door: Callable[[Portal, Request, float], Door]) -> None:
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        portal: Portal = scope["app"].state.portal
        request = Request(scope, receive)
        try:
            answer = await self._opened(portal, request)
        except Problem as problem:
            answer = problem_response(problem)
        if isinstance(answer, Response):
            await answer(scope, receive, send)
            return
        scope["is_stream"] = True
        await answer(receive, send)

    async def _opened(
        self, portal: Portal, request: Request
    ) -> "Response | Callable[[Receive, Send], Awaitable[None]]":
        if request.method != "GET":
            return problem_response(MethodNotAllowed(), 405)
        if portal.live.is_stopping:
            raise Unavailable
        door = self._door(portal, request, portal.pace.known)
        audience = await door.audience()
        query = request.query_params
        # A page that was hidden comes back with a stream of its own and says where it was.
        last = Place.parse(request.headers.get("last-event-id") or query.get("last", ""))
        listener = portal.live.join(audience, last, _since(query.get("since", "")))
        # 204 tells a browser not to come back; the page asks again from time to time by itself.
        if listener is None:
            return Response(status_code=204)
        return _Stream(portal.live, listener, door, portal.pace)


class _Stream:
    """One open stream."""

    def __init__(self, live: Live, listener: Listener, door: Door, pace: Pace) -> None:
        self._live = live
        self._listener = listener
        self._door = door
        self._pace = pace

    async def __call__(self, receive: Receive, send: Send) -> None:
        leaving = asyncio.create_task(self._until_gone(receive), name="live-browser")
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await self._write(send, _retry(RETRY_MS))
            await self._tell(send)
            # Not all at once: everybody comes back when a process stops.
            await self._write(send, _retry(500 + secrets.randbelow(3_500)), more=False)
        except TimeoutError:
            # The server closes a connection whose answer was left unfinished.
            LIVE_DROPPED.inc()
            log.info("live_stream_dropped")
        finally:
            self._live.leave(self._listener)
            leaving.cancel()
            await asyncio.wait([leaving])

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._listener.end()

    async def _tell(self, send: Send) -> None:
        """Hints until somebody ends it, or the person may no longer hear them."""
        beat_at = time.monotonic() + self._pace.beat
        while True:
            news = await self._listener.news(self._pace.check)
            if self._listener.has_ended or not await self._may_stay():
                return
            if not news and time.monotonic() >= beat_at:
                news = self._beat()
            if news:
                beat_at = time.monotonic() + self._pace.beat
                await self._write(send, news)
                await asyncio.sleep(self._pace.rest)

    async def _may_stay(self) -> bool:
        """Whether they are who they were, with the same rights; also not when nobody can tell."""
        try:
            return await self._door.audience() == self._listener.audience
        except (Problem, Refusal):
            return False

    def _beat(self) -> bytes:
        """A sign of life; while hints cannot be read, the word to look for oneself."""
        return (BEAT if self._live.is_listening else RESYNC) + marked(self._live.at)

    async def _write(self, send: Send, body: bytes, *, more: bool = True) -> None:
        async with asyncio.timeout(self._pace.patience):
            await send({"type": "http.response.body", "body": body, "more_body": more})


def _since(ms: str) -> Place | None:
    """When the page was made, with some slack."""
    made = Place.parse(f"{ms}-0")
    return made and Place(max(made.ms - _SLACK_MS, 0), 0)


def _retry(ms: int) -> bytes:
    return f"retry: {ms}\n\n".encode()


ROUTES = (
    Route("/live", Streams(CookieDoor)),
    Route("/t/{token}/live", Streams(LinkDoor)),
)

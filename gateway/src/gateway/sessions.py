"""Who sits behind a cookie: asked at identity-service, known for five seconds, signed for each service."""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.auth import Actor, TokenMinter
from shared.errors import Forbidden, Unauthenticated

# Rights that were taken away end within this time (SECURITY: five seconds).
KNOWN_SECONDS = 4.0
TOKEN_SECONDS = 60
TOKEN_REUSED_SECONDS = 30
MAX_KNOWN = 10_000
_OPAQUE = re.compile(r"^[A-Za-z0-9_.~-]{16,256}$")


class SecondFactorNeeded(Forbidden):
    """Please set up the second step of logging in first."""


@dataclass(frozen=True, slots=True)
class Session:
    """A logged-in person. `token` is the cookie's value; `user` is as identity-service gives it.

    `id` is how the person's own list names this session; it opens nothing. `key` is what
    identity-service says of the API key that a program showed instead of a cookie. `second_factor` is
    on, off, or needed before anything else. `organisation` is the one that a customer belongs to,
    `impersonator` the employee who acts in their place until `expires_at`.
    """

    token: str
    actor: Actor
    user: dict[str, Any]
    id: str = ""
    second_factor: str = "off"
    key: dict[str, Any] | None = None
    organisation: dict[str, Any] | None = None
    impersonator: dict[str, Any] | None = None
    expires_at: str = ""


# What identity-service says of a token: the resolved session as JSON, or None.
Resolve = Callable[[str], Awaitable[dict[str, Any] | None]]


class Sessions:
    """A small memory of resolved cookies; one question at a time for each of them."""

    def __init__(self, resolve: Resolve, clock: Callable[[], float] = time.monotonic) -> None:
        self._resolve = resolve
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Session | None]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Session | None]] = {}

    async def find(self, token: str | None) -> Session | None:
        """The session of a cookie, or None; raises `Unavailable` when nobody can tell."""
        if not token or not _OPAQUE.match(token):
            return None
        known = self._known.get(token)
        if known and known[0] > self._clock():
            return known[1]
        asking = self._asking.get(token)
        if asking is None:
            asking = self._asking[token] = asyncio.create_task(self._ask(token))
        # Shielded: a browser that goes away must not take the answer from the others.
        return await asyncio.shield(asking)

    async def still(self, session: Session) -> None:
        """Raise `Unauthenticated` once a session has ended, in an answer that takes long to read."""
        if await self.find(session.token) is None:
            raise Unauthenticated

    def forget(self, token: str) -> None:
        """Drop what is known, after a logout."""
        self._known.pop(token, None)
        self._asking.pop(token, None)

    async def _ask(self, token: str) -> Session | None:
        asked_at = self._clock()
        this = asyncio.current_task()
        try:
            session = _session(token, await self._resolve(token))
            if self._asking.get(token) is this:
                self._remember(token, asked_at + KNOWN_SECONDS, session)
            return session
        finally:
            if self._asking.get(token) is this:
                del self._asking[token]

    def _remember(self, token: str, until: float, session: Session | None) -> None:
        self._known[token] = (until, session)
        self._known.move_to_end(token)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)


class Tokens:
    """Service tokens, each used again for at most 30 of its 60 seconds."""

    def __init__(
        self, minter: TokenMinter, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._minter = minter
        self._clock = clock
        self._minted: OrderedDict[tuple[Actor, str], tuple[float, str]] = OrderedDict()

    def token(self, actor: Actor, audience: str) -> str:
        """A token that names the actor to one service."""
        now, key = self._clock(), (actor, audience)
        minted = self._minted.get(key)
        if minted and minted[0] > now.timestamp():
            return minted[1]
        token = self._minter.mint(actor, audience, now, TOKEN_SECONDS)
        self._minted[key] = (now.timestamp() + TOKEN_REUSED_SECONDS, token)
        self._minted.move_to_end(key)
        if len(self._minted) > MAX_KNOWN:
            self._minted.popitem(last=False)
        return token


def _session(token: str, found: dict[str, Any] | None) -> Session | None:
    if found is None:
        return None
    user = found["user"] | {"role_label": found.get("role_label", "")}
    organisation, impersonator = found.get("organisation"), found.get("impersonator")
    actor = Actor(
        id=UUID(user["id"]),
        kind=user["kind"],
        perms=frozenset(found["perms"]),
        teams=tuple(UUID(team) for team in found["teams"]),
        orgs=tuple(UUID(org) for org in found["orgs"]),
        manages=tuple(UUID(org) for org in found.get("manages", ())),
        impersonator=UUID(impersonator["id"]) if impersonator else None,
    )
    factor = found.get("second_factor", "off")
    return Session(
        token,
        actor,
        user,
        found["session_id"],
        factor,
        found.get("key"),
        organisation,
        impersonator,
        found.get("expires_at", ""),
    )

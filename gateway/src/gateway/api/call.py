"""One API call on its way in: who makes it, whether it may, and its body."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from tempfile import SpooledTemporaryFile
from typing import IO

from starlette.requests import ClientDisconnect, Request

from gateway.api.programs import admit_program, check_use
from gateway.callers import caller_of
from gateway.csrf import SAFE_METHODS, check_csrf_token, check_origin
from gateway.i18n import Texts, accepted_language, language_of
from gateway.limits import Allowance, arriving
from gateway.portal import Portal
from gateway.sessions import SecondFactorNeeded, Session
from gateway.upstream import Caller
from shared.auth import ANONYMOUS
from shared.errors import Malformed, TooLarge, TooManyRequests
from shared.web import MAX_BODY_BYTES

# A photo of 10 MB and what multipart puts around it, as the services take it.
MAX_FILE_BODY_BYTES = 10_016_384
# The same for a table of a million rows.
MAX_TABLE_BODY_BYTES = 200_016_384


@dataclass
class Call:
    """A request below `/api/`."""

    request: Request
    portal: Portal
    session: Session | None = field(default=None, init=False)
    allowance: Allowance | None = field(default=None, init=False)

    async def admit(
        self, *, needs_token: bool = True, takes_key: bool = False, sets_up: bool = False
    ) -> None:
        """Find out who calls and refuse forged calls; a cookie never acts without its form token.

        A key is no ambient right that a foreign page could use, so it needs no form token. Only what
        `sets_up` a second factor is open to staff who need one and have none yet.
        """
        headers, portal = self.request.headers, self.portal
        if "authorization" in headers:
            await self._admit_program(takes_key)
            return
        cookie = self.cookie
        self.session = await portal.sessions.find(cookie)
        if self.session and self.session.second_factor == "needed" and not sets_up:
            raise SecondFactorNeeded
        if self.request.method not in SAFE_METHODS:
            check_origin(headers, portal.site.origin)
            if self.session and needs_token:
                check_csrf_token(portal.secret, cookie, headers.get("x-csrf-token"))
        if self.session:
            person = str(self.session.actor.id)
            await portal.limits.spend("person", person, portal.rates.person)
        else:
            address = self.caller.address
            await portal.limits.spend("stranger", address, portal.rates.stranger)

    async def _admit_program(self, takes_key: bool) -> None:
        """Whoever shows a key is nobody else, whatever cookie came along."""
        stranger = caller_of(self.portal, self.request, ANONYMOUS)
        found = await admit_program(self.portal, stranger, self.request.headers["authorization"])
        assert found.key is not None
        self.session = found
        await self._spend_of_key(found.key["id"], found.key["calls_per_minute"])
        method = self.request.method
        await check_use(self.portal, stranger, found, method, takes_key=takes_key)

    async def _spend_of_key(self, key_id: str, most: int) -> None:
        try:
            self.allowance = await self.portal.limits.spend("key", key_id, most)
        except TooManyRequests as refusal:
            self.allowance = Allowance(most, 0, refusal.retry_after)
            raise

    @cached_property
    def cookie(self) -> str | None:
        """The session token that the browser holds, valid or not."""
        return self.request.cookies.get(self.portal.site.session_cookie)

    @cached_property
    def caller(self) -> Caller:
        """The person or stranger as the services are told."""
        if self.session is None:
            return caller_of(self.portal, self.request, ANONYMOUS)
        return caller_of(self.portal, self.request, self.session.actor, self.session.id)

    @property
    def texts(self) -> Texts:
        """The language of problems: the program's wish, the person's own, Indonesian."""
        wish = accepted_language(self.request.headers.get("accept-language"))
        own = self.session.user["language"] if self.session else None
        return self.portal.texts[language_of(wish, own)]

    async def body(self) -> bytes:
        """The whole body, at most 1 MB."""
        async with arriving():
            chunks = [chunk async for chunk in self._chunks(MAX_BODY_BYTES)]
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    @asynccontextmanager
    async def file(self, most: int) -> AsyncIterator[IO[bytes]]:
        """The whole body, at most so many bytes; with more than 1 MB it lies on the disk."""
        with SpooledTemporaryFile(max_size=MAX_BODY_BYTES) as file:
            async with arriving():
                async for chunk in self._chunks(most):
                    file.write(chunk)
            file.seek(0)
            yield file

    async def _chunks(self, most: int) -> AsyncIterator[bytes]:
        declared = self.request.headers.get("content-length", "0")
        if not declared.isdigit():
            raise Malformed
        if int(declared) > most:
            raise TooLarge(max_bytes=most)
        received = 0
        try:
            async for chunk in self.request.stream():
                received += len(chunk)
                if received > most:
                    raise TooLarge(max_bytes=most)
                yield chunk
        except ClientDisconnect:
            raise Malformed from None

"""One service as the gateway calls it: bounded connections, short timeouts, a token on every call."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import IO, Any, NamedTuple

import aiohttp
import orjson
from yarl import URL

from gateway.remembered import Remembered
from gateway.sessions import Tokens
from shared.auth import ANONYMOUS, Actor
from shared.errors import Unavailable
from shared.problems import MEDIA_TYPE, TYPE_PREFIX
from shared.tracing import request_id, traceparent

CONNECT_SECONDS = 1.0
TOTAL_SECONDS = 2.5
CONNECTIONS = 64
# Files have connections of their own: who reads them slowly keeps nobody from their ticket. An upload
# waits for the photo to be read and stored, a download for the store; both for a free connection.
FILE_SECONDS = 30.0
FILE_WAIT_SECONDS = 5.0
FILE_CONNECTIONS = 16
_CALL = aiohttp.ClientTimeout(total=TOTAL_SECONDS, connect=CONNECT_SECONDS)
_UPLOAD = aiohttp.ClientTimeout(
    total=FILE_SECONDS, connect=FILE_WAIT_SECONDS, sock_connect=CONNECT_SECONDS
)
_DOWNLOAD = aiohttp.ClientTimeout(
    connect=FILE_WAIT_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=FILE_SECONDS
)
# Shorter than the 5 s after which uvicorn drops an idle connection, so that we never use a dying one.
KEEP_ALIVE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a call is made. `principal` tells strangers apart for `Idempotency-Key`.

    `session` is the id of the session that asks; empty where there is none.
    """

    actor: Actor = ANONYMOUS
    address: str = ""
    agent: str = ""
    principal: str = ""
    session: str = ""

    @property
    def holder(self) -> str:
        """Whose share this counts against: the person, the link, or a stranger's address."""
        actor = self.actor
        return f"{actor.id}:{actor.link or ''}" if actor.id else self.address


class Answer(NamedTuple):
    """What a service said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as data."""
        return orjson.loads(self.body) if self.body else None


Body = bytes | IO[bytes] | aiohttp.FormData


class Download:
    """A service's answer whose body has not been read yet."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes; whoever reads it closes the download."""
        return self._response.content.iter_chunked(65_536)

    def close(self) -> None:
        """Give the connection back, or end it when there was more to read."""
        self._response.close()

    async def answer(self) -> Answer:
        """The whole answer, where it is short."""
        async with self._response:
            return Answer(self.status, self.headers, await self._response.read())


@dataclass(eq=False)
class Refusal(Exception):
    """A service's problem answer (RFC 9457); `slug` is its stable name, such as `wrong-state`."""

    status: int
    slug: str
    title: str
    params: dict[str, Any] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)
    retry_after: str | None = None

    @classmethod
    def of(cls, answer: Answer) -> "Refusal":
        """Read a problem; an answer that is none keeps its status only."""
        problem: dict[str, Any] = {}
        if answer.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
            problem = answer.json()
        return cls(
            status=answer.status,
            slug=str(problem.get("type", "")).removeprefix(TYPE_PREFIX),
            title=problem.get("title", ""),
            params=problem.get("params") or {},
            errors=problem.get("errors") or [],
            retry_after=answer.headers.get("Retry-After"),
        )


class Upstream:
    """The HTTP client of one service."""

    def __init__(self, name: str, url: str, tokens: Tokens) -> None:
        self.name = name
        self._url = url.rstrip("/")
        self._tokens = tokens
        self._remembered = Remembered()
        self._calls: aiohttp.ClientSession | None = None
        self._files: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        for session in (self._calls, self._files):
            if session:
                await session.close()

    async def send(
        self,
        method: str,
        target: str,
        caller: Caller,
        *,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        is_file: bool = False,
    ) -> Answer:
        """One call; `target` is path and query as they go on the wire. Raises `Unavailable`.

        A body that `is_file` may take long and goes over the connections for files.
        """
        session = self._for_files() if is_file else self._for_calls()
        try:
            async with session.request(
                method,
                URL(self._url + target, encoded=True),
                data=body,
                headers={**(headers or {}), **self._identify(caller)},
                allow_redirects=False,
                timeout=_UPLOAD if is_file else _CALL,
            ) as response:
                return Answer(response.status, response.headers, await response.read())
        except (TimeoutError, aiohttp.ClientError) as error:
            raise Unavailable(service=self.name) from error

    async def ask(
        self,
        method: str,
        target: str,
        caller: Caller,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        is_slow: bool = False,
    ) -> Any:
        """A JSON call: the data of a good answer; raises `Refusal` or `Unavailable`.

        One that `is_slow` waits for somebody beyond the service, and goes with the files.
        """
        headers = {"Content-Type": "application/json", **(headers or {})}
        data = None if body is None else orjson.dumps(body)
        answer = await self.send(
            method, target, caller, body=data, headers=headers, is_file=is_slow
        )
        if answer.status >= 400:
            raise self._problem(answer)
        return answer.json()

    async def read(self, target: str, caller: Caller) -> Any:
        """As `ask` with GET, but what was read lately comes only if it has changed.

        The same object may be given again, so nobody writes into it.
        """
        key = (target, caller.actor)
        tag, known = self._remembered.find(key)
        headers = {"If-None-Match": tag} if tag else None
        answer = await self.send("GET", target, caller, headers=headers)
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return known
        if answer.status >= 400:
            raise self._problem(answer)
        data = answer.json()
        if tag := answer.headers.get("ETag"):
            self._remembered.keep(key, tag, data)
        return data

    async def upload(
        self,
        target: str,
        caller: Caller,
        name: str,
        content: IO[bytes],
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
        fields: Mapping[str, str] | None = None,
    ) -> Any:
        """Send a file as multipart, which closes it; the data of a good answer, else as `ask`."""
        form = aiohttp.FormData(fields or {})
        form.add_field("file", content, filename=name, content_type="application/octet-stream")
        answer = await self.send(method, target, caller, body=form, headers=headers, is_file=True)
        if answer.status >= 400:
            raise self._problem(answer)
        return answer.json()

    async def open(self, target: str, caller: Caller) -> Download:
        """Begin to fetch a file; the answer may be a problem. Raises `Unavailable`."""
        try:
            response = await self._for_files().get(
                URL(self._url + target, encoded=True),
                headers=self._identify(caller),
                allow_redirects=False,
                timeout=_DOWNLOAD,
            )
        except (TimeoutError, aiohttp.ClientError) as error:
            raise Unavailable(service=self.name) from error
        return Download(response)

    async def fetch(self, target: str, caller: Caller) -> Download:
        """A file of a good answer; raises `Refusal` or `Unavailable`."""
        found = await self.open(target, caller)
        if found.status >= 400:
            raise self._problem(await found.answer())
        return found

    def _problem(self, answer: Answer) -> Exception:
        if answer.status in (502, 503, 504):
            return Unavailable(service=self.name)
        return Refusal.of(answer)

    def _identify(self, caller: Caller) -> dict[str, str]:
        """Who asks and in which trace; whatever the browser sent under these names is not used."""
        return {
            **({"X-Session": caller.session} if caller.session else {}),
            "Authorization": "Bearer " + self._tokens.token(caller.actor, self.name),
            "X-Request-ID": request_id.get() or "",
            "traceparent": traceparent.get() or "",
            "X-Client-Address": caller.address,
            "X-Client-Agent": caller.agent,
            "X-Principal": caller.principal,
        }

    def _for_calls(self) -> aiohttp.ClientSession:
        self._calls = self._calls or _session(CONNECTIONS)
        return self._calls

    def _for_files(self) -> aiohttp.ClientSession:
        self._files = self._files or _session(FILE_CONNECTIONS)
        return self._files


def _session(connections: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=connections, keepalive_timeout=KEEP_ALIVE_SECONDS, ttl_dns_cache=10
        ),
        timeout=_CALL,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("User-Agent", "Accept-Encoding", "Accept"),
        auto_decompress=False,
    )

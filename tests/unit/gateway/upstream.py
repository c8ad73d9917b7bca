"""The services as a small server of these tests: it answers what it was told and keeps what it got."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from shared.errors import Problem
from shared.problems import MEDIA_TYPE, problem_response
from tests.unit.gateway import samples


@dataclass(frozen=True)
class Received:
    """One request as a service got it."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as data."""
        return json.loads(self.body)


Answer = Callable[[Received], web.Response]


@dataclass
class Upstream:
    """All four services behind one address; the first rule that fits answers."""

    received: list[Received] = field(default_factory=list)
    _rules: list[tuple[str, re.Pattern[str], Answer]] = field(default_factory=list)

    def answers(
        self,
        method: str,
        path: str,
        body: Any = None,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> None:
        """From now on, answer this; `path` is a regular expression for the whole path."""
        self.calls(method, path, lambda _: json_answer(body, status, headers))

    def refuses(self, method: str, path: str, problem: Problem) -> None:
        """From now on, answer with a problem."""
        response = problem_response(problem)
        headers = {k: v for k, v in response.headers.items() if k.lower() == "retry-after"}

        def answer(_: Received) -> web.Response:
            return web.Response(
                body=bytes(response.body),
                status=response.status_code,
                content_type=MEDIA_TYPE,
                headers=headers,
            )

        self.calls(method, path, answer)

    def calls(self, method: str, path: str, answer: Answer) -> None:
        """From now on, let a function answer."""
        self._rules.insert(0, (method, re.compile(path), answer))

    def last(self, method: str, path: str) -> Received:
        """The newest request of this kind."""
        return self.all(method, path)[-1]

    def all(self, method: str, path: str) -> list[Received]:
        """Every request of this kind."""
        return [r for r in self.received if r.method == method and re.fullmatch(path, r.path)]

    async def serve(self, request: web.Request) -> web.Response:
        """The handler of every path."""
        got = Received(
            request.method,
            request.path,
            request.rel_url.raw_query_string,
            request.headers.copy(),
            await request.read(),
        )
        self.received.append(got)
        for method, pattern, answer in self._rules:
            if method == got.method and pattern.fullmatch(got.path):
                return answer(got)
        return json_answer({"title": "no rule"}, 500, None)


def usual() -> Upstream:
    """A customer Budi and an agent Dewi, a ticket, a line, one category."""
    upstream = Upstream()
    upstream.calls("POST", "/sessions/resolve", _resolved)
    upstream.answers("POST", "/api-keys/refused", None, 204)
    for method, path, body in (
        ("GET", "/categories", samples.listing(samples.category(), samples.category("other"))),
        ("GET", "/service-lines", samples.listing(samples.line())),
        ("GET", "/tickets", samples.listing(samples.ticket_row())),
        ("GET", "/tickets/counts", samples.COUNTS),
        ("GET", "/tickets/[0-9-]+", samples.ticket()),
        ("GET", "/assignees", samples.ASSIGNEES),
        ("GET", "/teams", samples.TEAMS),
        ("GET", "/api-keys", samples.listing(samples.api_key())),
        ("GET", "/audit", samples.listing(*samples.AUDIT)),
        ("GET", "/roles", samples.ROLES),
        ("GET", "/organisations", samples.listing(samples.organisation())),
        ("GET", "/organisations/[0-9a-f-]+", samples.organisation()),
        ("GET", "/organisations/[0-9a-f-]+/members", samples.listing(samples.member())),
        ("GET", "/users", samples.listing(samples.user(), samples.user(samples.DEWI_ID, "staff"))),
        ("GET", "/users/[0-9a-f-]+", samples.user()),
        ("GET", "/me", samples.me()),
        ("GET", "/me/notification-preferences", samples.PREFERENCES),
        ("GET", "/me/sessions", samples.OWN_SESSIONS),
        ("GET", "/me/passkeys", {"items": [samples.PASSKEY]}),
        ("GET", "/me/company-accounts", {"items": []}),
        ("GET", "/me/second-factor", samples.second_factor()),
        ("GET", "/me/second-factor/secret", samples.SECRET),
        ("GET", "/reports/overview", samples.OVERVIEW),
    ):
        upstream.answers(method, path, body)
    return upstream


def _resolved(got: Received) -> web.Response:
    kinds = {samples.BUDI_TOKEN: "customer", samples.DEWI_TOKEN: "staff"}
    kind = kinds.get(got.json()["token"])
    if kind is None:
        return json_answer(
            {"type": "urn:tanggap:session-not-valid", "title": "x", "status": 401}, 401
        )
    return json_answer(samples.session(kind))


def json_answer(
    body: Any, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """An answer of a service."""
    text = "" if body is None else json.dumps(body)
    media_type = "application/json" if status < 400 else MEDIA_TYPE
    return web.Response(text=text, status=status, headers=headers, content_type=media_type)

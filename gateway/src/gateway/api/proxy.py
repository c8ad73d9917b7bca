"""A call that goes on to a service: signed, with its body unparsed, and its answer as it comes."""

from collections.abc import Mapping
from contextlib import AsyncExitStack

from starlette.responses import Response

from gateway.api.call import MAX_FILE_BODY_BYTES, MAX_TABLE_BODY_BYTES, Call
from gateway.api.problems import service_problem
from gateway.api.routes import PREFIX, ApiRoute, RouteTable
from gateway.api.session import answer_to_login
from gateway.downloads import Passage
from gateway.upstream import Answer, Upstream
from shared.errors import NotFound, Unauthenticated
from shared.problems import MethodNotAllowed

_FORWARDED = ("content-type", "if-match", "if-none-match", "idempotency-key")
_RETURNED = ("ETag", "Retry-After", "Content-Type")
_RETURNED_WITH_FILES = (
    *_RETURNED,
    "Content-Length",
    "Content-Disposition",
    "Content-Security-Policy",
    "X-Content-Type-Options",
)
_BODYLESS = ("GET", "HEAD")


async def pass_on(call: Call, table: RouteTable) -> Response:
    """Find the row of the table, check the caller, ask the service."""
    scope, method = call.request.scope, call.request.method
    path = scope["raw_path"].decode("latin-1").partition("?")[0].removeprefix(PREFIX)
    row = table.find(path)
    if row is None:
        raise NotFound
    scope["route"] = row
    asked = "GET" if method == "HEAD" else method
    if asked not in row.methods:
        raise MethodNotAllowed
    await call.admit(takes_key=row.takes_key(asked), sets_up=row.sets_up)
    upstream = call.portal.services.upstreams[row.service]
    target = _target(path, scope["query_string"])
    if row.gives_file and method in _BODYLESS:
        return await _file(call, upstream, target)
    answer = await _asked(call, row, upstream, asked, target)
    if row.logs_in(asked):
        return answer_to_login(call, answer)
    if answer.status >= 400:
        return service_problem(call, answer)
    return _returned(answer)


async def _asked(call: Call, row: ApiRoute, upstream: Upstream, method: str, target: str) -> Answer:
    given = call.request.headers
    headers = {name: given[name] for name in _FORWARDED if name in given}
    if method in _BODYLESS:
        return await upstream.send(method, target, call.caller, headers=headers)
    if not row.takes_file:
        body = await call.body()
        return await upstream.send(method, target, call.caller, body=body, headers=headers)
    if call.session is None:
        # The service would say the same, after a stranger had filled our disk.
        raise Unauthenticated
    if row.needs:
        call.caller.actor.need(row.needs)
    most = MAX_TABLE_BODY_BYTES if row.needs else MAX_FILE_BODY_BYTES
    async with call.portal.uploads.hold(call.caller.holder), call.file(most) as file:
        return await upstream.send(
            method, target, call.caller, body=file, headers=headers, is_file=True
        )


async def _file(call: Call, upstream: Upstream, target: str) -> Response:
    async with AsyncExitStack() as held:
        await held.enter_async_context(call.portal.downloads.hold(call.caller.holder))
        found = await upstream.open(target, call.caller)
        if found.status >= 400:
            return service_problem(call, await found.answer())
        return Passage(found, _headers(found.headers, _RETURNED_WITH_FILES), held.pop_all())


def _target(path: str, query: bytes) -> str:
    return f"{path}?{query.decode('latin-1')}" if query else path


def _returned(answer: Answer) -> Response:
    given = answer.headers
    headers = _headers(given, _RETURNED)
    if "Location" in given:
        headers["Location"] = PREFIX + given["Location"]
    return Response(answer.body, answer.status, headers)


def _headers(given: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: given[name] for name in names if name in given}

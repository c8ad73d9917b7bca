"""A call that goes on to a service: signed, with its body unparsed, and its answer as it comes."""

from starlette.responses import Response

from gateway.api.call import Call
from gateway.api.problems import service_problem
from gateway.api.routes import PREFIX, RouteTable
from gateway.api.session import answer_to_login
from gateway.upstream import Answer
from shared.errors import NotFound
from shared.problems import MethodNotAllowed

_FORWARDED = ("content-type", "if-match", "if-none-match", "idempotency-key")
_RETURNED = ("ETag", "Retry-After", "Content-Type")
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
    await call.admit()
    given = call.request.headers
    answer = await call.portal.services.upstreams[row.service].send(
        asked,
        _target(path, scope["query_string"]),
        call.caller,
        body=None if method in _BODYLESS else await call.body(),
        headers={name: given[name] for name in _FORWARDED if name in given},
    )
    if row.is_login:
        return answer_to_login(call, answer)
    if answer.status >= 400:
        return service_problem(call, answer)
    return _returned(answer)


def _target(path: str, query: bytes) -> str:
    return f"{path}?{query.decode('latin-1')}" if query else path


def _returned(answer: Answer) -> Response:
    given = answer.headers
    headers = {name: given[name] for name in _RETURNED if name in given}
    if "Location" in given:
        headers["Location"] = PREFIX + given["Location"]
    return Response(answer.body, answer.status, headers)

"""The ASGI app below `/api/`: the session, the reference, and the table of routes to services."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.api.call import Call
from gateway.api.problems import own_problem
from gateway.api.proxy import pass_on
from gateway.api.reference import openapi_document, reference_page
from gateway.api.routes import PREFIX, RouteTable
from gateway.api.session import finish_log_in, log_in, log_out
from gateway.portal import Portal
from shared.errors import Problem
from shared.problems import InternalError, MethodNotAllowed

log = structlog.get_logger()


@dataclass(frozen=True)
class OwnRoute:
    """A route that the gateway answers itself."""

    path: str
    methods: Mapping[str, Callable[[Call], Awaitable[Response]]]


_OWN: Final = {
    route.path: route
    for route in (
        OwnRoute(PREFIX + "/session", {"POST": log_in, "DELETE": log_out}),
        OwnRoute(PREFIX + "/session/second-step", {"POST": finish_log_in}),
        OwnRoute("/api/openapi.json", {"GET": openapi_document, "HEAD": openapi_document}),
        OwnRoute("/api/docs", {"GET": reference_page, "HEAD": reference_page}),
    )
}


class Api:
    """Raw ASGI, because this is the way that must be fast."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._table = RouteTable()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = Call(Request(scope, receive), self._portal)
        try:
            response = await self._answer(call)
        except Problem as problem:
            response = own_problem(call, problem)
        except Exception as error:
            log.error("call_failed", exc_info=error)
            response = own_problem(call, InternalError())
        if call.allowance:
            response.headers.update(call.allowance.headers())
        await response(scope, receive, send)

    async def _answer(self, call: Call) -> Response:
        own = _OWN.get(call.request.scope["path"])
        if own is None:
            return await pass_on(call, self._table)
        call.request.scope["route"] = own
        if call.request.method not in own.methods:
            raise MethodNotAllowed
        return await own.methods[call.request.method](call)

"""One call that gives an HTTP process its defaults: problems, request ids, limits, health, metrics."""

import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import TooLarge
from shared.metrics import HTTP_REQUEST_SECONDS
from shared.problems import add_problem_handlers, problem_response
from shared.tracing import accept_request_id, continue_trace, request_id, traceparent
from shared.uploads import UploadGate

log = structlog.get_logger()

Check = Callable[[], Awaitable[None]]

MAX_BODY_BYTES = 1_048_576


def create_app(
    name: str,
    *,
    ready: Mapping[str, Check],
    body_limits: Mapping[str, int] | None = None,
    **options: Any,
) -> FastAPI:
    """A FastAPI app as every process of the portal has it.

    `ready` names what must answer before traffic may come; the checks raise when it does not.
    `body_limits` gives paths whose bodies may hold more, or only less, than `MAX_BODY_BYTES`; those
    that may hold more take files, a few at once.
    `options` go to FastAPI. While `app.state.stopping` is true, `/readyz` answers 503.
    """
    app = FastAPI(title=name, **options)
    app.state.stopping = False
    add_ops_routes(app, ready)
    add_problem_handlers(app)
    limits = body_limits or {}
    app.add_middleware(UploadGate, paths={p for p, most in limits.items() if most > MAX_BODY_BYTES})
    app.add_middleware(BodyLimit, by_path=limits)
    app.add_middleware(RequestContext)
    return app


def add_ops_routes(app: FastAPI, ready: Mapping[str, Check]) -> None:
    """`/healthz` (the event loop turns), `/readyz` (may serve), `/metrics` (Prometheus)."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def readyz(_: Request) -> Response:
        failed = [name for name, check in ready.items() if not await _holds(name, check)]
        if app.state.stopping:
            failed.append("stopping")
        return JSONResponse({"ready": not failed, "failed": failed}, 503 if failed else 200)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    for handler in (healthz, readyz, metrics):
        app.router.add_route(f"/{handler.__name__}", handler, include_in_schema=False)


async def _holds(name: str, check: Check) -> bool:
    try:
        await check()
    except Exception as error:
        log.warning("readiness_check_failed", check=name, error=repr(error))
        return False
    return True


class BodyLimit:
    """Refuses bodies over `MAX_BODY_BYTES` with 413, also those that do not say their length."""

    def __init__(self, app: ASGIApp, by_path: Mapping[str, int]) -> None:
        self._app = app
        self._by_path = by_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._by_path.get(scope["path"], MAX_BODY_BYTES)
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdigit() or int(declared) > most:
            await problem_response(TooLarge())(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        await self._app(scope, counted, send)


class RequestContext:
    """Gives a request its id and trace, its log line and its metric."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        this_request = accept_request_id(headers.get("x-request-id"))
        request_id.set(this_request)
        traceparent.set(continue_trace(headers.get("traceparent")))
        started, status = time.perf_counter(), 500

        async def tagged(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = this_request
            await send(message)

        try:
            await self._app(scope, receive, tagged)
        finally:
            _note(scope, status, time.perf_counter() - started)


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "unmatched")
    # How long a stream stayed open says nothing about how fast we are.
    if not scope.get("is_stream"):
        HTTP_REQUEST_SECONDS.labels(route, scope["method"], status).observe(seconds)
    log.info(
        "request_finished",
        method=scope["method"],
        route=route,
        status=status,
        ms=round(seconds * 1000, 1),
    )

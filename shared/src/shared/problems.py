"""Errors as HTTP answers: RFC 9457 problem details with a stable type and its parameters."""

from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from shared.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    Problem,
    Stale,
    TooLarge,
    TooManyRequests,
    TooSlow,
    Unauthenticated,
    Unavailable,
)
from shared.tracing import request_id

log = structlog.get_logger()

TYPE_PREFIX = "urn:tanggap:"
MEDIA_TYPE = "application/problem+json"

STATUS_OF: dict[type[Problem], int] = {
    Malformed: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    TooSlow: 408,
    Conflict: 409,
    Stale: 412,
    TooLarge: 413,
    Invalid: 422,
    TooManyRequests: 429,
    Unavailable: 503,
}


class InternalError(Problem):
    """Something went wrong on our side. It has been noted; please try again."""


class MethodNotAllowed(Problem):
    """This address does not take this method."""


def status_of(problem: Problem) -> int:
    """The HTTP status of a problem, by the kind it descends from."""
    return next((STATUS_OF[kind] for kind in type(problem).__mro__ if kind in STATUS_OF), 500)


def problem_response(problem: Problem, status: int | None = None) -> Response:
    """The answer that tells a program what went wrong; the gateway translates it for people."""
    status = status or status_of(problem)
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + problem.slug(),
        "title": problem.title(),
        "status": status,
    }
    if problem.params:
        body["params"] = problem.params
    if isinstance(problem, Invalid):
        body["errors"] = [
            {
                "pointer": e.pointer,
                "detail": e.detail,
                "code": e.code,
                "params": e.params,
            }
            for e in problem.errors
        ]
    headers = {}
    if retry_after := getattr(problem, "retry_after", None):
        headers["Retry-After"] = str(retry_after)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(orjson.dumps(body, default=str), status, headers, MEDIA_TYPE)


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error of the app a problem answer."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_unexpected)


async def _on_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    if status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request_not_served", problem=error.slug(), cause=repr(error.__cause__))
    return problem_response(error)


async def _on_invalid_request(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if any(e["type"] == "json_invalid" for e in error.errors()):
        return problem_response(Malformed())
    return problem_response(Invalid(*(field_error(e) for e in error.errors())))


async def _on_http_exception(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problem_response(NotFound())
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return problem_response(MethodNotAllowed(), HTTPStatus.METHOD_NOT_ALLOWED)
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return problem_response(TooLarge())
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return problem_response(Malformed())
    return problem_response(Problem(), error.status_code)


async def _on_unexpected(_: Request, error: Exception) -> Response:
    # This runs outside `RequestContext`, which has let go of the request already.
    this_request = request_id.get()
    log.error("request_failed", exc_info=error, request_id=this_request)
    response = problem_response(InternalError(), 500)
    response.headers["X-Request-ID"] = this_request or ""
    return response


def field_error(error: Any) -> FieldError:
    """A pydantic error as ours: RFC 6901 pointer below the body, or `?name` for a query parameter."""
    where, *path = error["loc"]
    if where == "body":
        pointer = "".join(f"/{_escape(str(part))}" for part in path)
    else:
        pointer = f"?{path[0]}" if path else "?"
    context = {k: v for k, v in error.get("ctx", {}).items() if isinstance(v, str | int | float)}
    return FieldError(pointer, error["msg"], error["type"], context)


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")

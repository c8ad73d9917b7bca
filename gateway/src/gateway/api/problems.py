"""Problems of API calls, in the caller's language: our own and those that services answer."""

from starlette.responses import Response

from gateway.api.call import Call
from gateway.problems import translated_problem
from gateway.upstream import Answer
from shared.errors import Problem
from shared.problems import MEDIA_TYPE, MethodNotAllowed, problem_response

_METHOD_NOT_ALLOWED = 405


def own_problem(call: Call, problem: Problem) -> Response:
    """A problem that the gateway found itself."""
    is_method = isinstance(problem, MethodNotAllowed)
    response = problem_response(problem, _METHOD_NOT_ALLOWED if is_method else None)
    response.body = translated_problem(bytes(response.body), call.texts)
    response.headers["Content-Length"] = str(len(response.body))
    response.headers["Content-Language"] = call.texts.language
    if is_method:
        response.headers["Allow"] = ", ".join(sorted(call.request.scope["route"].methods))
    return response


def service_problem(call: Call, answer: Answer) -> Response:
    """A service's problem, with its words translated and everything else as it was."""
    media_type = answer.headers.get("Content-Type", "application/octet-stream")
    body, headers = answer.body, {}
    if media_type.startswith(MEDIA_TYPE):
        body = translated_problem(body, call.texts)
        headers["Content-Language"] = call.texts.language
    for name in ("Retry-After", "ETag", "WWW-Authenticate", "Allow"):
        if name in answer.headers:
            headers[name] = answer.headers[name]
    return Response(body, answer.status, headers, media_type)

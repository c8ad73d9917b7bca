"""The browser's session over JSON: the token goes into the cookie and never into a body."""

from typing import Any

import orjson
from starlette.responses import Response

from gateway.api.call import Call
from gateway.api.problems import service_problem
from gateway.csrf import csrf_token
from gateway.upstream import Answer


async def log_in(call: Call) -> Response:
    """`POST /api/v1/session`: the person, and the token that unsafe calls send as X-CSRF-Token."""
    await call.admit(needs_token=False)
    identity = call.portal.services.upstreams["identity-service"]
    headers = {"Content-Type": call.request.headers.get("content-type", "")}
    answer = await identity.send(
        "POST", "/sessions", call.caller, body=await call.body(), headers=headers
    )
    return answer_to_login(call, answer)


async def log_out(call: Call) -> Response:
    """`DELETE /api/v1/session`: the same answer whether there was a session or not."""
    await call.admit()
    if call.session and call.cookie:
        await call.portal.services.identity.log_out(call.caller, call.cookie)
        call.portal.sessions.forget(call.cookie)
    response = Response(status_code=204)
    call.portal.site.end_session(response)
    return response


def answer_to_login(call: Call, answer: Answer) -> Response:
    """Put the session of a good answer into the cookie; a problem goes on as it is."""
    if answer.status >= 400:
        return service_problem(call, answer)
    opened: dict[str, Any] = answer.json()
    token = csrf_token(call.portal.secret, opened["token"])
    body = orjson.dumps({"user": opened["user"], "csrf_token": token})
    response = Response(body, answer.status, media_type="application/json")
    call.portal.site.set_session(response, opened["token"], opened["expires_at"])
    if call.cookie:
        call.portal.sessions.forget(call.cookie)
    return response

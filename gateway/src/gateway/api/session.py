"""The browser's session over JSON: the token goes into the cookie and never into a body."""

from typing import Any

import orjson
from starlette.responses import Response

from gateway.api.call import Call
from gateway.api.problems import service_problem
from gateway.csrf import csrf_token
from gateway.leaving import end_sessions_of
from gateway.upstream import Answer
from shared.errors import Malformed

_OF_THE_COOKIE = {"token", "expires_at"}


async def log_in(call: Call) -> Response:
    """`POST /api/v1/session`: the person, and the token that unsafe calls send as X-CSRF-Token."""
    await call.admit(needs_token=False, sets_up=True)
    identity = call.portal.services.upstreams["identity-service"]
    headers = {"Content-Type": call.request.headers.get("content-type", "")}
    answer = await identity.send(
        "POST", "/sessions", call.caller, body=await call.body(), headers=headers
    )
    return _pending(call, answer) if answer.status == 202 else await _entered(call, answer)


async def finish_log_in(call: Call) -> Response:
    """`POST /api/v1/session/second-step`: the code that the log-in of this browser waits for."""
    await call.admit(needs_token=False, sets_up=True)
    try:
        given = orjson.loads(await call.body())
    except orjson.JSONDecodeError:
        raise Malformed from None
    if isinstance(given, dict):
        given["pending_token"] = call.request.cookies.get(call.portal.site.pending_cookie) or "-"
    identity = call.portal.services.upstreams["identity-service"]
    headers = {"Content-Type": "application/json"}
    answer = await identity.send(
        "POST", "/sessions/second-step", call.caller, body=orjson.dumps(given), headers=headers
    )
    response = await _entered(call, answer)
    if answer.status < 400:
        call.portal.site.set_cookie(response, call.portal.site.pending_cookie, "", 0)
    return response


def _pending(call: Call, answer: Answer) -> Response:
    """The password was right and a code is asked for; what waits for it is in a cookie."""
    waiting: dict[str, str] = answer.json()
    body = orjson.dumps({"second_step": "code", "expires_at": waiting["expires_at"]})
    response = Response(body, 202, media_type="application/json")
    site = call.portal.site
    site.set_until(response, site.pending_cookie, waiting["pending_token"], waiting["expires_at"])
    return response


async def _entered(call: Call, answer: Answer) -> Response:
    """Somebody logged in: the session that this browser had before ends."""
    if answer.status < 400:
        await end_sessions_of(call.portal, call.caller, call.request.cookies)
    return answer_to_login(call, answer)


async def log_out(call: Call) -> Response:
    """`DELETE /api/v1/session`: the same answer whether there was a session or not."""
    await call.admit(sets_up=True)
    await end_sessions_of(call.portal, call.caller, call.request.cookies)
    response = Response(status_code=204)
    call.portal.site.end_session(response)
    return response


def answer_to_login(call: Call, answer: Answer) -> Response:
    """Put the session of a good answer into the cookie; a problem goes on as it is."""
    if answer.status >= 400:
        return service_problem(call, answer)
    opened: dict[str, Any] = answer.json()
    token = csrf_token(call.portal.secret, opened["token"])
    more = {name: opened[name] for name in opened.keys() - _OF_THE_COOKIE}
    body = orjson.dumps({**more, "csrf_token": token})
    response = Response(body, answer.status, media_type="application/json")
    call.portal.site.set_session(response, opened["token"], opened["expires_at"])
    if call.cookie:
        call.portal.sessions.forget(call.cookie)
    return response

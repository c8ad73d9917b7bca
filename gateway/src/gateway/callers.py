"""Who the services are told is asking: the actor, and the browser or program behind it."""

from starlette.requests import Request

from gateway.addresses import client_address
from gateway.portal import Portal
from gateway.upstream import Caller
from shared.auth import Actor

_AGENT_LENGTH = 300


def caller_of(portal: Portal, request: Request, actor: Actor, session_id: str = "") -> Caller:
    """Who asks, from which address, with which program, in which session."""
    peer = request.client.host if request.client else ""
    # A proxy may add a line of its own instead of appending to the one it got.
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
    address = client_address(peer, forwarded, portal.trusted)
    return Caller(
        actor=actor,
        address=address,
        agent=request.headers.get("user-agent", "")[:_AGENT_LENGTH],
        principal=request.cookies.get(portal.site.visitor_cookie) or address,
        session=session_id,
    )

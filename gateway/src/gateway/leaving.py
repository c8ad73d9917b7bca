"""Ending what a browser's cookies name: at log-out, and before another log-in takes its place."""

from collections.abc import Mapping

from gateway.portal import Portal
from gateway.upstream import Caller


async def end_sessions_of(portal: Portal, who: Caller, cookies: Mapping[str, str]) -> None:
    """End a browser's session, and an employee's own that waits while they act for a customer."""
    for name in (portal.site.session_cookie, portal.site.own_cookie):
        session = await portal.sessions.find(cookies.get(name))
        if session:
            await portal.services.identity.log_out(who, session.token)
            portal.sessions.forget(session.token)

"""Acting in a customer's place: begun on the customer's page, ended from a bar on every page."""

from starlette.responses import Response

from gateway.admin.people import person_page
from gateway.pages import Who, page
from gateway.upstream import Refusal
from gateway.visit import Visit


async def begin(visit: Visit, user_id: str) -> Response:
    """Go on as the customer; one's own session waits in a cookie of its own meanwhile."""
    try:
        begun = await visit.services.rights.impersonate(
            visit.caller, user_id, {"reason": visit.form.text("reason")}
        )
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, also=(403,))
        return await person_page(visit, user_id, reason=form)
    response = visit.see("/")
    site = visit.portal.site
    if visit.session:
        site.set_until(response, site.own_cookie, visit.session.token, begun.expires_at)
    site.set_until(response, site.session_cookie, begun.token, begun.expires_at)
    return response


async def end(visit: Visit) -> Response:
    """Be oneself again, as far as one's own session still holds.

    Nobody gets the session in that cookie but the employee who acts: they are who this one names.
    """
    site, session = visit.portal.site, visit.session
    if session is None or session.impersonator is None:
        response = visit.see("/")
        site.forget_own(response)
        return response
    await visit.services.identity.log_out(visit.caller, session.token)
    visit.portal.sessions.forget(session.token)
    own = await visit.portal.sessions.find(visit.request.cookies.get(site.own_cookie))
    if own and str(own.actor.id) == session.impersonator["id"]:
        response = visit.see(f"/admin/people/{session.actor.id}")
        site.set_session(response, own.token, own.expires_at)
    else:
        response = visit.see("/")
        site.end_session(response)
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


ROUTES = (
    page("/admin/people/{user_id}/impersonation", post=begin, who=Who.STAFF),
    page("/impersonation/end", post=end, who=Who.SOMEONE),
)

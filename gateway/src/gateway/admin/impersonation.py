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
    site.set_session(response, begun.token, begun.expires_at)
    return response


async def end(visit: Visit) -> Response:
    """Be oneself again, as far as one's own session still holds."""
    site, sessions, acted_for = visit.portal.site, visit.portal.sessions, ""
    if visit.session and visit.session.impersonator:
        acted_for = str(visit.session.actor.id)
        await visit.services.identity.log_out(visit.caller, visit.session.token)
        sessions.forget(visit.session.token)
    own = await sessions.find(visit.request.cookies.get(site.own_cookie))
    response = visit.see(f"/admin/people/{acted_for}" if own and acted_for else "/")
    if own:
        site.set_session(response, own.token, own.expires_at)
    elif acted_for:
        site.end_session(response)
    response.headers["Clear-Site-Data"] = '"storage"'
    site.set_cookie(response, site.own_cookie, "", 0)
    return response


ROUTES = (
    page("/admin/people/{user_id}/impersonation", post=begin, who=Who.STAFF),
    page("/impersonation/end", post=end, who=Who.SOMEONE),
)

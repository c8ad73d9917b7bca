"""Home, registration with proof of the e-mail address, login, logout, invitations."""

import asyncio

from starlette.responses import Response

from gateway.clients import Record
from gateway.entry import company, forms, mail_links, passkeys, resets, second_step
from gateway.entry.second_step import home_of
from gateway.forms import Form
from gateway.leaving import end_sessions_of
from gateway.pages import page
from gateway.templating import OFFLINE
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.errors import Unavailable

_LATEST = "3"
_WRONG_LOGIN = (401, 403)


async def home(visit: Visit) -> Response:
    """Where one begins: what this is, or the own tickets at once."""
    if visit.session is None or visit.is_staff:
        return visit.page("entry/home.html")
    latest, counts = await _own_tickets(visit)
    return visit.page("entry/start.html", latest=latest, counts=counts)


async def _own_tickets(visit: Visit) -> tuple[list[Record] | None, Record | None]:
    """The newest tickets and how many there are; nothing where nobody can tell."""
    filters = {"requester": str(visit.caller.actor.id), "sort": "-updated", "limit": _LATEST}
    tickets = visit.services.tickets
    try:
        found, counts = await asyncio.gather(
            tickets.tickets(visit.caller, filters), tickets.counts(visit.caller)
        )
    except (Refusal, Unavailable):
        return None, None
    return found.items, counts


async def registration_form(visit: Visit) -> Response:
    """An empty form, or the way on for somebody who is logged in."""
    if visit.session:
        return visit.see(home_of(visit.session.user["kind"]))
    return _registration(visit, Form())


async def register(visit: Visit) -> Response:
    """The answer is the same for a known and an unknown address."""
    try:
        await visit.services.identity.register(
            visit.caller,
            forms.registration(visit.form, visit.language),
            visit.form.submission_id,
        )
    except Refusal as refusal:
        return _registration(visit, visit.form.refused(refusal, visit.texts))
    return visit.see("/register/sent")


def _registration(visit: Visit, form: Form) -> Response:
    return visit.page("entry/register.html", form.status, form=form)


async def registration_sent(visit: Visit) -> Response:
    """Look into your mail; and a way to get it again."""
    return visit.page("entry/sent.html", form=Form())


async def resend_verification(visit: Visit) -> Response:
    """Send the link again, saying the same whether the address is known or not."""
    try:
        await visit.services.identity.resend_verification(visit.caller, visit.form.text("email"))
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts)
        return visit.page("entry/sent.html", form.status, form=form)
    return visit.see("/register/sent", done="resent")


async def verification_form(visit: Visit, token: str) -> Response:
    """One button: mail scanners follow links, so that opening one must not change anything."""
    return visit.page("entry/verify.html", form=Form())


async def verify(visit: Visit, token: str) -> Response:
    """Prove the address; the password is asked for only where several people claim it."""
    try:
        await visit.services.identity.verify(visit.caller, forms.verification(visit.form, token))
    except Refusal as refusal:
        if refusal.status == 404:
            return _link_gone(visit)
        form = visit.form.refused(refusal, visit.texts, names={"/password": "password"})
        return visit.page("entry/verify.html", form.status, form=form)
    return visit.see("/login", done="verified")


async def login_form(visit: Visit) -> Response:
    """Address and password."""
    if visit.session:
        return visit.see(home_of(visit.session.user["kind"]))
    form = Form.filled(next=visit.request.query_params.get("next"))
    return visit.page("entry/login.html", form=form)


async def log_in(visit: Visit) -> Response:
    """Open a session and go on where the person wanted to."""
    try:
        opened = await visit.services.identity.log_in(visit.caller, forms.login(visit.form))
    except Refusal as refusal:
        form = visit.form.refused(refusal, visit.texts, names=forms.NAMED_IN, also=_WRONG_LOGIN)
        return visit.page("entry/login.html", form.status, form=form)
    return await second_step.enter(visit, opened)


async def log_out(visit: Visit) -> Response:
    """End the session here and at identity-service."""
    await end_sessions_of(visit.portal, visit.caller, visit.request.cookies)
    response = visit.see("/", done="logged_out")
    # Drafts are this person's; the scripts remove them too, where a browser does not know the header.
    response.headers["Clear-Site-Data"] = '"storage"'
    visit.portal.site.end_session(response)
    return response


async def invitation_form(visit: Visit, token: str) -> Response:
    """Whom the invitation is for, and a password to choose."""
    return await _invitation(visit, token, Form())


async def accept_invitation(visit: Visit, token: str) -> Response:
    """Set the password; then the person logs in with it."""
    try:
        await visit.services.identity.accept_invitation(
            visit.caller, forms.acceptance(visit.form, token)
        )
    except Refusal as refusal:
        if refusal.status == 404:
            return _link_gone(visit)
        return await _invitation(visit, token, visit.form.refused(refusal, visit.texts))
    return visit.see("/login", done="invited")


async def _invitation(visit: Visit, token: str, form: Form) -> Response:
    try:
        invited = await visit.services.identity.invitation(visit.caller, token)
    except Refusal as refusal:
        if refusal.status == 404:
            return _link_gone(visit)
        raise
    return visit.page("entry/invitation.html", form.status, form=form, invited=invited)


async def without_connection(visit: Visit) -> Response:
    """What a browser keeps and shows when it cannot reach us; about nobody."""
    return visit.page(OFFLINE)


def _link_gone(visit: Visit) -> Response:
    return visit.page("link_gone.html", 404)


ROUTES = (
    page("/", get=home),
    page("/offline", get=without_connection),
    page("/register", get=registration_form, post=register),
    page("/register/sent", get=registration_sent),
    page("/register/resend", post=resend_verification),
    page("/verify/{token}", get=verification_form, post=verify),
    page("/login", get=login_form, post=log_in),
    *second_step.ROUTES,
    *passkeys.ROUTES,
    *company.ROUTES,
    page("/logout", post=log_out),
    page("/invitation/{token}", get=invitation_form, post=accept_invitation),
    *resets.ROUTES,
    *mail_links.ROUTES,
)

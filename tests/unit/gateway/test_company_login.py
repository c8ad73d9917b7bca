"""Company accounts at the door: to the provider, back, and the consent to a first link."""

from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest

from gateway.main import public_app
from gateway.portal import Portal
from gateway.templating import Templates
from shared.errors import FieldError, Invalid, Unauthenticated
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import URL, Visitor
from tests.unit.gateway.upstream import Upstream

OPENED = {
    "token": "fresh-session-token-0001",
    "expires_at": samples.LATER,
    "user": samples.session()["user"],
}
PENDING = {"pending_token": "pending-token-0000001", "expires_at": samples.LATER}
CLAIM = {"claim": "sealed-claim", "email": "budi@example.test", "expires_at": samples.LATER}
WAY = {
    "url": "https://login.kantor.test/auth?state=abc",
    "flow": "sealed-flow",
    "expires_at": samples.LATER,
}
BACK = "/login/company/return?code=kode&state=abc"
ACCOUNT = {
    "id": samples.PASSKEY["id"],
    "email": "budi@kantor.test",
    "created_at": samples.AT,
    "last_used_at": None,
}


class CompanyLoginFailed(Unauthenticated):
    """The company account could not be checked. Please try again."""


class CodeNeeded(Invalid):
    """Please also give a code of your app."""


@pytest.fixture
async def guest(portal: Portal) -> AsyncIterator[Visitor]:
    """A browser at a portal whose company has a login of its own."""
    site = replace(portal.site, company_login="Kantor")
    templates = Templates(portal.texts, portal.assets, site)
    own = replace(portal, site=site, templates=templates)
    transport = httpx.ASGITransport(app=public_app(own))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        yield Visitor(client, own).as_stranger()


async def left(guest: Visitor, upstream: Upstream, wish: str = "") -> None:
    """Go to the provider."""
    upstream.answers("POST", "/sessions/company", WAY)
    answer = await guest.get(f"/login/company{wish}")
    assert answer.headers["location"] == WAY["url"]
    assert "HttpOnly" in answer.headers["set-cookie"]


async def test_only_a_portal_with_a_provider_offers_it(visitor: Visitor, guest: Visitor) -> None:
    assert "/login/company" not in (await visitor.get("/login")).text
    assert (await visitor.get("/login/company")).status_code == 404
    page = (await guest.get("/login?next=/tickets/new")).text
    assert 'href="/login/company?next=/tickets/new"' in page
    assert "Masuk dengan Kantor" in page


async def test_whoever_has_linked_it_comes_back_logged_in(
    guest: Visitor, upstream: Upstream
) -> None:
    await left(guest, upstream, "?next=/tickets/new")
    upstream.answers("POST", "/sessions/company/return", OPENED)
    answer = await guest.get(BACK)
    sent = upstream.last("POST", "/sessions/company/return").json()
    assert sent == {"flow": "sealed-flow", "code": "kode", "state": "abc"}
    assert answer.headers["location"] == "/tickets/new"
    assert guest.client.cookies["session"] == OPENED["token"]
    assert "company" not in guest.client.cookies


async def test_the_second_step_comes_after_it(guest: Visitor, upstream: Upstream) -> None:
    await left(guest, upstream)
    upstream.answers("POST", "/sessions/company/return", PENDING)
    answer = await guest.get(BACK)
    assert answer.headers["location"] == "/login/code"
    assert "session" not in guest.client.cookies


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_site_sends_nobody_to_the_provider(
    guest: Visitor, upstream: Upstream, site: str
) -> None:
    answer = await guest.get("/login/company", sec_fetch_site=site)
    assert answer.headers["location"] == "/login"
    assert upstream.all("POST", "/sessions/company") == []


async def test_a_wish_for_another_site_is_not_granted(guest: Visitor, upstream: Upstream) -> None:
    await left(guest, upstream, "?next=https://evil.test/")
    upstream.answers("POST", "/sessions/company/return", OPENED)
    assert (await guest.get(BACK)).headers["location"] == "/tickets"


async def test_the_first_time_its_owner_is_asked_for_the_password(
    guest: Visitor, upstream: Upstream
) -> None:
    await left(guest, upstream, "?next=/tickets/new")
    upstream.answers("POST", "/sessions/company/return", CLAIM)
    answer = await guest.get(BACK)
    assert answer.headers["location"] == "/login/company/link"
    assert "session" not in guest.client.cookies
    page = (await guest.get("/login/company/link")).text
    assert "budi@example.test" in page
    assert "sealed-claim" not in page
    upstream.refuses(
        "POST",
        "/sessions/company/link",
        CodeNeeded(FieldError("/code", CodeNeeded.title(), "code_needed")),
    )
    typed = {"current_password": "rahasia besar", "next": "/tickets/new"}
    answer = await guest.post("/login/company/link", **typed)
    assert answer.status_code == 422
    assert 'id="f-code-error"' in answer.text
    assert "rahasia besar" not in answer.text
    upstream.answers("POST", "/sessions/company/link", OPENED)
    answer = await guest.post("/login/company/link", **typed, code="123456")
    sent = upstream.last("POST", "/sessions/company/link").json()
    assert sent == {
        "claim": "sealed-claim",
        "current_password": "rahasia besar",
        "code": "123456",
    }
    assert answer.headers["location"] == "/tickets/new"
    assert guest.client.cookies["session"] == OPENED["token"]


async def test_what_went_wrong_is_told_on_the_login_page(
    guest: Visitor, upstream: Upstream
) -> None:
    await left(guest, upstream)
    upstream.refuses("POST", "/sessions/company/return", CompanyLoginFailed())
    answer = await guest.get(BACK)
    assert answer.status_code == 401
    assert "Akun perusahaan tidak dapat diperiksa." in answer.text
    assert "company" not in guest.client.cookies


@pytest.mark.parametrize("query", ["", "?error=access_denied&state=abc", "?code=&state=abc"])
async def test_who_turned_back_at_the_provider_sees_the_login_page(
    guest: Visitor, upstream: Upstream, query: str
) -> None:
    await left(guest, upstream)
    answer = await guest.get(f"/login/company/return{query}")
    assert answer.headers["location"] == "/login"
    assert upstream.all("POST", "/sessions/company/return") == []


@pytest.mark.parametrize("cookie", ["", "x", "a.b", "a.b.c.d", "a.!!.!!", "claim._w._w"])
async def test_a_strange_cookie_is_no_crash(
    guest: Visitor, upstream: Upstream, cookie: str
) -> None:
    guest.client.cookies.set("company", cookie)
    assert (await guest.get("/login/company/link")).status_code in (200, 303)
    upstream.refuses("POST", "/sessions/company/return", CompanyLoginFailed())
    upstream.refuses("POST", "/sessions/company/link", CompanyLoginFailed())
    assert (await guest.get(BACK)).status_code in (303, 401)
    guest.client.cookies.set("company", cookie)
    answer = await guest.post("/login/company/link", current_password="x")
    assert answer.status_code == 401


async def test_a_link_is_shown_and_removed_on_the_account_page(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.answers("GET", "/me/company-accounts", {"items": [ACCOUNT]})
    page = (await visitor.as_customer().get("/account/security")).text
    assert "budi@kantor.test" in page
    path = f"/me/company-accounts/{ACCOUNT['id']}"
    upstream.answers("DELETE", path, OPENED)
    answer = await visitor.post(
        f"/account/security/company/{ACCOUNT['id']}/remove", current_password="rahasia"
    )
    sent = upstream.last("DELETE", path).json()
    assert sent == {"current_password": "rahasia", "code": None}
    assert urlsplit(answer.headers["location"]).query == "saved=company_unlinked"

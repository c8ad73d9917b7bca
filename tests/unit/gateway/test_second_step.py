"""The second step at the door and on the account page, and who is led to set it up."""

import re

import pytest

from identity_service.second_factor.domain import SecondFactorNotOn
from shared.errors import FieldError, Invalid, Unauthenticated
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream

OPENED = {
    "token": "fresh-session-token-0001",
    "expires_at": samples.LATER,
    "user": samples.session("staff")["user"],
}
PENDING = {"pending_token": "pending-token-0000001", "expires_at": samples.LATER}
HOMES = {"/account/security": "customer", "/admin/account/security": "staff"}


class CodeWrong(Invalid):
    """This code is not right, or it has been used already."""


class LogInNotPending(Unauthenticated):
    """That took too long. Please log in again."""


def wrong_code() -> CodeWrong:
    return CodeWrong(FieldError("/code", CodeWrong.title(), "code_wrong"))


async def waiting(visitor: Visitor, upstream: Upstream, **fields: str) -> str:
    """Type a right password; gives where the browser is sent."""
    upstream.answers("POST", "/sessions", PENDING, 202)
    typed = {"email": "dewi@example.test", "password": "rahasia besar"}
    answer = await visitor.as_stranger().post("/login", **typed, **fields)
    assert answer.status_code == 303
    assert "session=" not in answer.headers["set-cookie"]
    return str(answer.headers["location"])


async def test_a_code_is_asked_for_before_there_is_a_session(
    visitor: Visitor, upstream: Upstream
) -> None:
    where = await waiting(visitor, upstream, next="/admin/tickets?queue=mine")
    assert where == "/login/code?next=%2Fadmin%2Ftickets%3Fqueue%3Dmine"
    assert visitor.client.cookies["pending"] == PENDING["pending_token"]
    page = await visitor.get(where)
    assert PENDING["pending_token"] not in page.text
    assert 'autocomplete="one-time-code"' in page.text
    upstream.answers("POST", "/sessions/second-step", OPENED, 201)
    wish = {"next": "/admin/tickets?queue=mine"}
    answer = await visitor.post("/login/code", code="123 456", **wish)
    sent = upstream.last("POST", "/sessions/second-step").json()
    assert sent == {"pending_token": PENDING["pending_token"], "code": "123 456"}
    assert answer.headers["location"] == wish["next"]
    assert visitor.client.cookies["session"] == OPENED["token"]
    assert "pending" not in visitor.client.cookies


async def test_a_wrong_code_is_told_at_the_field(visitor: Visitor, upstream: Upstream) -> None:
    await waiting(visitor, upstream)
    upstream.refuses("POST", "/sessions/second-step", wrong_code())
    answer = await visitor.post("/login/code", code="000000")
    assert answer.status_code == 422
    assert 'id="f-code-error"' in answer.text
    answer = await visitor.post("/login/code?way=recovery", code="0abc")
    assert 'autocomplete="off"' in answer.text


async def test_who_waited_too_long_begins_again(visitor: Visitor, upstream: Upstream) -> None:
    assert (await visitor.as_stranger().get("/login/code")).headers["location"] == "/login"
    await waiting(visitor, upstream)
    upstream.refuses("POST", "/sessions/second-step", LogInNotPending())
    answer = await visitor.post("/login/code", code="000000")
    assert answer.status_code == 401
    assert "Waktunya sudah habis. Silakan masuk lagi." in answer.text
    assert 'action="/login"' in answer.text


async def test_a_wish_for_another_site_is_not_granted(visitor: Visitor, upstream: Upstream) -> None:
    await waiting(visitor, upstream)
    upstream.answers("POST", "/sessions/second-step", OPENED, 201)
    answer = await visitor.post("/login/code", code="123456", next="https://evil.test/")
    assert answer.headers["location"] == "/admin"


async def test_programs_type_the_code_too(visitor: Visitor, upstream: Upstream) -> None:
    upstream.answers("POST", "/sessions", PENDING, 202)
    body = {"email": "dewi@example.test", "password": "rahasia besar"}
    answer = await visitor.as_stranger().call("POST", "/session", body)
    assert answer.status_code == 202
    assert answer.json() == {"second_step": "code", "expires_at": samples.LATER}
    upstream.answers("POST", "/sessions/second-step", OPENED, 201)
    answer = await visitor.call("POST", "/session/second-step", {"code": "123456"})
    assert set(answer.json()) == {"user", "csrf_token"}
    assert visitor.client.cookies["session"] == OPENED["token"]
    sent = upstream.last("POST", "/sessions/second-step").json()
    assert sent == {"pending_token": PENDING["pending_token"], "code": "123456"}


@pytest.mark.parametrize("body", ["[]", '"x"', "{", ""])
async def test_what_is_no_code_is_no_crash(visitor: Visitor, upstream: Upstream, body: str) -> None:
    upstream.refuses("POST", "/sessions/second-step", wrong_code())
    answer = await visitor.as_stranger().client.post("/api/v1/session/second-step", content=body)
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("home", HOMES)
async def test_it_is_set_up_with_a_picture_and_recovery_codes_are_shown_once(
    visitor: Visitor, upstream: Upstream, home: str
) -> None:
    visitor = visitor.as_customer() if HOMES[home] == "customer" else visitor.as_agent()
    upstream.answers("POST", "/me/second-factor/secret", samples.SECRET, 201)
    answer = await visitor.post(f"{home}/app")
    assert answer.headers["location"] == f"{home}/app"
    page = (await visitor.get(f"{home}/app")).text
    assert 'src="data:image/png;base64,' in page
    assert "gezd gnbv gy3t qojq gezd gnbv gy3t qojq" in page
    upstream.refuses("PUT", "/me/second-factor", wrong_code())
    refused = await visitor.post(f"{home}/app/confirm", code="1", current_password="rahasia")
    assert refused.status_code == 422
    assert 'id="f-code-error"' in refused.text
    begun = {**OPENED, "recovery_codes": samples.RECOVERY_CODES}
    upstream.answers("PUT", "/me/second-factor", begun)
    answer = await visitor.post(f"{home}/app/confirm", code="123456", current_password="rahasia")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert all(f"<code>{code}</code>" in answer.text for code in samples.RECOVERY_CODES)
    assert f"session={OPENED['token']}" in answer.headers["set-cookie"]
    sent = upstream.last("PUT", "/me/second-factor").json()
    assert sent == {"code": "123456", "current_password": "rahasia"}


async def test_it_is_changed_with_password_and_code(visitor: Visitor, upstream: Upstream) -> None:
    visitor.as_customer()
    upstream.answers("GET", "/me/second-factor", samples.second_factor("on"))
    page = (await visitor.get("/account/security")).text
    assert "Sisa kode pemulihan" in page
    typed = {"current_password": "rahasia besar", "code": "123456"}
    for path, method, target in (
        ("codes", "POST", "/me/second-factor/recovery-codes"),
        ("app/off", "DELETE", "/me/second-factor"),
    ):
        upstream.refuses(method, target, wrong_code())
        answer = await visitor.post(f"/account/security/{path}", **typed)
        assert answer.status_code == 422
        assert upstream.last(method, target).json() == typed
        key = path.rpartition("/")[2]
        assert f'id="{key}-code-error"' in answer.text
        assert "rahasia besar" not in answer.text
        assert len(re.findall("<details[^>]* open", answer.text)) == 1
    upstream.answers("DELETE", "/me/second-factor", OPENED)
    answer = await visitor.post("/account/security/app/off", **typed)
    assert answer.headers["location"] == "/account/security?saved=off"
    assert f"session={OPENED['token']}" in answer.headers["set-cookie"]


async def test_staff_without_it_are_led_there_before_anything_else(
    visitor: Visitor, upstream: Upstream
) -> None:
    found = samples.session("staff") | {"second_factor": "needed", "perms": [], "teams": []}
    upstream.answers("POST", "/sessions/resolve", found)
    upstream.answers("GET", "/me/second-factor", samples.second_factor("needed"))
    visitor.as_agent()
    for path in ("/admin", "/admin/tickets", "/admin/account", "/tickets/new", "/account"):
        answer = await visitor.get(path)
        assert answer.headers["location"] == "/admin/account/security", path
    page = await visitor.get("/admin/account/security")
    assert page.status_code == 200
    assert "Staf masuk dengan verifikasi dua langkah." in page.text
    answer = await visitor.post("/admin/account/password", current_password="x", new_password="y")
    assert answer.status_code == 403
    assert (await visitor.get("/live")).status_code == 401
    refused = await visitor.call("GET", "/tickets")
    assert refused.json()["type"] == "urn:tanggap:second-factor-needed"
    assert (await visitor.call("GET", "/me/second-factor")).status_code == 200
    upstream.answers("DELETE", "/sessions/current", None, 204)
    assert (await visitor.call("DELETE", "/session")).status_code == 204


async def test_staff_who_may_do_without_are_asked_to(visitor: Visitor) -> None:
    hint = "Akun Anda hanya dilindungi kata sandi."
    assert hint in (await visitor.as_agent().get("/admin/account")).text
    assert hint not in (await visitor.as_customer().get("/account")).text


async def test_the_account_page_asks_for_a_code_where_the_second_step_is_on(
    visitor: Visitor, upstream: Upstream
) -> None:
    fields = ("email-code", "phone-code", "password-code")
    page = (await visitor.as_customer().get("/account")).text
    assert not any(f'id="{field}"' in page for field in fields)
    visitor.portal.sessions.forget(samples.BUDI_TOKEN)
    upstream.answers("POST", "/sessions/resolve", samples.session() | {"second_factor": "on"})
    page = (await visitor.get("/account")).text
    assert all(f'id="{field}"' in page for field in fields)
    upstream.refuses("PUT", "/me/password", wrong_code())
    typed = {"current_password": "rahasia besar", "new_password": "x" * 8, "code": "000000"}
    answer = await visitor.post("/account/password", **typed)
    assert upstream.last("PUT", "/me/password").json() == typed
    assert 'id="password-code-error"' in answer.text


async def test_a_colleagues_second_step_is_taken_off_on_their_page(
    visitor: Visitor, upstream: Upstream
) -> None:
    path = f"/admin/people/{samples.BUDI_ID}"
    assert f'action="{path}/second-factor"' in (await visitor.as_agent().get(path)).text
    upstream.answers("DELETE", f"/users/{samples.BUDI_ID}/second-factor", None, 204)
    answer = await visitor.post(f"{path}/second-factor")
    assert answer.headers["location"] == f"{path}?done=second_factor_removed"
    upstream.refuses("DELETE", f"/users/{samples.BUDI_ID}/second-factor", SecondFactorNotOn())
    refused = await visitor.post(f"{path}/second-factor")
    assert refused.status_code == 404 and 'role="alert"' in refused.text


async def test_nobody_is_offered_to_take_off_their_own_on_the_page_of_people(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.answers("GET", "/users/[0-9a-f-]+", samples.user(samples.DEWI_ID, "staff"))
    page = (await visitor.as_agent().get(f"/admin/people/{samples.DEWI_ID}")).text
    assert "/second-factor" not in page

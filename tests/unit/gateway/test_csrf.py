"""A form or call acts only when it comes from our own pages in the same browser."""

import pytest

from gateway.csrf import TokenMismatch, check_csrf_token, csrf_token
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream

FORMS = (
    "/tickets/new",
    f"/tickets/{samples.NUMBER}/replies",
    f"/tickets/{samples.NUMBER}/cancel",
    f"/admin/tickets/{samples.NUMBER}/notes",
    f"/admin/tickets/{samples.NUMBER}/solve",
    "/admin/people/new",
    "/logout",
)


def test_a_token_is_good_for_its_browser_only() -> None:
    token = csrf_token(b"secret", "one browser")
    check_csrf_token(b"secret", "one browser", token)
    for browser, given in (("another", token), ("one browser", "x"), (None, token), ("", "")):
        with pytest.raises(TokenMismatch):
            check_csrf_token(b"secret", browser, given)


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_without_its_token_changes_nothing(
    visitor: Visitor, upstream: Upstream, path: str
) -> None:
    visitor.as_agent()
    answer = await visitor.client.post(path, data={"csrf_token": "wrong", "body": "Halo"})
    assert answer.status_code == 403
    assert [r for r in upstream.received if r.method != "GET" and "resolve" not in r.path] == []


async def test_an_expired_form_keeps_what_was_typed_and_can_be_sent_again(
    visitor: Visitor, upstream: Upstream
) -> None:
    visitor.as_customer()
    typed = {"subject": "Internet mati", "description": "Sejak <pagi>", "category": "down"}
    answer = await visitor.client.post("/tickets/new", data={"csrf_token": "old", **typed})
    assert answer.status_code == 403
    assert "Sejak &lt;pagi&gt;" in answer.text
    assert f'name="csrf_token" value="{visitor.csrf_token}"' in answer.text
    assert '<input type="hidden" name="category" value="down">' in answer.text


async def test_a_password_is_never_written_back(visitor: Visitor) -> None:
    answer = await visitor.client.post(
        "/login", data={"csrf_token": "old", "email": "a@b.example", "password": "rahasia-sekali"}
    )
    assert answer.status_code == 403
    assert "rahasia-sekali" not in answer.text
    assert 'type="password"' in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_sites_form_is_refused_and_not_offered_again(
    visitor: Visitor, upstream: Upstream, headers: dict[str, str]
) -> None:
    visitor.as_customer()
    form = {"csrf_token": visitor.csrf_token, "body": "Halo"}
    path = f"/tickets/{samples.NUMBER}/replies"
    answer = await visitor.client.post(path, data=form, headers=headers)
    assert answer.status_code == 403
    assert "Halo" not in answer.text
    assert upstream.all("POST", "/tickets/.*") == []


async def test_our_own_form_is_accepted(visitor: Visitor, upstream: Upstream) -> None:
    upstream.answers("POST", "/tickets/.*/replies", {"number": samples.NUMBER}, 201)
    visitor.as_customer()
    headers = {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"}
    answer = await visitor.client.post(
        f"/tickets/{samples.NUMBER}/replies",
        data={"csrf_token": visitor.csrf_token, "body": "Halo"},
        headers=headers,
    )
    assert answer.status_code == 303


async def test_an_unsafe_call_with_a_cookie_needs_its_token(
    visitor: Visitor, upstream: Upstream
) -> None:
    visitor.as_customer()
    answer = await visitor.client.post("/api/v1/tickets", json={})
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:tanggap:token-mismatch"
    assert upstream.all("POST", "/tickets") == []


async def test_a_call_from_another_site_is_refused(visitor: Visitor, upstream: Upstream) -> None:
    visitor.as_customer()
    answer = await visitor.call("POST", "/tickets", {}, Origin="https://evil.example")
    assert answer.status_code == 403
    assert upstream.all("POST", "/tickets") == []


async def test_opening_a_verification_link_verifies_nothing(
    visitor: Visitor, upstream: Upstream
) -> None:
    answer = await visitor.get("/verify/abc.1.k.def")
    assert answer.status_code == 200
    assert upstream.received == []

"""The page of API keys: a key is seen once, what is wrong stands at its field, revoking is a button."""

import httpx

from gateway.admin.api_keys import command
from gateway.forms import Form
from shared.errors import FieldError, Invalid, NotFound
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream

PAGE = "/admin/api-keys"
ID = samples.api_key()["id"]


async def _make(visitor: Visitor) -> httpx.Response:
    typed = {"name": "Layar NOC", "valid_days": "30", "networks": "sini"}
    return await visitor.as_agent().post(PAGE, **typed)


def test_a_form_is_a_wish_for_a_key() -> None:
    typed = {"name": ["x"], "scopes": ["report.read"], "networks": ["10.0.0.0/8, ::1\r\n1.2.3.4"]}
    assert command(Form(typed | {"valid_days": ["30"], "calls_per_minute": ["many"]})) == {
        "name": "x",
        "scopes": ["report.read"],
        "is_read_only": True,
        "networks": ["10.0.0.0/8", "::1", "1.2.3.4"],
        "valid_days": 30,
        "calls_per_minute": "many",
        "current_password": "",
    }
    assert command(Form({"access": ["write"]}))["is_read_only"] is False


async def test_a_new_key_is_shown_with_the_answer_and_never_again(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.answers("POST", "/api-keys", samples.api_key() | {"key": samples.API_KEY}, 201)
    answer = await _make(visitor)
    assert answer.status_code == 200
    assert f'value="{samples.API_KEY}"' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "Idempotency-Key" in upstream.last("POST", "/api-keys").headers
    assert samples.API_KEY not in (await visitor.get(PAGE)).text


async def test_a_form_that_is_sent_again_says_that_the_key_was_shown(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.answers("POST", "/api-keys", samples.api_key() | {"key": None}, 201)
    answer = await _make(visitor)
    assert "sudah pernah ditampilkan" in answer.text
    assert 'id="newkey"' not in answer.text


async def test_what_is_wrong_stands_at_its_field(visitor: Visitor, upstream: Upstream) -> None:
    fault = FieldError("/networks/0", "This is not a network address.", "network")
    upstream.refuses("POST", "/api-keys", Invalid(fault))
    answer = await _make(visitor)
    assert answer.status_code == 422
    assert 'id="f-networks-error"' in answer.text and "Layar NOC" in answer.text


async def test_revoking_leads_back_to_the_list(visitor: Visitor, upstream: Upstream) -> None:
    upstream.answers("DELETE", "/api-keys/.*", None, 204)
    answer = await visitor.as_agent().post(f"{PAGE}/{ID}/revoke")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?done=key_revoked")
    assert upstream.last("DELETE", "/api-keys/.*").path.endswith(ID)


async def test_an_unknown_key_cannot_be_revoked(visitor: Visitor, upstream: Upstream) -> None:
    upstream.refuses("DELETE", "/api-keys/.*", NotFound())
    assert (await visitor.as_agent().post(f"{PAGE}/{ID}/revoke")).status_code == 404


async def test_a_key_that_opens_nothing_cannot_be_revoked_again(
    visitor: Visitor, upstream: Upstream
) -> None:
    over = (
        samples.api_key(revoked_at=samples.AT),
        samples.api_key(expires_at="2020-01-01T00:00:00Z"),
    )
    upstream.answers("GET", "/api-keys", samples.listing(*over))
    page = (await visitor.as_agent().get(PAGE)).text
    assert "/revoke" not in page
    assert "Dicabut" in page and "Kedaluwarsa" in page


async def test_who_may_not_make_keys_has_no_such_page(visitor: Visitor, upstream: Upstream) -> None:
    session = samples.session("staff") | {"perms": ["user.read"]}
    upstream.answers("POST", "/sessions/resolve", session)
    assert (await visitor.as_agent().get(PAGE)).status_code == 404
    assert "/admin/api-keys" not in (await visitor.get("/admin/settings")).text


async def test_making_one_asks_for_the_password_and_the_code_of_the_second_step(
    visitor: Visitor, upstream: Upstream
) -> None:
    assert 'name="code"' not in (await visitor.as_agent().get(PAGE)).text
    visitor.portal.sessions.forget(samples.DEWI_TOKEN)
    session = samples.session("staff") | {"second_factor": "on"}
    upstream.answers("POST", "/sessions/resolve", session)
    fault = FieldError("/code", "This code is not right.", "code_wrong")
    upstream.refuses("POST", "/api-keys", Invalid(fault))

    answer = await visitor.as_agent().post(
        PAGE, name="Layar NOC", current_password=" kuda laut ", code="123456"
    )

    assert answer.status_code == 422
    assert 'id="f-current_password"' in answer.text and 'id="f-code-error"' in answer.text
    assert "kuda laut" not in answer.text
    sent = upstream.last("POST", "/api-keys").json()
    assert (sent["current_password"], sent["code"]) == (" kuda laut ", "123456")

"""Passkeys at the door and on the account page: what the script is given and what it sends."""

import json

import pytest

from shared.errors import FieldError, Invalid, NotFound, TooManyRequests, Unauthenticated
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream

OPENED = {
    "token": "fresh-session-token-0001",
    "expires_at": samples.LATER,
    "user": samples.session()["user"],
}
OPTIONS = {"public_key": {"challenge": "abc"}}
CREDENTIAL = {"id": "x", "rawId": "x", "type": "public-key", "response": {"clientDataJSON": "y"}}
ID = samples.PASSKEY["id"]


class PasskeyNotKnown(Unauthenticated):
    """This passkey is not known here, or its answer came too late. Please try again."""


class CurrentPasswordWrong(Invalid):
    """This is not your present password."""


def wrong_password() -> CurrentPasswordWrong:
    return CurrentPasswordWrong(
        FieldError("/current_password", CurrentPasswordWrong.title(), "password_wrong")
    )


async def test_the_login_page_offers_passkeys_to_browsers_with_scripts(visitor: Visitor) -> None:
    page = (await visitor.get("/login")).text
    assert 'data-passkey="get" data-options="/login/passkey/options" hidden' in page
    assert "passkeys" in page


async def test_a_passkey_logs_in_and_goes_on(visitor: Visitor, upstream: Upstream) -> None:
    upstream.answers("POST", "/sessions/passkey/options", OPTIONS)
    answer = await visitor.as_stranger().post("/login/passkey/options")
    assert answer.json() == OPTIONS
    upstream.answers("POST", "/sessions/passkey", OPENED, 201)
    answer = await visitor.post(
        "/login/passkey", credential=json.dumps(CREDENTIAL), next="/tickets/new"
    )
    assert upstream.last("POST", "/sessions/passkey").json() == {"credential": CREDENTIAL}
    assert answer.headers["location"] == "/tickets/new"
    assert f"session={OPENED['token']}" in answer.headers["set-cookie"]


@pytest.mark.parametrize("typed", ["", "{", "[1]", json.dumps(CREDENTIAL)])
async def test_a_passkey_that_is_not_known_is_told_on_the_login_page(
    visitor: Visitor, upstream: Upstream, typed: str
) -> None:
    upstream.refuses("POST", "/sessions/passkey", PasskeyNotKnown())
    answer = await visitor.as_stranger().post("/login/passkey", credential=typed, next="/tickets")
    assert answer.status_code == 401
    assert "Kunci sandi ini tidak dikenal" in answer.text
    assert 'name="next" value="/tickets"' in answer.text


async def test_the_script_hears_what_is_wrong(visitor: Visitor, upstream: Upstream) -> None:
    upstream.refuses("POST", "/sessions/passkey/options", TooManyRequests(60))
    answer = await visitor.as_stranger().post("/login/passkey/options")
    assert answer.status_code == 429
    assert answer.json()["problem"]
    upstream.refuses("POST", "/me/passkeys/options", wrong_password())
    answer = await visitor.as_customer().post(
        "/account/security/passkeys/options", current_password="salah", name="x"
    )
    assert answer.status_code == 422
    assert answer.json() == {"problem": "Ini bukan kata sandi Anda saat ini."}


async def test_forms_without_the_token_of_this_browser_are_refused(visitor: Visitor) -> None:
    for path in ("/login/passkey", "/login/passkey/options"):
        answer = await visitor.as_stranger().client.post(path, data={"credential": "{}"})
        assert answer.status_code == 403


async def test_a_passkey_is_added_renamed_and_removed(visitor: Visitor, upstream: Upstream) -> None:
    home = "/account/security"
    upstream.answers("POST", "/me/passkeys/options", OPTIONS)
    typed = {"current_password": "rahasia besar", "code": "123456"}
    answer = await visitor.as_customer().post(f"{home}/passkeys/options", name="HP", **typed)
    assert answer.json() == OPTIONS
    assert upstream.last("POST", "/me/passkeys/options").json() == typed
    upstream.answers("POST", "/me/passkeys", OPENED)
    answer = await visitor.post(
        f"{home}/passkeys", name="HP", credential=json.dumps(CREDENTIAL), **typed
    )
    sent = upstream.last("POST", "/me/passkeys").json()
    assert sent == {"name": "HP", "credential": CREDENTIAL}
    assert answer.headers["location"] == f"{home}?saved=passkey_added"
    upstream.answers("PATCH", f"/me/passkeys/{ID}", samples.PASSKEY)
    visitor.client.cookies.clear()
    answer = await visitor.as_customer().post(f"{home}/passkeys/{ID}", name="HP lama")
    assert upstream.last("PATCH", f"/me/passkeys/{ID}").json() == {"name": "HP lama"}
    assert answer.headers["location"] == f"{home}?saved=passkey_renamed"
    upstream.refuses("DELETE", f"/me/passkeys/{ID}", wrong_password())
    answer = await visitor.post(f"{home}/passkeys/{ID}/remove", **typed)
    assert answer.status_code == 422
    assert f'id="remove-{ID}-password-error"' in answer.text
    upstream.answers("DELETE", f"/me/passkeys/{ID}", OPENED)
    answer = await visitor.post(f"{home}/passkeys/{ID}/remove", **typed)
    assert answer.headers["location"] == f"{home}?saved=passkey_removed"


async def test_a_passkey_of_others_looks_like_none(visitor: Visitor, upstream: Upstream) -> None:
    other = "0f0e0d0c-0b0a-0908-0706-050403020100"
    upstream.refuses("DELETE", f"/me/passkeys/{other}", NotFound())
    answer = await visitor.as_customer().post(
        f"/account/security/passkeys/{other}/remove", current_password="x"
    )
    assert answer.status_code == 404

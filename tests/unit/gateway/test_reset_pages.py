"""Forgotten passwords on pages: one question, one link, one form, and the same words for everybody."""

import pytest

from shared.errors import FieldError, Invalid, TooManyRequests
from shared.links import LinkNotValid
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream

TOKEN = "abc.1.k.def"


@pytest.fixture
def stranger(visitor: Visitor, upstream: Upstream) -> Visitor:
    upstream.answers("POST", "/password-resets", {"status": "accepted"}, 202)
    account = {"email": "budi@example.test", "expires_at": samples.LATER}
    upstream.answers("GET", "/password-resets/.*", account)
    upstream.answers("POST", "/password-resets/accept", {"user": {}})
    return visitor.as_stranger()


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("path", ["/reset", "/reset/sent", f"/reset/{TOKEN}"])
async def test_each_page_opens(stranger: Visitor, path: str, language: str) -> None:
    stranger.client.cookies.set("lang", language)
    answer = await stranger.get(path)
    assert answer.status_code == 200, answer.text


async def test_the_login_page_shows_the_way(stranger: Visitor) -> None:
    assert 'href="/reset"' in (await stranger.get("/login")).text


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("budi@example.test", {"email": "budi@example.test"}),
        (" 0812-3456 7801 ", {"phone": "0812-3456 7801"}),
        ("+62 812", {"phone": "+62 812"}),
        ("budi", {"email": "budi"}),
        ("", {"email": ""}),
        ("budi7@example.test", {"email": "budi7@example.test"}),
    ],
)
async def test_an_address_or_a_number_is_typed_into_one_field(
    stranger: Visitor, upstream: Upstream, typed: str, sent: dict[str, str]
) -> None:
    answer = await stranger.post("/reset", email=typed)
    assert answer.headers["location"] == "/reset/sent"
    assert upstream.last("POST", "/password-resets").json() == sent


async def test_what_is_neither_is_told_at_the_field_with_the_typed_text(
    stranger: Visitor, upstream: Upstream
) -> None:
    fault = Invalid(FieldError("/phone", "This is not a valid phone number.", "phone"))
    upstream.refuses("POST", "/password-resets", fault)
    answer = await stranger.post("/reset", email="12")
    assert answer.status_code == 422
    assert 'value="12"' in answer.text and 'id="f-email-error"' in answer.text


async def test_too_many_requests_are_told_on_the_page(
    stranger: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("POST", "/password-resets", TooManyRequests(60))
    assert (await stranger.post("/reset", email="a@b.test")).status_code == 429


async def test_opening_the_link_changes_nothing_and_names_the_account(
    stranger: Visitor, upstream: Upstream
) -> None:
    answer = await stranger.get(f"/reset/{TOKEN}")
    assert "budi@example.test" in answer.text
    assert upstream.all("POST", "/password-resets.*") == []


async def test_the_new_password_is_sent_as_typed_and_the_login_follows(
    stranger: Visitor, upstream: Upstream
) -> None:
    answer = await stranger.post(f"/reset/{TOKEN}", password="  dua spasi  ")
    sent = upstream.last("POST", "/password-resets/accept").json()
    assert sent == {"token": TOKEN, "password": "  dua spasi  "}
    assert answer.headers["location"] == "/login?done=reset"
    assert "tersimpan" in (await stranger.get(answer.headers["location"])).text


async def test_a_dead_link_says_so_and_offers_another(
    stranger: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("GET", "/password-resets/.*", LinkNotValid())
    upstream.refuses("POST", "/password-resets/accept", LinkNotValid())
    for answer in (
        await stranger.get(f"/reset/{TOKEN}"),
        await stranger.post(f"/reset/{TOKEN}", password="jendela hijau 5"),
    ):
        assert answer.status_code == 404
        assert 'href="/reset"' in answer.text


async def test_an_easy_password_is_told_at_its_field(stranger: Visitor, upstream: Upstream) -> None:
    detail = "This password is one of the most used ones."
    fault = Invalid(FieldError("/password", detail, "password_common"))
    upstream.refuses("POST", "/password-resets/accept", fault)
    answer = await stranger.post(f"/reset/{TOKEN}", password="password123")
    assert answer.status_code == 422
    assert 'id="f-password-error"' in answer.text and "password123" not in answer.text

"""What links in messages open: looking changes nothing, one button acts, a dead link says so."""

import pytest

from shared.errors import Conflict
from shared.links import LinkNotValid
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream

TOKEN = "abc.1.k.def"
LINKS = {
    f"/email/{TOKEN}": "/email-changes/confirm",
    f"/email/undo/{TOKEN}": "/recoveries",
    f"/not-me/{TOKEN}": "/recoveries",
    f"/unsubscribe/replied/{TOKEN}": "/unsubscriptions",
}


class EmailTaken(Conflict):
    """There is an account with this e-mail address already."""


@pytest.fixture
def stranger(visitor: Visitor, upstream: Upstream) -> Visitor:
    upstream.answers("GET", "/email-changes/.*", {"email": "baru@example.test"})
    upstream.answers("POST", "/email-changes/confirm", {"email": "baru@example.test"})
    upstream.answers("POST", "/recoveries", {"status": "accepted"}, 202)
    upstream.answers("POST", "/unsubscriptions", {"kind": "replied"})
    return visitor.as_stranger()


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("path", LINKS)
async def test_looking_changes_nothing(
    stranger: Visitor, upstream: Upstream, path: str, language: str
) -> None:
    stranger.client.cookies.set("lang", language)
    answer = await stranger.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.text.count('<form method="post"') == 1
    assert [got.path for got in upstream.received if got.method != "GET"] == []


@pytest.mark.parametrize("path", [*LINKS, f"/reset/{TOKEN}", f"/verify/{TOKEN}", f"/t/{TOKEN}"])
async def test_no_browser_keeps_a_page_whose_address_opens_something(
    stranger: Visitor, path: str
) -> None:
    answer = await stranger.get(path)
    assert answer.headers["cache-control"] == "no-store"
    # Browsers tell other sites nothing of the address; `no-referrer` would break our own forms.
    assert answer.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", LINKS)
async def test_a_dead_link_says_so(stranger: Visitor, upstream: Upstream, path: str) -> None:
    upstream.refuses("POST", LINKS[path], LinkNotValid())
    answer = await stranger.post(path)
    assert answer.status_code == 404
    assert "link" in answer.text or "Tautan" in answer.text


async def test_a_confirmed_address_leads_to_the_login(
    stranger: Visitor, upstream: Upstream
) -> None:
    assert "baru@example.test" in (await stranger.get(f"/email/{TOKEN}")).text
    answer = await stranger.post(f"/email/{TOKEN}")
    assert upstream.last("POST", "/email-changes/confirm").json() == {"token": TOKEN}
    assert answer.headers["location"] == "/login?done=email_changed"
    upstream.refuses("POST", "/email-changes/confirm", EmailTaken())
    assert (await stranger.post(f"/email/{TOKEN}")).status_code == 404


@pytest.mark.parametrize(
    ("path", "purpose"), [("/email/undo", "email_undo"), ("/not-me", "not_me")]
)
async def test_the_way_back_leads_to_the_mailbox(
    stranger: Visitor, upstream: Upstream, path: str, purpose: str
) -> None:
    answer = await stranger.post(f"{path}/{TOKEN}")
    assert upstream.last("POST", "/recoveries").json() == {"purpose": purpose, "token": TOKEN}
    assert answer.headers["location"] == "/reset/sent?done=recovered"
    shown = (await stranger.get(answer.headers["location"])).text
    assert "Akun Anda dikunci" in shown
    assert "alamat e-mail akun Anda" in shown


async def test_a_mail_program_unsubscribes_with_one_post(
    visitor: Visitor, upstream: Upstream
) -> None:
    """RFC 8058: no cookie, no form of ours, and no redirect."""
    upstream.answers("POST", "/unsubscriptions", {"kind": "replied"})
    answer = await visitor.client.post(
        f"/unsubscribe/replied/{TOKEN}",
        data={"List-Unsubscribe": "One-Click"},
        headers={"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 200
    sent = upstream.last("POST", "/unsubscriptions").json()
    assert sent == {"kind": "replied", "token": TOKEN}


@pytest.mark.parametrize("path", [path for path in LINKS if "unsubscribe" not in path])
async def test_every_other_button_needs_a_form_of_ours(
    stranger: Visitor, upstream: Upstream, path: str
) -> None:
    answer = await stranger.client.post(path, data={})
    assert answer.status_code == 403
    assert upstream.all("POST", LINKS[path]) == []


async def test_there_is_no_other_kind_of_mail(stranger: Visitor) -> None:
    assert (await stranger.get(f"/unsubscribe/rahasia/{TOKEN}")).status_code == 404

"""Acting in a customer's place from the console, and the bar that says so."""

import pytest

from identity_service.impersonation.domain import OnlyForCustomers
from shared.permissions import Permission
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Received, Upstream, json_answer

STAND_IN_TOKEN = "stand-in-session-token-01"
BEGIN = f"/admin/people/{samples.BUDI_ID}/impersonation"


@pytest.fixture
def admin(visitor: Visitor, upstream: Upstream) -> Visitor:
    """An admin, who may act in Budi's place."""
    begun = {"token": STAND_IN_TOKEN, "expires_at": samples.LATER, "user": samples.user()}
    upstream.answers("POST", f"/users/{samples.BUDI_ID}/impersonation", begun, 201)
    upstream.answers("DELETE", "/sessions/current", None, 204)

    def resolved(got: Received) -> object:
        if got.json()["token"] == STAND_IN_TOKEN:
            name = {"id": samples.DEWI_ID, "name": "Dewi Lestari"}
            return json_answer(samples.session() | {"impersonator": name})
        return json_answer(samples.session("staff") | {"perms": list(Permission)})

    upstream.calls("POST", "/sessions/resolve", resolved)  # type: ignore[arg-type]
    # As a browser keeps it: the next answer's cookie takes the place of this one.
    visitor.client.cookies.set("session", samples.DEWI_TOKEN, domain="localhost.local")
    return visitor


async def test_every_page_says_in_whose_place_one_acts(admin: Visitor, upstream: Upstream) -> None:
    assert "standin" not in (await admin.get("/admin/tickets")).text
    answer = await admin.post(BEGIN, reason="Membantu lewat telepon")
    assert answer.headers["location"] == "/"
    sent = upstream.last("POST", f"/users/{samples.BUDI_ID}/impersonation")
    assert sent.json() == {"reason": "Membantu lewat telepon"}
    assert sent.headers["X-Session"] == samples.session_id()
    for path in ("/", "/tickets", "/tickets/new", "/account", "/tidak-ada"):
        page = (await admin.get(path)).text
        assert 'class="standin"' in page and "Budi Santoso" in page, path
        assert 'action="/impersonation/end"' in page, path


async def test_the_console_is_closed_meanwhile(admin: Visitor) -> None:
    await admin.post(BEGIN, reason="Membantu lewat telepon")
    assert (await admin.get("/admin/people")).status_code == 403


async def test_ending_it_brings_back_ones_own_session(admin: Visitor, upstream: Upstream) -> None:
    await admin.post(BEGIN, reason="Membantu lewat telepon")
    assert admin.client.cookies["own"] == samples.DEWI_TOKEN
    answer = await admin.post("/impersonation/end")
    assert answer.headers["location"] == f"/admin/people/{samples.BUDI_ID}"
    assert upstream.last("DELETE", "/sessions/current").json() == {"token": STAND_IN_TOKEN}
    assert admin.client.cookies["session"] == samples.DEWI_TOKEN
    assert "own" not in admin.client.cookies


async def test_logging_out_ends_both(admin: Visitor, upstream: Upstream) -> None:
    await admin.post(BEGIN, reason="Membantu lewat telepon")
    await admin.post("/logout")
    ended = [got.json()["token"] for got in upstream.all("DELETE", "/sessions/current")]
    assert ended == [STAND_IN_TOKEN, samples.DEWI_TOKEN]
    assert "own" not in admin.client.cookies and "session" not in admin.client.cookies


async def test_a_refusal_stands_on_the_customers_page(admin: Visitor, upstream: Upstream) -> None:
    path = f"/users/{samples.BUDI_ID}/impersonation"
    upstream.refuses("POST", path, OnlyForCustomers())
    answer = await admin.post(BEGIN, reason="Membantu")
    assert answer.status_code == 409
    assert 'value="Membantu"' in answer.text and 'role="alert"' in answer.text


async def test_nobody_without_the_right_is_offered_it(visitor: Visitor) -> None:
    page = (await visitor.as_agent().get(f"/admin/people/{samples.BUDI_ID}")).text
    assert "/impersonation" not in page


async def test_what_was_written_in_a_customers_place_names_both(
    visitor: Visitor, upstream: Upstream
) -> None:
    author = {"id": samples.BUDI_ID, "name": "Budi Santoso", "kind": "customer", "via": "Dewi L."}
    message, entry = (
        samples.message(author=author),
        samples.entry(type="ticket.closed", actor=author),
    )
    ticket = samples.ticket(messages=[message], timeline=[entry])
    upstream.answers("GET", "/tickets/[0-9-]+", ticket)
    assert (
        "ditulis oleh Dewi L."
        in (await visitor.as_customer().get(f"/tickets/{samples.NUMBER}")).text
    )
    console = (await visitor.as_agent().get(f"/admin/tickets/{samples.NUMBER}")).text
    assert "ditulis oleh Dewi L." in console and "dilakukan oleh Dewi L." in console

"""Acting in a customer's place from the console, and the bar that says so."""

from collections.abc import Callable

import pytest
from aiohttp import web

from identity_service.impersonation.domain import OnlyForCustomers
from identity_service.sessions.domain import InvalidCredentials
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


def _sessions(of_budi: samples.Record) -> Callable[[Received], web.Response]:
    """Budi's cookie means this; every other one is an admin's own."""
    dewi = samples.session("staff") | {"perms": list(Permission)}

    def resolved(got: Received) -> web.Response:
        return json_answer(of_budi if got.json()["token"] == samples.BUDI_TOKEN else dewi)

    return resolved


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


async def test_whoever_is_logged_in_there_next_does_not_get_the_session_that_waits(
    admin: Visitor, upstream: Upstream
) -> None:
    """Neither a customer nor somebody who acts, but on behalf of another employee."""
    budi = samples.session() | {"impersonator": None}
    acted_for_by_another = samples.session() | {
        "impersonator": {"id": samples.BUDI_ID, "name": "Orang Lain"}
    }
    for there in (budi, acted_for_by_another):
        upstream.calls("POST", "/sessions/resolve", _sessions(there))
        admin.portal.sessions.forget(samples.BUDI_TOKEN)
        admin.client.cookies.set("session", samples.BUDI_TOKEN, domain="localhost.local")
        admin.client.cookies.set("own", samples.DEWI_TOKEN, domain="localhost.local")
        answer = await admin.post("/impersonation/end")
        assert answer.headers["location"] == "/"
        assert admin.client.cookies.get("session") != samples.DEWI_TOKEN
        assert "own" not in admin.client.cookies


async def test_logging_out_by_the_api_ends_both(admin: Visitor, upstream: Upstream) -> None:
    await admin.post(BEGIN, reason="Membantu lewat telepon")
    assert (await admin.call("DELETE", "/session")).status_code == 204
    ended = [got.json()["token"] for got in upstream.all("DELETE", "/sessions/current")]
    assert ended == [STAND_IN_TOKEN, samples.DEWI_TOKEN]
    assert "own" not in admin.client.cookies and "session" not in admin.client.cookies


@pytest.mark.parametrize(
    ("path", "service_path"),
    [
        ("/login", "/sessions"),
        ("/login/code", "/sessions/second-step"),
        ("/login/passkey", "/sessions/passkey"),
        ("/api/v1/session", "/sessions"),
        ("/api/v1/session/second-step", "/sessions/second-step"),
    ],
)
async def test_a_log_in_ends_what_this_browser_had_before(
    admin: Visitor, upstream: Upstream, path: str, service_path: str
) -> None:
    await admin.post(BEGIN, reason="Membantu lewat telepon")
    opened = {"token": "another-session-token-01", "expires_at": samples.LATER}
    upstream.answers("POST", service_path, opened | {"user": samples.session()["user"]}, 201)
    if path.startswith("/api/"):
        await admin.call("POST", path.removeprefix("/api/v1"), {})
    else:
        await admin.post(path, email="budi", password="x", code="123456", credential="{}")
    ended = [got.json()["token"] for got in upstream.all("DELETE", "/sessions/current")]
    assert ended == [STAND_IN_TOKEN, samples.DEWI_TOKEN]
    assert admin.client.cookies["session"] == opened["token"]
    assert "own" not in admin.client.cookies


async def test_a_refused_log_in_leaves_the_session_alone(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("POST", "/sessions", InvalidCredentials())
    await visitor.as_customer().post("/login", email="budi", password="x")
    await visitor.call("POST", "/session", {})
    assert not upstream.all("DELETE", "/sessions/current")
    assert visitor.client.cookies["session"] == samples.BUDI_TOKEN


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

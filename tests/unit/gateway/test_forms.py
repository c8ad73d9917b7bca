"""Forms: nothing typed is lost, nothing is sent twice, nothing goes where it should not."""

import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from gateway.entry.forms import local_path
from gateway.main import compose, public_app
from gateway.portal import Portal
from shared.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Stale, Unauthenticated
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor, settings_for
from tests.unit.gateway.upstream import Upstream

REPORT = {"subject": "Internet mati", "description": "Sejak pagi", "category": "down"}


async def test_a_report_becomes_a_ticket_and_shows_it(visitor: Visitor, upstream: Upstream) -> None:
    upstream.answers("POST", "/tickets", samples.ticket(), 201)
    visitor.as_customer()
    sent = {**REPORT, "service_line_id": samples.LINE_ID, "submission_id": "once"}
    answer = await visitor.post("/tickets/new", **sent)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/tickets/{samples.NUMBER}?done=received"
    got = upstream.last("POST", "/tickets")
    assert got.headers["Idempotency-Key"] == "once"
    assert got.json() == {**REPORT, "service_line_id": samples.LINE_ID, "impact": "down"}


async def test_the_same_form_sent_twice_has_the_same_key(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.answers("POST", "/tickets", samples.ticket(), 201)
    page = await visitor.as_customer().get("/tickets/new")
    found = re.search(r'name="submission_id" value="([\w-]+)"', page.text)
    assert found is not None
    for _ in range(2):
        await visitor.post("/tickets/new", **REPORT, submission_id=found.group(1))
    keys = [r.headers["Idempotency-Key"] for r in upstream.all("POST", "/tickets")]
    assert keys == [found.group(1)] * 2


async def test_a_refused_form_keeps_what_was_typed(visitor: Visitor, upstream: Upstream) -> None:
    fault = FieldError("/subject", "", "string_too_short", {"min_length": 3})
    upstream.refuses("POST", "/tickets", Invalid(fault))
    visitor.as_customer()
    typed = {**REPORT, "subject": "ab", "submission_id": "kept"}
    answer = await visitor.post("/tickets/new", **typed)
    assert answer.status_code == 422
    assert 'value="ab"' in answer.text
    assert "Sejak pagi</textarea>" in answer.text
    assert re.search(r'value="down" required checked', answer.text)
    assert 'name="submission_id" value="kept"' in answer.text
    assert "Minimal 3 karakter." in answer.text
    assert 'aria-invalid="true"' in answer.text


class KeyReused(Invalid):
    """This Idempotency-Key was used for another request."""


async def test_other_words_under_a_used_name_get_a_new_name(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("POST", "/tickets", KeyReused(FieldError("", KeyReused.title(), "x")))
    visitor.as_customer()
    answer = await visitor.post("/tickets/new", **REPORT, submission_id="used")
    assert answer.status_code == 422
    assert 'value="used"' not in answer.text
    assert answer.text.count("Formulir ini sudah pernah dikirim") == 1


async def test_when_the_service_is_away_the_form_can_be_sent_again(
    visitor: Visitor, portal: Portal, tmp_path: Path
) -> None:
    visitor.as_customer()
    await visitor.get("/tickets")
    away = compose(settings_for("http://127.0.0.1:1", tmp_path))
    broken = replace(portal, services=away.services)
    transport = httpx.ASGITransport(app=public_app(broken))
    form = {**REPORT, "csrf_token": visitor.csrf_token, "submission_id": "kept"}
    async with httpx.AsyncClient(
        transport=transport, base_url=portal.site.url, cookies=visitor.client.cookies
    ) as client:
        answer = await client.post("/tickets/new", data=form)
    assert answer.status_code == 503
    assert "Sejak pagi</textarea>" in answer.text
    assert 'name="submission_id" value="kept"' in answer.text
    assert 'action="/tickets/new"' in answer.text
    await away.close()


async def test_who_was_logged_out_meanwhile_loses_no_word(visitor: Visitor) -> None:
    answer = await visitor.as_stranger().post("/tickets/new", **REPORT)
    assert answer.status_code == 401
    assert "Sejak pagi</textarea>" in answer.text
    assert 'href="/login"' in answer.text


async def test_a_lost_race_shows_both_values_and_asks(visitor: Visitor, upstream: Upstream) -> None:
    now = samples.ticket(verbs=samples.STAFF_VERBS, subject="Judul orang lain", version=9)
    upstream.answers("GET", "/tickets/[0-9-]+", now)
    upstream.refuses("PATCH", "/tickets/.*", Stale(version=9))
    visitor.as_agent()
    mine = {"subject": "Judul saya", "category": "down", "priority": "high", "tags": "los"}
    answer = await visitor.post(f"/admin/tickets/{samples.NUMBER}/edit", **mine, version="5")
    assert answer.status_code == 412
    assert upstream.last("PATCH", "/tickets/.*").headers["If-Match"] == '"5"'
    assert 'value="Judul saya"' in answer.text
    assert "Sekarang: Judul orang lain" in answer.text
    assert 'name="version" value="9"' in answer.text
    assert "Tetap simpan punya saya" in answer.text


async def test_a_wrong_state_is_told_on_the_ticket(visitor: Visitor, upstream: Upstream) -> None:
    upstream.answers("GET", "/tickets/[0-9-]+", samples.ticket(verbs=samples.STAFF_VERBS))
    upstream.refuses("POST", "/tickets/.*/solve", WrongState(status="closed", verb="solve"))
    visitor.as_agent()
    answer = await visitor.post(f"/admin/tickets/{samples.NUMBER}/solve", note="Sudah ya")
    assert answer.status_code == 409
    assert "Status tiket tidak mengizinkan ini." in answer.text
    assert "Sudah ya</textarea>" in answer.text


class WrongState(Conflict):
    """The ticket's state does not allow this."""


async def test_a_note_and_a_reply_go_different_ways(visitor: Visitor, upstream: Upstream) -> None:
    upstream.answers("POST", "/tickets/.*/(notes|replies)", {"number": samples.NUMBER}, 201)
    visitor.as_agent()
    path = f"/admin/tickets/{samples.NUMBER}"
    await visitor.post(f"{path}/notes", body="Hanya kita")
    assert upstream.last("POST", "/tickets/.*/notes").json() == {"body": "Hanya kita"}
    assert upstream.all("POST", "/tickets/.*/replies") == []
    await visitor.post(f"{path}/replies", body="Halo", then="pend")
    assert upstream.last("POST", "/tickets/.*/replies").json() == {"body": "Halo", "then": "pend"}


async def test_an_empty_choice_takes_the_assignment_away(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.answers("POST", "/tickets/.*/assign", samples.ticket())
    visitor.as_agent()
    path = f"/admin/tickets/{samples.NUMBER}/assign"
    await visitor.post(path, assignee_id="", team_id=samples.TEAM_ID, version="5")
    sent = upstream.last("POST", "/tickets/.*/assign").json()
    assert sent == {"assignee_id": None, "team_id": samples.TEAM_ID}
    await visitor.post(path, take="1", version="5")
    sent = upstream.last("POST", "/tickets/.*/assign").json()
    assert sent == {"assignee_id": samples.DEWI_ID}


async def test_only_a_known_verb_reaches_the_service(visitor: Visitor, upstream: Upstream) -> None:
    visitor.as_agent()
    answer = await visitor.post(f"/admin/tickets/{samples.NUMBER}/explode")
    assert answer.status_code == 404
    assert upstream.all("POST", "/tickets/.*") == []


async def test_the_address_of_a_forms_target_leads_to_its_page(visitor: Visitor) -> None:
    answer = await visitor.as_customer().get(f"/tickets/{samples.NUMBER}/replies")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/tickets/{samples.NUMBER}"


async def test_login_goes_on_where_the_person_wanted_to(
    visitor: Visitor, upstream: Upstream
) -> None:
    sent_to = await visitor.get("/tickets/new?category=down")
    assert sent_to.headers["location"] == "/login?next=%2Ftickets%2Fnew%3Fcategory%3Ddown"
    opened = {
        "token": samples.BUDI_TOKEN,
        "expires_at": samples.LATER,
        "user": samples.session()["user"],
    }
    upstream.answers("POST", "/sessions", opened, 201)
    visitor.as_stranger()
    answer = await visitor.post("/login", email="budi", password="x", next="/tickets/new")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/tickets/new"
    assert f"session={samples.BUDI_TOKEN}" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "wish", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "", "a"]
)
def test_login_never_goes_on_to_another_site(wish: str) -> None:
    assert local_path(wish, "/tickets") == "/tickets"


class InvalidCredentials(Unauthenticated):
    """The e-mail address, the number or the password is not right."""


class EmailNotVerified(Forbidden):
    """Please confirm your e-mail address first, with the link that we sent you."""


async def test_a_wrong_password_is_told_and_the_address_stays(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("POST", "/sessions", InvalidCredentials())
    visitor.as_stranger()
    answer = await visitor.post("/login", email="budi@pelanggan.example", password="salah-salah")
    assert answer.status_code == 401
    assert 'value="budi@pelanggan.example"' in answer.text
    assert "salah-salah" not in answer.text
    assert "set-cookie" not in answer.headers


async def test_an_unconfirmed_address_is_offered_a_new_link(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("POST", "/sessions", EmailNotVerified())
    visitor.as_stranger()
    answer = await visitor.post("/login", email="budi@pelanggan.example", password="x")
    assert answer.status_code == 403
    assert 'action="/register/resend"' in answer.text


async def test_before_login_the_browser_is_the_principal(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.answers("POST", "/registrations", {"status": "accepted"}, 202)
    page = await visitor.get("/register")
    assert "visitor=" in page.headers["set-cookie"]
    answer = await visitor.post(
        "/register", name="Budi", email="b@x.example", password="kata sandi", phone=""
    )
    assert answer.headers["location"] == "/register/sent"
    got = upstream.last("POST", "/registrations")
    assert got.headers["X-Principal"] == visitor.client.cookies["visitor"]
    assert got.json() == {
        "name": "Budi",
        "email": "b@x.example",
        "password": "kata sandi",
        "language": "id",
    }


async def test_a_signed_link_opens_its_ticket_as_its_person(
    visitor: Visitor, upstream: Upstream
) -> None:
    opened = {
        "ticket_id": samples.TICKET_ID,
        "number": samples.NUMBER,
        "user_id": samples.BUDI_ID,
    }
    upstream.answers("POST", "/links/open", opened)
    upstream.answers("POST", "/tickets/.*/replies", {"number": samples.NUMBER}, 201)
    visitor.as_stranger()
    page = await visitor.get("/t/abc.1.k1.def")
    assert page.status_code == 200
    assert "Internet mati sejak pagi" in page.text
    assert 'action="/t/abc.1.k1.def/replies"' in page.text
    answer = await visitor.post("/t/abc.1.k1.def/replies", body="Halo")
    assert answer.headers["location"] == "/t/abc.1.k1.def?done=replied"


async def test_a_link_that_is_gone_says_what_to_do(visitor: Visitor, upstream: Upstream) -> None:
    upstream.refuses("POST", "/links/open", NotFound())
    answer = await visitor.get("/t/abc.1.k1.def")
    assert answer.status_code == 404
    assert "Tautan ini sudah tidak berlaku" in answer.text


async def test_a_form_over_one_megabyte_is_refused(visitor: Visitor) -> None:
    visitor.as_customer()
    answer = await visitor.post("/tickets/new", description="x" * 1_100_000)
    assert answer.status_code == 413

"""Every page opens, in both languages, and shows nothing that a template forgot."""

import re
from html import unescape
from urllib.parse import parse_qs, quote

import pytest

from shared.errors import NotFound, Unavailable
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor, without_nonce
from tests.unit.gateway.upstream import Upstream

PUBLIC = (
    "/",
    "/register",
    "/register/sent",
    "/login",
    "/verify/abc.1.k.def",
    "/offline",
    "/api/docs",
)
CUSTOMER = (
    "/",
    "/tickets",
    "/tickets?state=active&q=mati",
    "/tickets/new",
    "/tickets/1234-5674",
    "/account",
    "/account/data",
    "/account/security",
    "/account/security/app",
)
STAFF = (
    "/admin/tickets",
    "/admin/tickets?queue=all&q=mati&status=open",
    "/admin/tickets/1234-5674",
    "/admin/tickets/new",
    "/admin/tickets/new?q=budi",
    f"/admin/tickets/new?requester={samples.BUDI_ID}",
    "/admin/people",
    "/admin/people?kind=staff&q=dewi",
    "/admin/people/new",
    f"/admin/people/{samples.BUDI_ID}",
    "/admin/overview",
    "/admin/api-keys",
    "/admin/account/data",
    f"/admin/people/{samples.BUDI_ID}/erase",
    "/admin/audit",
    f"/admin/audit?person={samples.BUDI_ID}&action=role.changed&from=2026-11-01&to=2026-11-24",
    "/admin/settings",
    "/admin/roles",
    "/admin/teams",
    "/admin/organisations",
    f"/admin/organisations/{samples.TEAM_ID}?q=budi",
    "/admin/account",
    "/admin/account/security",
    "/admin/account/security/app",
)


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("path", PUBLIC)
async def test_a_public_page_opens(visitor: Visitor, path: str, language: str) -> None:
    visitor.client.cookies.set("lang", language)
    answer = await visitor.get(path)
    assert answer.status_code == 200, answer.text
    assert f'<html lang="{language}">' in answer.text


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("path", CUSTOMER)
async def test_a_customer_page_opens(visitor: Visitor, path: str, language: str) -> None:
    visitor.client.cookies.set("lang", language)
    answer = await visitor.as_customer().get(path)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("path", STAFF)
async def test_a_staff_page_opens(
    visitor: Visitor, upstream: Upstream, path: str, language: str
) -> None:
    visitor.client.cookies.set("lang", language)
    ticket = samples.ticket(verbs=samples.STAFF_VERBS)
    upstream.answers("GET", "/tickets/[0-9-]+", ticket)
    answer = await visitor.as_agent().get(path)
    assert answer.status_code == 200, answer.text


async def test_a_foreign_ticket_looks_like_an_unknown_one(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("GET", "/tickets/.*", NotFound())
    visitor.as_customer()
    foreign = await visitor.get("/tickets/1111-1111")
    unknown = await visitor.get("/tickets/2222-2222")
    assert foreign.status_code == unknown.status_code == 404
    assert without_nonce(foreign.text) == without_nonce(unknown.text)


async def test_own_tickets_are_found_by_the_days_they_were_reported(
    visitor: Visitor, upstream: Upstream
) -> None:
    page = await visitor.as_customer().get("/tickets?from=2026-11-01&to=2026-11-23")
    assert page.status_code == 200
    asked = parse_qs(upstream.last("GET", "/tickets").query)
    assert asked["created_from"] == ["2026-11-01T00:00:00+07:00"]
    assert asked["created_to"] == ["2026-11-24T00:00:00+07:00"]


@pytest.mark.parametrize("days", ["from=kemarin", "to=2026-02-30", "from=0001-01-01"])
async def test_a_day_that_cannot_be_read_is_told_at_its_field(
    visitor: Visitor, upstream: Upstream, days: str
) -> None:
    page = await visitor.as_customer().get(f"/tickets?{days}")
    assert page.status_code == 422
    assert f'id="f-{days.partition("=")[0]}-error"' in page.text
    assert "tidak dapat kami baca" in page.text
    assert not upstream.all("GET", "/tickets")


async def test_days_in_the_wrong_order_are_told(visitor: Visitor) -> None:
    page = await visitor.as_customer().get("/tickets?from=2026-11-23&to=2026-11-01")
    assert page.status_code == 422
    assert "lebih awal daripada tanggal pertama" in page.text


async def test_a_page_for_staff_is_closed_to_customers(visitor: Visitor) -> None:
    for path in STAFF:
        assert (await visitor.as_customer().get(path)).status_code == 403


async def test_a_page_behind_the_login_sends_strangers_there(visitor: Visitor) -> None:
    for path in (*CUSTOMER[1:], *STAFF):
        answer = await visitor.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=")


async def test_a_customer_page_hides_what_is_internal_even_from_staff(
    visitor: Visitor, upstream: Upstream
) -> None:
    secret = samples.message(visibility="internal", body="RAHASIA")
    hidden = samples.entry(visibility="internal", data={"note": "RAHASIA"})
    upstream.answers(
        "GET", "/tickets/[0-9-]+", samples.ticket(messages=[secret], timeline=[hidden])
    )
    answer = await visitor.as_agent().get(f"/tickets/{samples.NUMBER}")
    assert answer.status_code == 200
    assert "RAHASIA" not in answer.text


async def test_a_note_looks_different_from_a_reply(visitor: Visitor, upstream: Upstream) -> None:
    note = samples.message(visibility="internal", body="Hanya kita")
    upstream.answers("GET", "/tickets/[0-9-]+", samples.ticket(messages=[note]))
    answer = await visitor.as_agent().get(f"/admin/tickets/{samples.NUMBER}")
    assert "msg--note" in answer.text
    assert "Catatan internal" in answer.text


async def test_html_is_shown_as_text_in_every_field(visitor: Visitor, upstream: Upstream) -> None:
    bad = "<b>x</b>\"'><script>alert(1)</script>"
    person = samples.user(name=bad, email=bad, phone=bad)
    named = {"id": samples.DEWI_ID, "name": bad}
    author = {"id": samples.BUDI_ID, "name": bad, "kind": "customer"}
    category = samples.category(name={"id": bad, "en": bad})
    ticket = samples.ticket(
        verbs=samples.STAFF_VERBS,
        subject=bad,
        description=bad,
        tags=[bad],
        requester={"id": samples.BUDI_ID, "name": bad, "email": bad, "phone": bad},
        assignee=named,
        team=named,
        area=named,
        category={"slug": "down", "name": {"id": bad, "en": bad}},
        is_deleted=True,
        deleted_reason=bad,
        messages=[samples.message(author=author, body=bad)],
        timeline=[
            samples.entry(
                type="ticket.updated",
                actor=author,
                data={"changes": {"subject": [bad, bad], "assignee": [bad, bad]}, "note": bad},
            )
        ],
    )
    row = samples.ticket_row(subject=bad, requester=named, team=named, area=named)
    upstream.answers("GET", "/tickets/[0-9-]+", ticket)
    upstream.answers("GET", "/tickets", samples.listing(row))
    upstream.answers("GET", "/categories", samples.listing(category))
    upstream.answers("GET", "/service-lines", samples.listing(samples.line(plan=bad, address=bad)))
    upstream.answers("GET", "/users", samples.listing(person))
    upstream.answers("GET", "/users/.*", person)
    upstream.answers("GET", "/invitations/.*", person)
    upstream.answers("GET", "/teams", samples.listing(samples.TEAMS["items"][0] | {"name": bad}))
    upstream.answers("GET", "/assignees", samples.listing(named))
    visitor.as_agent()
    for path in (*CUSTOMER, *STAFF, "/invitation/abc.1.k.def", "/tickets?q=" + quote(bad)):
        answer = await visitor.get(path)
        assert answer.status_code == 200, path
        assert "<script>alert" not in answer.text, path
        assert "<b>x" not in answer.text, path
        assert not re.search(r' [\w-]+="[^"]*<', answer.text), path


async def test_paging_goes_on_with_the_cursor_and_keeps_the_filters(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.answers("GET", "/tickets", samples.listing(samples.ticket_row(), after="c u&r"))
    answer = await visitor.as_agent().get("/admin/tickets?queue=all&q=mati&done=saved&lang=id")
    link = re.search(r'rel="next" href="([^"]+)"', answer.text)
    assert link is not None
    assert unescape(link.group(1)) == "?queue=all&q=mati&cursor=c+u%26r"
    await visitor.get("/admin/tickets" + unescape(link.group(1)))
    assert "cursor=c+u%26r" in upstream.last("GET", "/tickets").query
    first = await visitor.get("/admin/tickets?queue=all&cursor=x")
    assert 'href="?queue=all"' in first.text


async def test_a_search_leaves_the_state_of_the_queue(visitor: Visitor, upstream: Upstream) -> None:
    visitor.as_agent()
    await visitor.get("/admin/tickets?queue=mine")
    assert (
        upstream.last("GET", "/tickets").query == "assignee=me&status=active&limit=50&expand=counts"
    )
    await visitor.get("/admin/tickets?queue=mine&q=mati")
    assert upstream.last("GET", "/tickets").query == "assignee=me&q=mati&limit=50&expand=counts"
    await visitor.get("/admin/tickets?queue=nonsense&evil=1&sort=created")
    asked = upstream.last("GET", "/tickets").query
    assert asked == "assignee=none&status=active&sort=created&limit=50&expand=counts"


async def test_the_ticket_page_does_without_the_customer_panel(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.answers("GET", "/tickets/[0-9-]+", samples.ticket(verbs=samples.STAFF_VERBS))
    upstream.refuses("GET", "/(service-lines|teams|assignees)", Unavailable())
    answer = await visitor.as_agent().get(f"/admin/tickets/{samples.NUMBER}")
    assert answer.status_code == 200
    assert "Lampu LOS merah." in answer.text


@pytest.mark.parametrize(
    ("path", "service", "still_works"),
    [
        ("/admin/tickets", "/tickets.*", "Masuk dan akun Anda tetap berfungsi."),
        ("/admin/people", "/users", "Tautan di pesan kami tetap membuka tiket Anda"),
        ("/admin/overview", "/reports/overview", "Tiket, antrean, dan data orang berjalan"),
    ],
)
async def test_a_service_that_is_down_is_named_with_what_still_works(
    visitor: Visitor, upstream: Upstream, path: str, service: str, still_works: str
) -> None:
    upstream.refuses("GET", service, Unavailable())
    answer = await visitor.as_agent().get(path)
    assert answer.status_code == 503
    assert still_works in answer.text


async def test_the_home_page_opens_while_nobody_can_say_who_this_is(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("POST", "/sessions/resolve", Unavailable())
    visitor.as_customer()
    home = await visitor.get("/")
    assert home.status_code == 200
    assert "Saat ini belum bisa masuk." in home.text
    closed = await visitor.get("/tickets")
    assert closed.status_code == 503


async def test_a_mistake_of_ours_is_a_page_too(visitor: Visitor, upstream: Upstream) -> None:
    upstream.answers("GET", "/reports/overview", {"nothing": "expected"})
    answer = await visitor.as_agent().get("/admin/overview")
    assert answer.status_code == 500
    assert "Terjadi kesalahan" in answer.text


async def test_the_form_for_a_report_is_light(visitor: Visitor) -> None:
    visitor.as_customer()
    page = await visitor.get("/tickets/new", accept_encoding="gzip")
    files = [
        page,
        *[await visitor.get(url) for url in set(re.findall(r"/static/[^\"#]+", page.text))],
    ]
    sizes = [int(file.headers["content-length"]) for file in files]
    assert sum(sizes) <= 12 * 1024, sizes

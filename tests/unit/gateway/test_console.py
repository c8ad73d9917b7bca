"""The console's own rules: rows, threads, the list beside a ticket, the choice after a lost race."""

import json
import re
from pathlib import Path

import pytest

from gateway.admin import forms
from gateway.admin.dashboard import day_begun
from gateway.admin.queues import is_moment, place_of
from gateway.admin.thread import thread_of
from gateway.assets import SPRITES, STATIC_DIR, Assets
from gateway.forms import Form
from shared.errors import Conflict, Unavailable
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream

DESK = f"/admin/tickets/{samples.NUMBER}"
PANE = {"HX_Request": "true", "HX_Target": "section#pane"}


class CategoryExists(Conflict):
    """There is a category of this name already."""


@pytest.fixture
def agent(visitor: Visitor, upstream: Upstream) -> Visitor:
    """Dewi, before a ticket that she may do everything to."""
    ticket = samples.ticket(verbs=samples.STAFF_VERBS)
    upstream.answers("GET", "/tickets/[0-9-]+", ticket)
    return visitor.as_agent()


async def test_a_ticket_page_keeps_its_queue_beside_it(agent: Visitor, upstream: Upstream) -> None:
    page = (await agent.get(f"{DESK}?queue=mine&category=down")).text
    asked = [received.query for received in upstream.all("GET", "/tickets")]
    assert "assignee=me&status=active&category=down&limit=50&expand=counts" in asked
    assert f'href="{DESK}?queue=mine&amp;category=down" aria-current="true"' in page


async def test_what_was_done_leads_back_into_the_queue(agent: Visitor, upstream: Upstream) -> None:
    upstream.answers("POST", "/tickets/[0-9-]+/solve", samples.ticket())
    answer = await agent.post(f"{DESK}/solve", version="5", next="queue=mine&category=down")
    assert answer.headers["location"] == f"{DESK}?queue=mine&category=down&done=saved"


async def test_a_row_that_opens_beside_its_list_fetches_the_ticket_alone(
    agent: Visitor, upstream: Upstream
) -> None:
    answer = await agent.get(f"{DESK}?queue=mine", **PANE)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<title>")
    assert "<html" not in answer.text and 'id="pane"' in answer.text
    assert not upstream.all("GET", "/tickets/counts")
    assert all("assignee=me" not in each.query for each in upstream.all("GET", "/tickets"))


@pytest.mark.parametrize("part", ["queues", "rows", "ticket-head", "thread", "side"])
async def test_a_part_that_changed_is_fetched_alone(agent: Visitor, part: str) -> None:
    answer = await agent.get(f"{DESK}?queue=mine", X_Fragment=part)
    assert f'id="{part}"' in answer.text
    assert "<html" not in answer.text and 'class="composer"' not in answer.text


async def test_the_rail_goes_without_counts_where_nobody_can_say(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("GET", "/tickets/counts", Unavailable())
    answer = await visitor.as_agent().get("/admin/people")
    assert answer.status_code == 200
    assert "nav__count" not in answer.text


async def test_a_row_shows_what_is_true_now(visitor: Visitor, upstream: Upstream) -> None:
    visitor.as_agent()
    for name in ("Budi Santoso", "Budi S. Wijaya"):
        row = samples.ticket_row(requester={"id": samples.BUDI_ID, "name": name})
        upstream.answers("GET", "/tickets", samples.listing(row))
        assert name in (await visitor.get("/admin/tickets")).text


async def test_a_lost_race_shows_both_values_and_saves_neither(
    agent: Visitor, upstream: Upstream
) -> None:
    problem = {"type": "urn:tanggap:ticket-changed-meanwhile", "title": "x", "status": 412}
    upstream.answers("PATCH", "/tickets/[0-9-]+", problem, status=412)
    mine = {"subject": "Judul saya", "category": "down", "priority": "low", "tags": "los"}
    answer = await agent.post(f"{DESK}/edit", version="4", next="queue=mine", **mine)
    assert answer.status_code == 412
    choice = answer.text[answer.text.index('class="choice-card"') :]
    choice = choice[: choice.index("</section>")]
    assert 'role="alert"' in choice and "autofocus" in choice
    assert "Judul saya" in choice and "Internet mati sejak pagi" in choice
    assert 'name="version" value="5"' in choice
    assert f'href="{DESK}?queue=mine"' in choice


def test_only_fields_that_differ_need_a_choice() -> None:
    typed = Form({"subject": ["Lain"], "priority": ["high"], "tags": ["los"], "version": ["1"]})
    assert forms.differences(typed, samples.ticket()) == [
        ("subject", "Lain", "Internet mati sejak pagi")
    ]
    work = Form({"assignee_id": [""], "team_id": [samples.TEAM_ID]})
    assert forms.differences(work, samples.ticket()) == [("assignee_id", "", samples.DEWI_ID)]


def test_a_thread_holds_messages_and_events_in_their_order_day_by_day() -> None:
    ticket = samples.ticket(
        created_at="2026-11-22T10:00:00Z",
        messages=[samples.message(created_at="2026-11-23T01:00:00Z", body="Kedua")],
        timeline=[
            samples.entry(at="2026-11-22T10:00:00Z"),
            samples.entry(type="ticket.replied", at="2026-11-23T01:00:00Z"),
            samples.entry(type="ticket.held", at="2026-11-22T10:00:00.500000Z"),
        ],
    )
    shown = list(thread_of(ticket, lambda at: at[:10]))
    assert [(moment.kind, moment.day) for moment in shown] == [
        ("message", "2026-11-22"),
        ("event", ""),
        ("message", "2026-11-23"),
    ]
    assert shown[0].what["body"] == ticket["description"]
    assert shown[1].what["type"] == "ticket.held"


def test_a_place_leads_back_to_the_same_list() -> None:
    query = {"queue": "all", "q": " mati ", "deleted": "true", "cursor": "x", "evil": "1"}
    assert place_of(query) == "queue=all&q=mati&deleted=true&cursor=x"
    assert place_of(query, without="q") == "queue=all&deleted=true"
    assert place_of({"queue": "nonsense"}) == "queue=unassigned"


def test_a_moment_in_an_address_has_a_zone() -> None:
    assert is_moment("2026-11-22T17:00:00Z")
    assert not any(map(is_moment, ("", "yesterday", "2026-11-22", "2026-11-22T17:00:00")))


@pytest.mark.parametrize(
    ("moment", "begun"),
    [
        ("2026-11-23T16:59:59.9Z", "2026-11-22T17:00:00Z"),
        ("2026-11-23T17:00:00Z", "2026-11-23T17:00:00Z"),
    ],
)
def test_a_day_begins_where_the_portal_is(moment: str, begun: str) -> None:
    assert day_begun(moment, "Asia/Jakarta") == begun


async def test_every_figure_opens_a_list(visitor: Visitor) -> None:
    page = (await visitor.as_agent().get("/admin/overview")).text
    begun = "2026-11-22T17:00:00Z"
    assert re.findall(r'class="figure" href="([^"]+)"', page) == [
        "/admin/tickets?queue=all",
        "/admin/tickets?queue=finished",
        f"/admin/tickets?queue=every&amp;created_from={begun}",
        f"/admin/tickets?queue=every&amp;solved_from={begun}",
        "/admin/people?kind=staff&amp;role=agent&amp;is_active=true",
        "/admin/categories",
    ]


async def test_the_lists_behind_the_figures_ask_for_that_day(
    visitor: Visitor, upstream: Upstream
) -> None:
    visitor.as_agent()
    begun = "2026-11-22T17:00:00Z"
    page = await visitor.get(f"/admin/tickets?queue=every&solved_from={begun}")
    asked = upstream.last("GET", "/tickets").query
    assert asked == "solved_from=2026-11-22T17%3A00%3A00Z&limit=50&expand=counts"
    assert "Teratasi sejak 23 Nov 2026, 00.00 WIB" in page.text
    await visitor.get("/admin/people?kind=staff&role=agent&is_active=true")
    assert upstream.last("GET", "/users").query == "kind=staff&role=agent&is_active=true&limit=50"


async def test_a_category_is_added_renamed_and_switched_off(
    visitor: Visitor, upstream: Upstream
) -> None:
    visitor.as_agent()
    upstream.answers("POST", "/categories", samples.category("tv-kabel"), status=201)
    upstream.answers("PATCH", "/categories/[a-z-]+", samples.category())
    fields = {"name_id": "TV kabel", "name_en": "Cable TV", "urgency": "low", "position": "90"}
    answer = await visitor.post("/admin/categories", **fields, submission_id="satu")
    assert answer.headers["location"] == "/admin/categories?done=saved"
    assert upstream.last("POST", "/categories").json() == {
        **fields,
        "slug": "tv-kabel",
        "position": 90,
        "team_id": None,
    }
    assert upstream.last("POST", "/categories").headers["Idempotency-Key"] == "satu"
    await visitor.post("/admin/categories/down", **fields, version="1")
    renamed = upstream.last("PATCH", "/categories/down")
    assert (renamed.json()["name_en"], renamed.headers["If-Match"]) == ("Cable TV", '"1"')
    await visitor.post("/admin/categories/down/switch", version="1", is_active="false")
    assert upstream.last("PATCH", "/categories/down").json() == {"is_active": False}


async def test_a_category_that_exists_is_told_in_its_form(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("POST", "/categories", CategoryExists())
    fields = {"name_id": "Internet mati", "name_en": "No internet", "urgency": "low"}
    answer = await visitor.as_agent().post("/admin/categories", **fields)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text and 'value="No internet"' in answer.text


def test_every_picture_has_a_plain_one_of_our_own() -> None:
    table = json.loads((Path(__file__).parents[3] / "package.json").read_text())["sprites"]
    assert set(table) == set(SPRITES)
    for sprite, pictures in table.items():
        own = re.findall(r'<symbol id="([^"]+)"', (STATIC_DIR / sprite).read_text())
        assert sorted(own) == sorted(pictures), sprite


def test_every_picture_that_a_template_names_exists() -> None:
    own = re.findall(r'<symbol id="([^"]+)"', (STATIC_DIR / "console-icons.svg").read_text())
    templates = STATIC_DIR.parent / "templates"
    for file in templates.glob("admin/*.html"):
        named = set(re.findall(r'\bicon\("([a-z-]+)"', file.read_text()))
        assert named <= set(own), file.name


def test_the_dark_theme_can_be_asked_for_by_a_part_of_a_page() -> None:
    css = Assets()._assets["themes.css"].body.decode()
    light, dark = re.findall(r"\[data-theme=\w+\]{([^}]*)}", css)
    assert re.findall(r"--bg", light) == re.findall(r"--bg", dark) == ["--bg"]
    assert "color-scheme: light" in light and "color-scheme: dark" in dark


async def test_staff_without_a_second_step_are_asked_for_one_on_every_page(
    visitor: Visitor, upstream: Upstream
) -> None:
    visitor.as_agent()
    hint = 'href="/admin/account/security"'
    for path in ("/admin/tickets", "/admin/people", "/admin/account"):
        assert hint in (await visitor.get(path)).text
    upstream.answers(
        "POST", "/sessions/resolve", samples.session("staff") | {"second_factor": "on"}
    )
    visitor.portal.sessions.forget(samples.DEWI_TOKEN)
    assert hint not in (await visitor.get("/admin/people")).text

"""The demo's people hang together."""

from io import BytesIO
from pathlib import Path

from PIL import Image

from local.demo import people, tickets
from local.demo.photo import modem
from local.keys import Keys


def test_there_is_an_account_for_every_role_and_two_customers() -> None:
    roles = [account.role for account in people.ACCOUNTS]

    assert roles == ["customer", "customer", "agent", "technician", "supervisor", "admin"]


def test_areas_teams_and_lines_name_only_what_exists() -> None:
    areas = {area.key: area for area in people.AREAS}

    assert all(area.parent is None or area.parent in areas for area in people.AREAS)
    assert all(areas[line.area].kind == "odp" for a in people.ACCOUNTS for line in a.lines)
    assert all(team in people.TEAMS for account in people.STAFF for team in account.teams)
    assert set(tickets.CATEGORY_TEAMS.values()) <= set(people.TEAMS.values())


def test_stories_are_told_by_people_of_the_demo() -> None:
    known = {account.email for account in people.ACCOUNTS}
    customers = {account.email for account in people.CUSTOMERS}

    assert {story.who for story in tickets.STORIES} == customers
    assert all(step.who in known for story in tickets.STORIES for step in story.steps)


def test_one_story_has_a_photo_and_one_a_rating() -> None:
    with_photo = [story.subject for story in tickets.STORIES if story.photo]
    rated = [s.subject for s in tickets.STORIES for step in s.steps if step.verb == "feedback"]

    assert with_photo == ["Internet mati sejak pagi"]
    assert rated == ["Tagihan bulan ini tercatat dua kali"]


def test_the_photo_is_drawn_the_same_each_time() -> None:
    drawn = modem()

    assert Image.open(BytesIO(drawn)).size == (1280, 960)
    assert drawn == modem()


def test_the_seed_is_the_same_on_every_start(tmp_path: Path) -> None:
    assert people.seed_file(Keys(tmp_path)) == people.seed_file(Keys(tmp_path))

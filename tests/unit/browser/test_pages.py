"""The table of pages is complete, and so are the pictures that documents show."""

import re
from pathlib import Path

import pytest
from starlette.routing import Match, Route

from gateway import main
from gateway.pages import Page
from tests.browser.pages import PAGES
from tests.browser.scene import Scene

ROOT = Path(__file__).resolve().parents[3]
SCENE = Scene(
    ticket="1234-5678",
    waiting="1234-5678",
    solved="1234-5678",
    closed="1234-5678",
    link="/t/token",
    verification="/verify/token",
    invitation="/invitation/token",
    reset="/reset/token",
    customer="0190",
    colleague="0191",
    email="/email/token",
    organisation="0192",
    area="0193",
    line="0194",
    brought="0195",
)
# Photos, pictures of people, tables to take away, and a part of a page that has no frame of its own.
# Pages in the middle of a way are looked at where that way is gone (test_second_step, company accounts).
NO_PAGES = (
    *("/login/code", "/login/company", "/security/app"),
    *("/attachments/", "/avatar", "/admin/queues"),
    *("/admin/audit/export", "/admin/exports/", "/report"),
)
OPENED = [
    route
    for routes in (main.ENTRY, main.CUSTOMER, main.ADMIN, main.ACCOUNT)
    for route in routes
    if isinstance(route.app, Page)
    and route.app._get is not None
    and not any(part in route.path for part in NO_PAGES)
]


@pytest.mark.parametrize("route", OPENED, ids=lambda route: route.path)
def test_every_page_is_looked_at_in_the_browser_tests(route: Route) -> None:
    paths = [shown.at(SCENE).partition("?")[0] for shown in PAGES]
    assert any(_leads(path, route) for path in paths)


def _leads(path: str, route: Route) -> bool:
    scope = {"type": "http", "method": "GET", "path": path}
    first = next(each for each in OPENED if each.matches(scope)[0] is Match.FULL)
    return first is route


def test_no_page_is_named_twice() -> None:
    names = [shown.name for shown in PAGES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("document", ["README.md"])
def test_the_pictures_of_a_document_are_there(document: str) -> None:
    text = (ROOT / document).read_text()
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)|<img[^>]*src=\"([^\"]+)\"", text)
    for picture in filter(None, (name for pair in pictures for name in pair)):
        assert (ROOT / document).parent.joinpath(picture).exists(), picture

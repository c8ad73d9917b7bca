"""One browser for all tests of pages, a fresh context for each person in each test."""

from collections.abc import Generator, Iterator

import pytest
from playwright.sync_api import Browser, Error, Page

from local.prerequisites import CHECKERS
from tests.browser.browsing import Browsing, Watch, chromium, chromium_path
from tests.browser.scene import Scene
from tests.fixtures.system import System

AXE = CHECKERS / "node_modules" / "axe-core" / "axe.min.js"
_NO_BROWSER = "no Chromium here (Debian: apt-get install chromium; elsewhere CHROMIUM names it)"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The one Chromium; it must end before tests with an event loop of their own begin."""
    path = chromium_path()
    if path is None:
        pytest.skip(_NO_BROWSER)
    with chromium(path) as running:
        yield running


@pytest.fixture(scope="package")
def cookies() -> dict[str, str]:
    """Sessions that were begun once, by account."""
    return {}


@pytest.fixture(scope="package")
def scene(browser: Browser, running_system: System) -> Scene:
    """Tickets, people and links, one of each kind that a page shows."""
    return Scene.prepared(running_system)


@pytest.fixture
def browse(browser: Browser, system: System, cookies: dict[str, str]) -> Iterator[Browsing]:
    """Opens browsers; in the end none of them may have seen trouble."""
    browsing = Browsing(browser, system, cookies)
    yield browsing
    browsing.close()
    assert not browsing.watch.troubles


@pytest.fixture(scope="package")
def axe() -> str:
    """The source of axe."""
    if not AXE.exists():
        pytest.skip("axe could not be fetched from npm")
    return AXE.read_text()


@pytest.fixture
def watch(browse: Browsing) -> Watch:
    """What the browsers of this test complained about."""
    return browse.watch


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failure what the browsers showed."""
    report = yield
    if report.when == "call" and report.failed:
        for value in getattr(item, "funcargs", {}).values():
            for page in value.pages if isinstance(value, Browsing) else ():
                report.sections.append((f"page {page.url}", _shown(page)))
    return report


def _shown(page: Page) -> str:
    try:
        return page.locator("body").aria_snapshot(timeout=2_000)[:6_000]
    except Error as error:
        return str(error)

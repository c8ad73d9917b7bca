"""What holds for every page: for eyes, keyboards, screen readers, small screens and thin lines."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.browsing import Browsing
from tests.browser.pages import CONSOLE, PAGES, Shown
from tests.browser.scene import Scene
from tests.browser.weighing import Weight, weigh
from tests.fixtures.system import System

SMALLEST = 320

# What reaches over the edge and is not in a part that scrolls by itself.
_WIDER_THAN_THE_SCREEN = """() => {
  const width = document.documentElement.clientWidth
  if (document.documentElement.scrollWidth <= width) return []
  const scrolls = (each) => each && (getComputedStyle(each).overflowX !== "visible"
    || scrolls(each.parentElement))
  return [...document.querySelectorAll("body *")]
    .filter((each) => each.getBoundingClientRect().right > width + 1 && !scrolls(each.parentElement))
    .slice(0, 5).map((each) => each.outerHTML.slice(0, 120))
}"""
_MOVING = """() => [...document.querySelectorAll("*")].flatMap((each) => {
  const style = getComputedStyle(each)
  const longest = (list) => Math.max(...list.split(",").map((one) => parseFloat(one)))
  const moves = longest(style.transitionDuration) > 0.01
    || (style.animationName !== "none" && longest(style.animationDuration) > 0.01)
  return moves ? [each.outerHTML.slice(0, 120)] : []
}).slice(0, 5)"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A page of the table in a browser, and what its first load weighed."""

    shown: Shown
    page: Page
    weight: Weight


@pytest.fixture(scope="module", params=PAGES, ids=lambda shown: shown.name)
def seen(
    browser: Browser,
    running_system: System,
    cookies: dict[str, str],
    scene: Scene,
    request: pytest.FixtureRequest,
) -> Iterator[Seen]:
    """Opened once for all that is asked of it; troubles are told when it is closed."""
    shown: Shown = request.param
    browsing = Browsing(browser, running_system, cookies)
    page = browsing(shown.who, reduced_motion="reduce")
    weight = weigh(page, shown.at(scene), status=shown.status, font=shown.budget != CONSOLE)
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    yield Seen(shown, page, weight)
    browsing.close()
    running_system.close()
    assert not browsing.watch.troubles


def test_the_first_load_keeps_its_budget(seen: Seen) -> None:
    assert 0 < seen.weight.size <= seen.shown.budget, seen.weight


def test_axe_finds_nothing_in_either_theme(seen: Seen, axe: str) -> None:
    seen.page.set_viewport_size({"width": 1440, "height": 900})
    seen.page.emulate_media(color_scheme="light")
    seen.page.evaluate(axe)
    assert violations(seen.page, {}) == []
    seen.page.emulate_media(color_scheme="dark")
    assert violations(seen.page, {"runOnly": ["color-contrast", "link-in-text-block"]}) == []


def test_the_smallest_screen_scrolls_only_downwards(seen: Seen) -> None:
    """320 pixels are also what a screen of 640 has left at 200 % zoom."""
    seen.page.set_viewport_size({"width": SMALLEST, "height": 568})
    assert over_the_edge(seen.page) == []


def test_nothing_moves_for_those_who_asked_for_less(seen: Seen) -> None:
    assert seen.page.evaluate(_MOVING) == []


def violations(page: Page, options: dict[str, Any]) -> list[str]:
    """Rule and place of whatever axe objects to."""
    found = page.evaluate(f"() => axe.run(document, {json.dumps(options)})")
    return [
        f"{violation['id']}: {node['html'][:200]} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def over_the_edge(page: Page) -> list[str]:
    """What makes a page scroll sideways."""
    found: list[str] = page.evaluate(_WIDER_THAN_THE_SCREEN)
    return found

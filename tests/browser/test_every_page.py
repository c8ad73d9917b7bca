"""What holds for every page: for eyes, keyboards, screen readers, small screens and thin lines."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsing import Browsing
from tests.browser.pages import CONSOLE, PAGES, Shown
from tests.browser.scene import Scene
from tests.browser.weighing import weigh

EACH_PAGE = pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
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


def opened(page: Page, shown: Shown, scene: Scene) -> None:
    answer = page.goto(shown.at(scene))
    assert answer is not None
    assert answer.status == shown.status
    expect(page.get_by_role("heading", level=1).first).to_be_visible()


@EACH_PAGE
def test_axe_finds_nothing_in_either_theme(
    browse: Browsing, scene: Scene, axe: str, shown: Shown
) -> None:
    page = browse(shown.who, reduced_motion="reduce")
    opened(page, shown, scene)
    page.evaluate(axe)
    assert violations(page, {}) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, {"runOnly": ["color-contrast", "link-in-text-block"]}) == []


def violations(page: Page, options: dict[str, Any]) -> list[str]:
    """Rule and place of whatever axe objects to."""
    found = page.evaluate(f"() => axe.run(document, {json.dumps(options)})")
    return [
        f"{violation['id']}: {node['html'][:200]} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@EACH_PAGE
def test_the_smallest_screen_scrolls_only_downwards(
    browse: Browsing, scene: Scene, shown: Shown
) -> None:
    """320 pixels are also what a screen of 640 has left at 200 % zoom."""
    page = browse(shown.who, width=SMALLEST, height=568, reduced_motion="reduce")
    opened(page, shown, scene)
    assert page.evaluate(_WIDER_THAN_THE_SCREEN) == []
    assert page.evaluate(_MOVING) == []


@EACH_PAGE
def test_the_first_load_keeps_its_budget(browse: Browsing, scene: Scene, shown: Shown) -> None:
    weight = weigh(browse(shown.who), shown.at(scene), font=shown.budget != CONSOLE)
    assert 0 < weight.size <= shown.budget, weight

"""At 200 % on a laptop of 1280 pixels nothing is cut, nothing scrolls sideways, all is in reach."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsing import Browsing
from tests.browser.pages import page_named
from tests.browser.scene import Scene

# What page zoom does: the page has half of the pixels, each is drawn by four.
ZOOMED: dict[str, Any] = {"width": 640, "height": 400, "device_scale_factor": 2}
NAMES = ("submit", "ticket", "queue", "console-ticket", "dashboard")

_SCROLLS_SIDEWAYS = """() => {
  const { scrollWidth, clientWidth } = document.scrollingElement
  return scrollWidth - clientWidth
}"""

# What can be seen and reaches over a box that hides it, unless dots say that there is more.
_CUT = """() => {
  const isSeen = (each) => each.checkVisibility({ visibilityProperty: true }) && each.getClientRects().length
  const hides = (overflow) => overflow === "hidden" || overflow === "clip"
  return [...document.querySelectorAll("body *")].filter((each) => {
    const style = getComputedStyle(each)
    if (!isSeen(each) || style.clipPath !== "none" || style.textOverflow === "ellipsis") return false
    const box = each.getBoundingClientRect()
    const wide = hides(style.overflowX) && each.scrollWidth > each.clientWidth + 1
    const high = hides(style.overflowY) && each.scrollHeight > each.clientHeight + 1
    return (wide || high) && [...each.querySelectorAll("*")].filter(isSeen).some((inner) => {
      const { left, right, top, bottom } = inner.getBoundingClientRect()
      return (wide && (left < box.left - 1 || right > box.right + 1))
        || (high && (top < box.top - 1 || bottom > box.bottom + 1))
    })
  }).map((each) => each.outerHTML.slice(0, 160))
}"""

# Controls that nobody can press: outside of the window even when they are scrolled to, or covered.
_OUT_OF_REACH = """() => {
  const missing = []
  const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary"
  for (const each of document.querySelectorAll(controls)) {
    if (!each.checkVisibility({ visibilityProperty: true, opacityProperty: false })) continue
    const clipped = (one) => one && (getComputedStyle(one).clipPath !== "none" || clipped(one.parentElement))
    if (each.matches(".skip") || clipped(each)) continue
    each.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" })
    const box = each.getBoundingClientRect()
    const x = box.left + box.width / 2, y = box.top + box.height / 2
    const hit = document.elementFromPoint(x, y)
    const label = each.labels?.[0]
    const reached = hit && (each.contains(hit) || hit.contains(each) || label?.contains(hit))
    if (!reached || box.left < -1 || box.right > innerWidth + 1) {
      missing.push(each.outerHTML.slice(0, 160) + " under " + hit?.outerHTML.slice(0, 80))
    }
  }
  return missing
}"""


@pytest.fixture(params=NAMES)
def zoomed(request: pytest.FixtureRequest, browse: Browsing, scene: Scene) -> Page:
    """A page at 200 %."""
    shown = page_named(request.param)
    page = browse(shown.who, reduced_motion="reduce", **ZOOMED)
    page.goto(shown.at(scene))
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    return page


def test_nothing_scrolls_sideways_at_200_percent(zoomed: Page) -> None:
    assert zoomed.evaluate(_SCROLLS_SIDEWAYS) <= 0


def test_nothing_is_cut_at_200_percent(zoomed: Page) -> None:
    assert zoomed.evaluate(_CUT) == []


def test_every_control_is_in_reach_at_200_percent(zoomed: Page) -> None:
    assert zoomed.evaluate(_OUT_OF_REACH) == []

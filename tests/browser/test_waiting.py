"""Who waits for the console sees that something comes, and where."""

import re
from typing import Literal

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.browsing import Browsing
from tests.browser.scene import Scene, opened
from tests.fixtures.system import System

# The bar is there for eyes: its animation has brought it in.
_BAR_SHOWS = """([selector, moves]) => {
  const element = document.querySelector(selector)
  const bar = element && getComputedStyle(element, "::before")
  return bar && bar.content !== "none" && bar.display !== "none" && bar.opacity === "1"
    && bar.height === "3px" && bar.animationName.includes("console-move") === moves
}"""
_BAR_IS_GONE = """(selector) => {
  const bar = getComputedStyle(document.querySelector(selector), "::before")
  return bar.content === "none"
}"""


class Held:
    """Requests that are not let through yet."""

    def __init__(self, page: Page, pattern: str) -> None:
        self._routes: list[Route] = []
        self._is_open = False
        page.route(re.compile(pattern), self._came)

    def _came(self, route: Route) -> None:
        if self._is_open:
            route.continue_()
        else:
            self._routes.append(route)

    def let_go(self) -> None:
        """Answer them, and whatever comes after them."""
        self._is_open = True
        for route in self._routes:
            route.continue_()


Motion = Literal["reduce", "no-preference"]


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_ticket_on_its_way_into_the_pane_is_seen(
    browse: Browsing, scene: Scene, motion: Motion
) -> None:
    page = browse("agent", reduced_motion=motion)
    page.goto(f"/admin/tickets/{scene.ticket}?queue=all")
    held = Held(page, f"/admin/tickets/{scene.waiting}")
    page.locator(f".row[href*='{scene.waiting}']").click()
    expect(page.locator("#pane")).to_have_attribute("aria-busy", "true")
    page.wait_for_function(_BAR_SHOWS, arg=[".pane > .det", motion == "no-preference"])
    held.let_go()
    expect(page.locator("#pane")).to_have_attribute("data-number", scene.waiting)
    expect(page.locator("#pane")).not_to_have_attribute("aria-busy", "true")


def test_on_a_phone_the_bar_is_at_the_top(browse: Browsing, scene: Scene) -> None:
    page = browse("agent", width=360, height=740)
    page.goto("/admin/tickets?queue=all")
    held = Held(page, f"/admin/tickets/{scene.waiting}")
    page.locator(f".row[href*='{scene.waiting}']").click()
    page.wait_for_function(_BAR_SHOWS, arg=["body", True])
    held.let_go()
    expect(page.locator("#pane")).to_have_attribute("data-number", scene.waiting)
    page.wait_for_function(_BAR_IS_GONE, arg="body")


def test_another_page_on_its_way_is_seen(browse: Browsing) -> None:
    page = browse("admin")
    page.goto("/admin/categories")
    # A navigation that never arrives, but lets the test look at the page meanwhile.
    page.route("**/admin/people", lambda route: route.fulfill(status=204), times=1)
    page.locator("a[href='/admin/people']").click()
    page.wait_for_function(_BAR_SHOWS, arg=["body", True])
    page.locator("a[href='/admin/people']").click()
    expect(page).to_have_url(re.compile("/admin/people"))
    page.wait_for_function(_BAR_IS_GONE, arg="body")


def test_a_pressed_button_says_that_it_works(browse: Browsing, scene: Scene) -> None:
    page = browse("agent")
    page.goto(f"/admin/tickets/{scene.ticket}?queue=all")
    page.get_by_label("Prioritas").last.select_option(label="Rendah")
    page.route("**/edit", lambda route: route.fulfill(status=204))
    save = page.get_by_role("button", name="Simpan", exact=True)
    save.click()
    expect(save).to_have_attribute("aria-busy", "true")
    page.wait_for_function(_BAR_SHOWS, arg=["body", True])


def test_rows_that_came_live_open_in_the_pane_too(
    browse: Browsing, scene: Scene, system: System
) -> None:
    page = browse("agent")
    page.goto("/admin/tickets?queue=all")
    page.evaluate("() => { window.isSamePage = true }")
    number = opened(system.logged_in("customer"), subject="Baru saja masuk")
    page.locator(f".row[href*='{number}']").click()
    expect(page.locator("#pane")).to_have_attribute("data-number", number)
    assert page.evaluate("() => window.isSamePage")

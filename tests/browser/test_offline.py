"""Without a connection a browser shows the portal's own page, and keeps nothing of anybody."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import deeds
from tests.browser.browsing import Browsing, Watch
from tests.browser.scene import opened
from tests.fixtures.system import System

_READY = """() => navigator.serviceWorker.ready.then((one) => new Promise((done) => {
  const { active } = one
  const look = () => active.state === "activated" && done(active.scriptURL)
  active.addEventListener("statechange", look)
  look()
}))"""
_KEPT = """async () => {
  const kept = []
  for (const name of await caches.keys()) {
    const cache = await caches.open(name)
    for (const request of await cache.keys()) {
      const answer = await cache.match(request)
      kept.push({ name, path: new URL(request.url).pathname, text: await answer.text() })
    }
  }
  return kept
}"""
_REGISTER = "(url) => navigator.serviceWorker.register(url, { scope: '/' }).then(() => null)"
_REGISTRATIONS = "() => navigator.serviceWorker.getRegistrations().then((all) => all.length)"


@pytest.fixture
def lost(watch: Watch) -> Watch:
    """A line that breaks is told in the browser's console."""
    watch.allow_being_offline()
    return watch


def ready(page: Page) -> str:
    """Wait until the worker stands before the pages; gives its address."""
    return str(page.evaluate(_READY))


def kept(page: Page) -> list[dict[str, Any]]:
    """What this browser keeps for the portal."""
    found: list[dict[str, Any]] = page.evaluate(_KEPT)
    return found


@pytest.mark.parametrize(
    ("language", "title", "again"),
    [("id", "Tidak ada koneksi internet", "Coba lagi"), ("en", "You are offline", "Try again")],
)
def test_without_a_connection_the_portal_says_so_itself(
    browse: Browsing, lost: Watch, language: str, title: str, again: str
) -> None:
    page = browse("customer", language=language, width=360, height=740)
    page.goto("/")
    ready(page)
    page.context.set_offline(True)
    page.goto("/tickets")
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("link", name="WhatsApp")).to_have_attribute(
        "href", re.compile(r"^https://wa\.me/\d+$")
    )
    expect(page.locator("a[href^='tel:']")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.empty')).textAlign") == "center"
    page.context.set_offline(False)
    page.get_by_role("link", name=again).click()
    expect(page).to_have_url(re.compile("/tickets$"))
    expect(page.get_by_role("heading", name=title)).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_only_pages_fall_back(browse: Browsing, lost: Watch) -> None:
    page = browse("customer")
    page.goto("/tickets")
    ready(page)
    page.goto("/tickets")
    page.context.set_offline(True)
    failed = "(path) => fetch(path).then(() => 'answered', () => 'failed')"
    assert page.evaluate(failed, "/tickets") == "failed"
    assert page.evaluate(failed, "/api/v1/tickets") == "failed"


def test_the_browser_keeps_nothing_of_a_person(browse: Browsing, system: System) -> None:
    number = opened(system.logged_in("customer"), subject="Hanya untuk saya")
    email, _ = system.account("customer")
    page = browse()
    deeds.log_in(page, *system.account("customer"))
    expect(page).to_have_url(re.compile("/tickets$"))
    ready(page)
    for address in ("/tickets", f"/tickets/{number}", "/account", "/tickets/new"):
        page.goto(address)
    found = kept(page)
    assert {one["path"] for one in found if not one["path"].startswith("/static/")} == {"/offline"}
    for word in (email, number, "Hanya untuk saya", "Budi", "csrf"):
        assert not any(word in one["text"] for one in found), word
    deeds.log_out(page)
    expect(page.get_by_role("link", name="Masuk").first).to_be_visible()
    for one in kept(page):
        assert one["path"] == "/offline" or one["path"].startswith("/static/")


def test_a_newer_worker_takes_over_and_tidies_up(browse: Browsing, lost: Watch) -> None:
    page = browse("customer")
    page.goto("/")
    first = ready(page)
    newer = first + "&next"
    page.evaluate(_REGISTER, newer)
    page.wait_for_function(
        "(url) => caches.keys().then((all) => all.length === 1 && all[0] === url)", arg=newer
    )
    assert page.evaluate(_REGISTRATIONS) == 1
    page.context.set_offline(True)
    page.goto("/tickets")
    expect(page.get_by_role("heading", name="Tidak ada koneksi internet")).to_be_visible()

"""While a service is away its pages say so, keep what was typed, and go on afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser import deeds
from tests.browser.browsing import Browsing, Watch
from tests.browser.test_every_page import violations
from tests.fixtures.system import System
from tests.fixtures.waiting import wait_for

WORDS = "Sudah tiga kali modem saya matikan, lampunya tetap merah."


@contextmanager
def away(system: System, service: str) -> Iterator[None]:
    """Stopped until the end of the block, and then back for everybody."""
    program = system.stack.services[service]
    program.stop()
    try:
        yield
    finally:
        program.start()
        staff = system.logged_in("agent")
        wait_for(lambda: staff.get("/admin/tickets").status_code == 200, seconds=30)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_report_waits_on_the_page_until_tickets_can_be_sent_again(
    browse: Browsing, watch: Watch, system: System, scripts: bool, axe: str
) -> None:
    watch.allow("^503 for")
    page = browse("customer", scripts=scripts)
    page.goto("/tickets/new")
    deeds.fill_report(page, category="Internet mati", subject="Saat sepi", description=WORDS)
    with away(system, "ticket-service"):
        page.get_by_role("button", name="Kirim laporan").click()
        expect(page.get_by_role("heading", name="Belum terkirim")).to_be_visible()
        expect(page.get_by_role("main").get_by_text(WORDS)).to_be_visible()
        other = browse("customer")
        answer = other.goto("/tickets")
        assert answer is not None
        assert answer.status == 503
        expect(other.get_by_role("main")).to_contain_text("belum bisa dibaca atau dikirim")
        other.evaluate(axe)
        assert violations(other, {}) == []
    page.get_by_role("button", name="Kirim lagi").click()
    expect(page).to_have_url(deeds.A_TICKET)
    expect(page.get_by_text(WORDS)).to_be_visible()


def test_staff_are_told_which_part_is_away_and_what_still_works(
    browse: Browsing, system: System
) -> None:
    page = browse("admin")
    with away(system, "analytics-service"):
        answer = page.goto("/admin/overview")
        assert answer is not None
        assert answer.status == 503
        expect(page.get_by_role("main")).to_contain_text("Angka-angka sedang tidak tersedia")
    page.goto("/admin/overview")
    expect(page.get_by_role("main")).to_contain_text("Tiket aktif")

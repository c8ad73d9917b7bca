"""Two-step login in real browsers: set up, looked at page by page, and used to log in anew."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser import deeds
from tests.browser.browsing import Browsing
from tests.browser.test_every_page import SMALLEST, over_the_edge, violations
from tests.fixtures.system import System

Look = Callable[[Page], None]

RECOVERY_CODES = 10
USED_OR_WRONG = re.compile("Kode ini salah atau sudah pernah dipakai")
WITHOUT_PHONE = "Pakai kode pemulihan"


@dataclass(slots=True)
class App:
    """The app on the phone; every code is another one, as each is good once."""

    totp: pyotp.TOTP
    last_step: int = 0

    def code(self) -> str:
        """The present code, or the next one where that was given already: it is good, too."""
        self.last_step = max(self._step(), self.last_step + 1)
        return self.totp.generate_otp(self.last_step)

    def wrong_code(self) -> str:
        """None of those that are good now, or will be in a while."""
        near = {self.totp.generate_otp(self._step() + after) for after in range(-2, 10)}
        return next(code for code in map(str, range(100_000, 999_999)) if code not in near)

    def _step(self) -> int:
        return self.totp.timecode(datetime.now(UTC))


@pytest.fixture
def look(axe: str) -> Look:
    """Look at a page as at those of the table: with axe in both themes, and on the smallest screen."""

    def looked_at(page: Page) -> None:
        size = page.viewport_size
        assert size
        page.evaluate(axe)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            assert violations(page, {}) == [], (theme, page.url)
        page.set_viewport_size({"width": SMALLEST, "height": 568})
        assert over_the_edge(page) == [], page.url
        page.set_viewport_size(size)

    return looked_at


@pytest.fixture
def customer(browse: Browsing, system: System) -> tuple[Page, str]:
    """Somebody with a new account, logged in, and their address."""
    email = f"dua-langkah-{secrets.token_hex(4)}@pelanggan.example"
    page = browse(reduced_motion="reduce")
    deeds.register(page, "Dua Langkah", email)
    page.goto(system.mail_to(email).link("/verify/"))
    page.get_by_role("button", name="Konfirmasi").click()
    deeds.log_in(page, email, deeds.PASSWORD)
    expect(page).to_have_url(re.compile("/tickets$"))
    return page, email


@pytest.fixture
def colleague(browse: Browsing, system: System) -> tuple[Page, str]:
    """Somebody who was invited to the staff, logged in, and their address."""
    email = f"dua-langkah-{secrets.token_hex(4)}@padinet.example"
    admin = browse("admin")
    deeds.invite(admin, "Dua Langkah", email, "Agen")
    expect(admin.get_by_text("Akun sudah dibuat")).to_be_visible()
    page = browse(reduced_motion="reduce")
    page.goto(system.mail_to(email).link("/invitation/"))
    page.get_by_label("Kata sandi", exact=True).fill(deeds.PASSWORD)
    page.get_by_role("button", name="Simpan kata sandi").click()
    deeds.log_in(page, email, deeds.PASSWORD)
    expect(page).to_have_url(re.compile("/admin"))
    return page, email


def test_a_customer_sets_it_up_and_logs_in_with_a_code(
    browse: Browsing, customer: tuple[Page, str], look: Look
) -> None:
    page, email = customer
    app, _ = set_up(page, "/account/security", look)
    newcomer = at_the_second_step(browse, email)
    look(newcomer)
    type_code(newcomer, "Kode", app.wrong_code())
    expect(newcomer.get_by_label("Kode")).to_have_accessible_description(USED_OR_WRONG)
    look(newcomer)
    type_code(newcomer, "Kode", app.code())
    expect(newcomer).to_have_url(re.compile("/tickets$"))


def test_a_customer_without_the_phone_logs_in_with_a_recovery_code(
    browse: Browsing, customer: tuple[Page, str], look: Look
) -> None:
    page, email = customer
    _, codes = set_up(page, "/account/security", look)
    newcomer = at_the_second_step(browse, email)
    newcomer.get_by_role("link", name=WITHOUT_PHONE).click()
    look(newcomer)
    type_code(newcomer, "Kode pemulihan", codes[3])
    expect(newcomer).to_have_url(re.compile("/tickets$"))
    again = at_the_second_step(browse, email)
    again.get_by_role("link", name=WITHOUT_PHONE).click()
    type_code(again, "Kode pemulihan", codes[3])
    expect(again.get_by_label("Kode pemulihan")).to_have_accessible_description(USED_OR_WRONG)


def test_staff_set_it_up_within_the_console(
    browse: Browsing, colleague: tuple[Page, str], look: Look
) -> None:
    page, email = colleague
    _, codes = set_up(page, "/admin/account/security", look)
    newcomer = at_the_second_step(browse, email)
    newcomer.get_by_role("link", name=WITHOUT_PHONE).click()
    type_code(newcomer, "Kode pemulihan", codes[0])
    expect(newcomer).to_have_url(re.compile("/admin"))


def set_up(page: Page, home: str, look: Look) -> tuple[App, list[str]]:
    """Switch it on by the page's own words; gives the app and the recovery codes."""
    page.goto(home)
    second_step = page.get_by_role("region", name="Verifikasi dua langkah")
    second_step.get_by_role("button", name="Aktifkan").click()
    expect(page).to_have_url(re.compile(f"{home}/app$"))
    expect(page.get_by_role("img", name="Kode QR")).to_be_visible()
    look(page)
    letters = page.locator(".letters").inner_text()
    app = App(pyotp.TOTP(letters.replace(" ", "").upper()))
    confirm(page, app.wrong_code())
    expect(page.get_by_label("Kode")).to_have_accessible_description(USED_OR_WRONG)
    look(page)
    confirm(page, app.code())
    expect(page.get_by_role("heading", level=1)).to_have_text("Simpan kode pemulihan ini")
    look(page)
    codes = page.locator(".codes li").all_inner_texts()
    assert len(set(codes)) == RECOVERY_CODES
    page.get_by_role("link", name="Sudah saya simpan").click()
    expect(second_step.get_by_text("Aktif", exact=True)).to_be_visible()
    look(page)
    return app, codes


def confirm(page: Page, code: str) -> None:
    """Prove that the app shows codes, and that it is the owner who asks."""
    form = page.locator("form[action$='/app/confirm']")
    form.get_by_label("Kode").fill(code)
    form.get_by_label("Kata sandi saat ini").fill(deeds.PASSWORD)
    form.get_by_role("button", name="Aktifkan").click()


def at_the_second_step(browse: Browsing, email: str) -> Page:
    """Another browser, in which the password has been typed."""
    page = browse(reduced_motion="reduce")
    deeds.log_in(page, email, deeds.PASSWORD)
    expect(page).to_have_url(re.compile("/login/code"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Satu langkah lagi")
    return page


def type_code(page: Page, label: str, code: str) -> None:
    """On the page after the password."""
    form = page.get_by_role("main")
    form.get_by_label(label, exact=True).fill(code)
    form.get_by_role("button", name="Masuk", exact=True).click()

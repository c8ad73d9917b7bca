"""Passkeys in a real browser, with an authenticator that the browser's tools imitate."""

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.browser import deeds
from tests.browser.browsing import Browsing, Watch
from tests.fixtures.system import System

NAME = "Telepon uji"


def with_authenticator(page: Page) -> Page:
    """A phone whose owner always unlocks it."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_passkey_is_made_and_opens_the_portal_without_a_password(
    browse: Browsing, system: System, watch: Watch, language: str
) -> None:
    words = {
        "id": ("Tambah kunci sandi", "Tambah perangkat ini", "Masuk dengan kunci sandi"),
        "en": ("Add a passkey", "Add this device", "Log in with a passkey"),
    }[language]
    watch.allow("422 for POST .*/passkeys/options")
    email = f"kunci-{secrets.token_hex(4)}@example.test"
    page = with_authenticator(browse(language="id"))
    deeds.register(page, "Kunci Sandi", email)
    page.goto(system.mail_to(email).link("/verify/"))
    page.locator("main form button").click()
    deeds.log_in(page, email, deeds.PASSWORD)
    page.goto(f"/account/security?lang={language}")
    page.get_by_text(words[0], exact=True).click()
    form = page.locator("form[data-passkey=create]")
    form.locator("[name=name]").fill(NAME)
    form.locator("[name=current_password]").fill("salah sekali")
    page.get_by_role("button", name=words[1]).click()
    expect(form.get_by_role("alert")).to_be_visible()
    form.locator("[name=current_password]").fill(deeds.PASSWORD)
    page.get_by_role("button", name=words[1]).click()
    expect(page.get_by_text(NAME)).to_be_visible()
    page.context.clear_cookies(name="session")
    page.goto("/login?next=/tickets/new")
    page.get_by_role("button", name=words[2]).click()
    page.wait_for_url(f"{system.url}/tickets/new")
    page.goto("/account/security")
    page.locator("summary", has_text=NAME).click()
    remove = page.locator("form[action*='/remove']")
    remove.locator("[name=current_password]").fill(deeds.PASSWORD)
    remove.locator("button").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.get_by_text(NAME)).to_have_count(0)


def test_without_scripts_nobody_is_offered_a_passkey(browse: Browsing) -> None:
    page = browse(scripts=False)
    page.goto("/login")
    expect(page.locator("form[data-passkey]")).to_be_hidden()
    expect(page.locator("[name=password]")).to_be_visible()

"""Two-step login before the real identity-service: set up, used, lost, switched off."""

import html
import re

import httpx
import pyotp

from tests.fixtures.system import hidden_fields
from tests.integration.gateway.conftest import PASSWORD, Browser, House

HOME = "/account/security"


async def set_up(house: House, browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """Switch it on; gives the app and the recovery codes."""
    answer = await browser.submit(f"{HOME}/app", HOME)
    assert answer.headers["location"] == f"{HOME}/app"
    page = (await browser.get(f"{HOME}/app")).text
    link = re.search(r'href="(otpauth://[^"]+)"', page)
    assert link
    app = pyotp.parse_uri(html.unescape(link.group(1)))
    assert isinstance(app, pyotp.TOTP)
    answer = await browser.submit(
        f"{HOME}/app/confirm", f"{HOME}/app", code=app.now(), current_password=PASSWORD
    )
    assert answer.status_code == 200, answer.text
    return app, re.findall(r"<li><code>([^<]+)</code>", answer.text)


async def code_of(house: House, app: pyotp.TOTP) -> str:
    """A code that was not used yet: time has passed since the last one."""
    async with house.identity.db.read() as connection:
        await connection.execute("UPDATE second_factor SET last_step = 0")
    return app.now()


async def at_the_second_step(house: House) -> Browser:
    """Somebody who has typed the password."""
    browser = house.browser()
    typed = {"email": "budi@example.test", "password": PASSWORD}
    answer = await browser.submit("/login", **typed)
    assert answer.headers["location"] == "/login/code"
    assert (await browser.get("/tickets")).headers["location"].startswith("/login")
    return browser


async def type_code(browser: Browser, code: str, page: str = "/login/code") -> httpx.Response:
    return await browser.submit(page, page, code=code)


async def test_who_set_it_up_logs_in_with_a_code(house: House) -> None:
    budi, other = await house.logged_in("budi"), await house.logged_in("budi")
    app, codes = await set_up(house, budi)
    assert len(codes) == 10
    assert (await budi.get("/tickets")).status_code == 200
    house.portal.sessions.forget(other.client.cookies["session"])
    assert (await other.get("/tickets")).status_code == 303
    browser = await at_the_second_step(house)
    assert (await type_code(browser, "000000")).status_code == 422
    answer = await type_code(browser, await code_of(house, app))
    assert answer.headers["location"] == "/tickets"
    assert (await browser.get("/tickets")).status_code == 200


async def test_a_lost_phone_is_replaced_with_a_recovery_code(house: House) -> None:
    budi = await house.logged_in("budi")
    _, codes = await set_up(house, budi)
    browser = await at_the_second_step(house)
    answer = await type_code(browser, codes[7].upper(), "/login/code?way=recovery")
    assert answer.status_code == 303, answer.text
    page = (await browser.get(HOME)).text
    assert re.search(r"<dd[^>]*>9</dd>", page)
    form = hidden_fields(page, f"{HOME}/app/off#second-step")
    typed = {"current_password": PASSWORD, "code": codes[2]}
    answer = await browser.client.post(f"{HOME}/app/off", data=form | typed)
    assert answer.headers["location"] == f"{HOME}?saved=off"
    page = (await browser.get(answer.headers["location"])).text
    assert "Verifikasi dua langkah sudah dinonaktifkan." in page
    assert (await house.logged_in("budi")).client.cookies["session"]

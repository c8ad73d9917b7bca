"""A key from the page on which it is made to the call that it no longer opens."""

import re

import httpx

from tests.integration.gateway.conftest import PASSWORD, Browser, House

KEYS = "/admin/api-keys"


async def _made(browser: Browser, **fields: str) -> str:
    answer = await browser.submit(
        KEYS,
        name="Layar NOC",
        valid_days="30",
        calls_per_minute="100",
        current_password=PASSWORD,
        **fields,
    )
    assert answer.status_code == 200, answer.text
    found = re.search(r'value="(tgp_[^"]+)"', answer.text)
    assert found
    return found.group(1)


async def _call(
    house: House, key: str, method: str = "GET", path: str = "/tickets"
) -> httpx.Response:
    program = house.browser().client
    headers = {"Authorization": f"Bearer {key}"}
    body = None if method == "GET" else {"subject": "Uji", "description": "Uji", "category": "down"}
    return await program.request(method, f"/api/v1{path}", headers=headers, json=body)


async def test_a_program_reads_until_its_key_is_revoked(house: House) -> None:
    number = await (await house.logged_in("budi")).report()
    agus = await house.logged_in("agus")
    key = await _made(agus, access="read", scopes="ticket.read_all")

    seen = await _call(house, key)
    assert [ticket["number"] for ticket in seen.json()["items"]] == [number]
    assert seen.headers["ratelimit"].startswith('"minute";r=99;')
    assert (await _call(house, key, path="/me")).json()["email"] == "agus@example.test"
    assert (await _call(house, key, "POST")).status_code == 403
    assert (await _call(house, key, path="/users")).status_code == 403
    assert (await _call(house, key, path="/api-keys")).status_code == 403

    page = (await agus.get(KEYS)).text
    path = re.search(rf'action="({KEYS}/[^"]+/revoke)"', page)
    assert path and key not in page
    revoked = await agus.submit(path.group(1), page=KEYS)
    assert revoked.status_code == 303
    house.portal.keys.forget(key)
    assert (await _call(house, key)).status_code == 401


async def test_a_key_that_writes_does_so_as_its_maker(house: House) -> None:
    key = await _made(await house.logged_in("agus"), access="write", scopes="ticket.read_all")

    made = await _call(house, key, "POST")

    assert made.status_code == 201, made.text
    seen = await _call(house, key, path=f"/tickets/{made.json()['number']}")
    assert seen.json()["requester"]["name"] == "Agus Admin"


async def test_a_key_from_elsewhere_opens_nothing(house: House) -> None:
    key = await _made(
        await house.logged_in("agus"), scopes="ticket.read_all", networks="203.0.113.0/24"
    )
    assert (await _call(house, key)).status_code == 403

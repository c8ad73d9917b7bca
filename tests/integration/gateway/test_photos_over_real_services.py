"""Photos and ratings from a browser to the store and back, over the real services."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shared.files import Files
from shared.links import LinkKeys, sign_link
from tests import photos
from tests.builders import admin, now
from tests.fixtures.buckets import BUCKET, aws_variables
from tests.fixtures.environment import LINK_KEYS, NOWHERE
from tests.fixtures.system import hidden_fields
from tests.integration.gateway.conftest import Browser, House

REPORT = {"category": "down", "subject": "Internet mati", "description": "Lampu merah sejak pagi"}


@pytest.fixture
async def house(house: House, files_url: str) -> AsyncIterator[House]:
    """The house with an empty store, once a folder and once a bucket."""
    house.tickets.app.state.files = Files.at(files_url)
    yield house


async def submit(
    browser: Browser, path: str, page: str, *files: tuple[str, bytes], **fields: Any
) -> httpx.Response:
    """Fill the form that posts to `path`, with photos."""
    shown = await browser.get(page)
    assert 'enctype="multipart/form-data"' in shown.text
    action = re.search(rf'action="({re.escape(path)}[^"]*)"', shown.text)
    assert action, path
    data = hidden_fields(shown.text, action.group(1)) | fields
    chosen = [("photos", (name, content, "image/jpeg")) for name, content in files]
    return await browser.client.post(path, data=data, files=chosen)


def shown_photos(page: str) -> list[str]:
    return re.findall(r'src="([^"]*/attachments/[^"]+)/thumbnail"', page)


async def test_a_photo_travels_with_the_report_to_those_who_see_the_ticket(house: House) -> None:
    budi, sari, dewi = [await house.logged_in(name) for name in ("budi", "sari", "dewi")]
    photo = photos.photo((3000, 2000), quality=95)
    files = [("modem.png", photo), ("lain.jpg", photos.photo_with_place())]
    answer = await submit(budi, "/tickets/new", "/tickets/new", *files, **REPORT)
    assert answer.status_code == 303, answer.text
    ticket = answer.headers["location"].partition("?")[0]
    pages = [(await budi.get(ticket)).text, (await dewi.get(f"/admin{ticket}")).text]
    seen = {tuple(shown_photos(page)) for page in pages}
    assert len(seen) == 1
    (paths,) = seen
    assert len(paths) == 2
    for browser, status in ((budi, 200), (dewi, 200), (sari, 404), (house.browser(), 303)):
        for path in paths:
            for whole in (path, f"{path}/thumbnail"):
                assert (await browser.get(whole)).status_code == status
    for browser, status in ((budi, 200), (sari, 404), (house.browser(), 401)):
        assert (await browser.get(f"/api/v1{paths[0]}")).status_code == status
    whole = await budi.get(paths[0])
    assert whole.headers["content-disposition"].startswith('attachment; filename="modem.jpg"')
    assert whole.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert len(whole.content) == int(whole.headers["content-length"])
    assert b"Rahasia" not in (await budi.get(paths[1])).content


async def test_what_is_no_photo_brings_the_form_back_and_the_second_try_goes_through(
    house: House,
) -> None:
    budi = await house.logged_in("budi")
    files = [("modem.jpg", photos.photo()), ("bukan.jpg", photos.TEXT)]
    answer = await submit(budi, "/tickets/new", "/tickets/new", *files, **REPORT)
    assert answer.status_code == 422
    assert "bukan.jpg" in answer.text
    assert REPORT["description"] in answer.text
    (kept,) = shown_photos(answer.text)
    assert (await budi.get(f"{kept}/thumbnail")).status_code == 200
    data = hidden_fields(answer.text, "/tickets/new") | REPORT
    data["attachment_ids"] = kept.rpartition("/")[2]
    again = await budi.client.post("/tickets/new", data=data)
    assert again.status_code == 303
    page = await budi.get(again.headers["location"])
    assert shown_photos(page.text) == [kept]


async def test_while_the_store_is_away_the_report_waits_in_the_form(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    budi = await house.logged_in("budi")
    here = house.tickets.app.state.files
    for name, value in aws_variables(f"http://{NOWHERE}").items():
        monkeypatch.setenv(name, value)
    house.tickets.app.state.files = Files.at(f"s3://{BUCKET}/away")
    files = [("modem.jpg", photos.photo())]
    answer = await submit(budi, "/tickets/new", "/tickets/new", *files, **REPORT)
    assert answer.status_code == 503
    assert REPORT["description"] in answer.text
    assert 'name="photos"' in answer.text
    house.tickets.app.state.files = here
    data = hidden_fields(answer.text, "/tickets/new") | REPORT
    chosen = [("photos", (*files[0], "image/jpeg"))]
    again = await budi.client.post("/tickets/new", data=data, files=chosen)
    assert again.status_code == 303
    assert len(shown_photos((await budi.get(again.headers["location"])).text)) == 1


async def test_a_signed_link_shows_sends_and_rates(house: House) -> None:
    budi, dewi = await house.logged_in("budi"), await house.logged_in("dewi")
    files = [("modem.jpg", photos.photo())]
    answer = await submit(budi, "/tickets/new", "/tickets/new", *files, **REPORT)
    number = answer.headers["location"].partition("?")[0].rpartition("/")[2]
    link = await _link(house, number)
    stranger = house.browser()
    reply = [("ini.jpg", photos.photo(colour="blue"))]
    answer = await submit(stranger, f"{link}/replies", link, *reply, body="Ini fotonya")
    assert answer.status_code == 303, answer.text
    paths = shown_photos((await stranger.get(link)).text)
    assert len(paths) == 2
    assert all(path.startswith(f"{link}/attachments/") for path in paths)
    for path in paths:
        assert (await stranger.get(f"{path}/thumbnail")).status_code == 200
        assert (await stranger.get(path.removeprefix(link))).status_code == 303
    other = await _link(house, await budi.report())
    foreign = paths[0].replace(link, other)
    assert (await stranger.get(foreign)).status_code == 404
    await house.tickets.post(f"/tickets/{number}/solve", {}, admin())
    answer = await stranger.submit(f"{link}/feedback", link, score="4", comment="Cepat")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{link}?done=rated")
    assert "Cepat" in (await dewi.get(f"/admin/tickets/{number}")).text


async def test_the_photo_of_a_note_never_reaches_the_customer(house: House) -> None:
    budi, dewi = await house.logged_in("budi"), await house.logged_in("dewi")
    number = await budi.report()
    desk = f"/admin/tickets/{number}"
    files = [("tagihan.jpg", photos.photo())]
    answer = await submit(dewi, f"{desk}/notes", desk, *files, body="Lihat ini")
    assert answer.status_code == 303, answer.text
    (path,) = shown_photos((await dewi.get(desk)).text)
    assert (await dewi.get(path)).status_code == 200
    assert shown_photos((await budi.get(f"/tickets/{number}")).text) == []
    assert (await budi.get(path)).status_code == 404


async def test_the_api_uploads_and_names_what_it_uploaded(house: House) -> None:
    budi = await house.logged_in("budi")
    token = re.search(r'name="csrf_token" value="([^"]+)"', (await budi.get("/tickets/new")).text)
    assert token
    headers = {"X-CSRF-Token": token.group(1)}
    file = {"file": ("modem.png", photos.photo((2000, 3000), "PNG", mode="RGB"), "image/png")}
    made = await budi.client.post("/api/v1/attachments", files=file, headers=headers)
    assert made.status_code == 201, made.text
    body = REPORT | {"attachment_ids": [made.json()["id"]]}
    ticket = await budi.client.post("/api/v1/tickets", json=body, headers=headers)
    assert ticket.json()["attachments"] == [made.json()]
    bad = {"file": ("modem.svg", photos.SVG, "image/svg+xml")}
    refused = await budi.client.post("/api/v1/attachments", files=bad, headers=headers)
    assert refused.status_code == 422
    assert "bukan foto" in refused.json()["title"]


async def _link(house: House, number: str) -> str:
    async with house.tickets.db.read() as connection:
        link_id = await connection.fetchval(
            "SELECT link_id FROM ticket WHERE number = $1", number.replace("-", "")
        )
    later = now().replace(year=now().year + 1)
    return f"/t/{sign_link(LinkKeys.parse(LINK_KEYS), 'ticket', link_id, later)}"

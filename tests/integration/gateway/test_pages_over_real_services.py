"""The pages fit what the services really answer: each opens, each form does what it says."""

import asyncio
import re

import pytest

from gateway.openapi import merged
from gateway.sessions import KNOWN_SECONDS
from shared.service import openapi
from tests.fixtures.environment import service_named
from tests.integration.gateway.conftest import PASSWORD, House

OPENS = ("/", "/tickets", "/tickets/new", "/tickets?q=mati", "/tickets?state=finished")
STAFF_OPENS = (
    "/admin/tickets?queue=all",
    "/admin/tickets?queue=mine&q=mati&sort=-updated&priority=high&category=down",
    "/admin/tickets/new?q=budi",
    "/admin/people",
    "/admin/people?kind=staff&q=dewi",
    "/admin/people/new",
)


def without_nonce(page: str) -> str:
    """What a page says, without what no two pages have in common."""
    return re.sub(' nonce="[^"]*"', "", page)


async def test_every_page_opens_for_its_people(house: House) -> None:
    budi, agus = await house.logged_in("budi"), await house.logged_in("agus")
    number = await budi.report()
    person = re.search(r"/admin/people/[0-9a-f-]+", (await agus.get("/admin/people?q=budi")).text)
    assert person is not None
    for path in (*OPENS, f"/tickets/{number}", "/tickets?lang=en"):
        answer = await budi.get(path)
        assert answer.status_code == 200, path
    requester = person.group().rpartition("/")[2]
    more = (person.group(), f"/admin/tickets/{number}", f"/admin/tickets/new?requester={requester}")
    for path in (*STAFF_OPENS, *more, f"/admin/tickets/{number}?lang=en"):
        answer = await agus.get(path)
        assert answer.status_code == 200, path


async def test_a_ticket_goes_its_way_through_the_forms(house: House) -> None:
    budi, dewi = await house.logged_in("budi"), await house.logged_in("dewi")
    number = await budi.report(subject="<i>Lampu</i> merah")
    desk = f"/admin/tickets/{number}"
    assert (await dewi.submit(f"{desk}/assign", desk, take="1")).status_code == 303
    assert (await dewi.submit(f"{desk}/notes", desk, body="RAHASIA")).status_code == 303
    await dewi.submit(f"{desk}/replies", desk, body="Boleh minta foto?", then="pend")
    page = (await budi.get(f"/tickets/{number}")).text
    assert "Boleh minta foto?" in page
    assert "Menunggu Anda" in page
    assert "RAHASIA" not in page
    assert "&lt;i&gt;Lampu&lt;/i&gt; merah" in page
    await budi.submit(f"/tickets/{number}/replies", f"/tickets/{number}", body="Ini fotonya")
    await dewi.submit(f"{desk}/solve", desk)
    page = (await budi.get(f"/tickets/{number}")).text
    assert "Ya, sudah normal" in page
    await budi.submit(f"/tickets/{number}/close", f"/tickets/{number}")
    answer = await budi.submit(f"/tickets/{number}/replies", f"/tickets/{number}", body="Mati lagi")
    assert answer.headers["location"].endswith("done=followed")
    assert number not in answer.headers["location"]


async def test_a_form_sent_twice_at_once_is_one_ticket(house: House) -> None:
    budi = await house.logged_in("budi")
    page = await budi.get("/tickets/new")
    hidden = dict(re.findall(r'name="(csrf_token|submission_id)" value="([^"]+)"', page.text))
    form = {**hidden, "category": "down", "subject": "Dua kali", "description": "Tekan dua kali"}
    answers = await asyncio.gather(*(budi.client.post("/tickets/new", data=form) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len({answer.headers["location"] for answer in answers}) == 1


async def test_a_foreign_ticket_looks_like_an_unknown_one(house: House) -> None:
    budi, sari = await house.logged_in("budi"), await house.logged_in("sari")
    number = await budi.report()
    foreign, unknown = await sari.get(f"/tickets/{number}"), await sari.get("/tickets/0000-0000")
    assert foreign.status_code == unknown.status_code == 404
    assert without_nonce(foreign.text) == without_nonce(unknown.text)
    api_foreign = await sari.get(f"/api/v1/tickets/{number}")
    api_unknown = await sari.get("/api/v1/tickets/0000-0000")
    assert api_foreign.status_code == api_unknown.status_code == 404
    assert api_foreign.content == api_unknown.content


async def test_bad_fields_come_back_with_words_at_the_field(house: House) -> None:
    budi = await house.logged_in("budi")
    answer = await budi.submit("/tickets/new", subject="ab", description="x" * 10_001)
    assert answer.status_code == 422
    assert "Minimal 3 karakter." in answer.text
    assert "Maksimal 10000 karakter." in answer.text
    assert re.search(r'id="category-error">.*Wajib diisi\.', answer.text)
    assert 'value="ab"' in answer.text


async def test_two_people_saving_at_once_get_a_choice(house: House) -> None:
    budi, dewi = await house.logged_in("budi"), await house.logged_in("dewi")
    number = await budi.report()
    desk = f"/admin/tickets/{number}"
    page = (await dewi.get(desk)).text
    form = page[page.index(f'action="{desk}/edit"') :]
    hidden = dict(re.findall(r'name="(csrf_token|submission_id|version)" value="([^"]+)"', form))
    mine = {"subject": "Judul saya", "category": "down", "priority": "low", "tags": ""}
    await dewi.submit(f"{desk}/edit", desk, **mine | {"subject": "Judul mereka"})
    answer = await dewi.client.post(f"{desk}/edit", data=hidden | mine)
    assert answer.status_code == 412
    assert 'value="Judul saya"' in answer.text
    assert "Sekarang: Judul mereka" in answer.text


async def test_who_is_shut_out_is_out_within_five_seconds(house: House) -> None:
    budi, agus = await house.logged_in("budi"), await house.logged_in("agus")
    assert (await budi.get("/tickets")).status_code == 200
    people = (await agus.get("/admin/people?q=budi")).text
    person = re.search(r"/admin/people/[0-9a-f-]+", people)
    assert person is not None
    shut = await agus.submit(f"{person.group()}/deactivate", person.group())
    assert shut.status_code == 303
    await asyncio.sleep(KNOWN_SECONDS + 0.2)
    assert (await budi.get("/tickets")).headers["location"].startswith("/login")


async def test_a_wrong_password_is_told_in_the_form(house: House) -> None:
    stranger = house.browser()
    answer = await stranger.submit(
        "/login", email="budi@example.test", password="salah sama sekali"
    )
    assert answer.status_code == 401
    assert "Alamat e-mail, nomor, atau kata sandi tidak cocok." in answer.text


async def test_a_logout_is_a_logout(house: House) -> None:
    budi = await house.logged_in("budi")
    token = budi.client.cookies["session"]
    assert (await budi.submit("/logout", "/tickets")).status_code == 303
    budi.client.cookies.set("session", token)
    assert (await budi.get("/tickets")).status_code == 303


async def test_the_api_logs_in_with_a_cookie_and_a_form_token(house: House) -> None:
    client = house.browser().client
    credentials = {"email": "budi@example.test", "password": PASSWORD}
    opened = await client.post("/api/v1/session", json=credentials)
    assert opened.status_code == 201
    headers = {"X-CSRF-Token": opened.json()["csrf_token"], "Idempotency-Key": "satu"}
    report = {"subject": "Lewat API", "description": "Halo", "category": "slow"}
    made = await client.post("/api/v1/tickets", json=report, headers=headers)
    assert made.status_code == 201
    assert made.headers["location"] == f"/api/v1/tickets/{made.json()['number']}"
    again = await client.post("/api/v1/tickets", json=report, headers=headers)
    assert again.content == made.content
    unknown = await client.post("/api/v1/tickets", json=report | {"role": "admin"}, headers=headers)
    assert unknown.status_code == 422
    broken = await client.post(
        "/api/v1/tickets", content=b"{", headers={**headers, "Content-Type": "application/json"}
    )
    assert broken.status_code == 400


@pytest.mark.parametrize("language", ["id", "en"])
async def test_a_search_for_a_mistyped_number_says_so(house: House, language: str) -> None:
    budi = await house.logged_in("budi")
    answer = await budi.get(f"/tickets?q=1234-5678&lang={language}")
    words = {"id": "Nomor tiket ini salah ketik.", "en": "This ticket number has a typing mistake."}
    assert words[language] in answer.text


def test_the_table_of_routes_fits_the_services() -> None:
    names = ("identity-service", "ticket-service", "notify-service", "analytics-service")
    document = merged({name: openapi(service_named(name)) for name in names})
    assert document["paths"]["/api/v1/tickets"]["post"]["operationId"] == "open_ticket"

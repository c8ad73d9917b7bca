"""The account page before the real identity-service: what is saved there is true afterwards."""

import re
from io import BytesIO

from PIL import Image

from tests.integration.gateway.conftest import PASSWORD, Browser, House
from tests.photos import TEXT, photo_with_place

NEXT = "jendela hijau 5"


async def send(browser: Browser, section: str, home: str = "/account", **fields: object) -> str:
    """Fill in a form of the page; gives the section that comes back, saved or refused."""
    shown = (await browser.get(home)).text
    start = shown.index(f'action="{home}/{section}#')
    form = shown[start : shown.index("</form>", start)]
    hidden = dict(re.findall(r'name="(csrf_token|submission_id|version)" value="([^"]+)"', form))
    answer = await browser.client.post(f"{home}/{section}", data={**hidden, **fields})
    if answer.status_code == 303:
        answer = await browser.get(answer.headers["location"])
    name = section.partition("/")[0]
    start = answer.text.index(f'id="{name}"')
    return answer.text[start : answer.text.index("</section>", start)]


async def test_a_profile_is_changed_for_good(house: House) -> None:
    budi = await house.logged_in("budi")
    profile = {"name": "Budi Hartono", "language": "en", "time_zone": "Asia/Jayapura"}
    assert "Saved." in await send(budi, "profile", **profile)
    budi.client.cookies.delete("lang")
    page = (await budi.get("/account")).text
    assert '<html lang="en">' in page
    assert 'value="Budi Hartono"' in page
    assert 'value="Asia/Jayapura" selected' in page
    assert "Budi Hartono" in (await budi.get("/tickets")).text


async def test_a_new_password_logs_the_other_devices_out(house: House) -> None:
    budi, phone = await house.logged_in("budi"), await house.logged_in("budi")
    refused = await send(budi, "password", current_password="salah", new_password=NEXT)
    assert "Ini bukan kata sandi Anda saat ini." in refused
    easy = await send(budi, "password", current_password=PASSWORD, new_password="password123")
    assert 'id="f-new_password-error"' in easy
    saved = await send(budi, "password", current_password=PASSWORD, new_password=NEXT)
    assert "Kata sandi baru sudah berlaku." in saved
    assert (await budi.get("/account")).status_code == 200
    house.portal.sessions.forget(phone.client.cookies["session"])
    assert (await phone.get("/account")).headers["location"].startswith("/login")
    again = house.browser()
    answer = await again.submit("/login", email="budi@example.test", password=NEXT)
    assert answer.status_code == 303


async def test_a_phone_number_waits_for_its_code_in_one_spelling(house: House) -> None:
    budi = await house.logged_in("budi")
    bad = await send(budi, "phone", phone="12", current_password=PASSWORD)
    assert 'id="f-phone-error"' in bad
    assert 'value="12"' in bad
    saved = await send(budi, "phone", phone="0812 3456 7890", current_password=PASSWORD)
    assert "+6281234567890" in saved and 'name="code"' in saved
    wrong = await send(budi, "phone/code", code="12 34")
    assert 'id="f-code-error"' in wrong


async def test_sessions_are_ended_one_by_one_or_all_at_once(house: House) -> None:
    budi = await house.logged_in("budi")
    others = [await house.logged_in("budi") for _ in range(3)]
    page = (await budi.get("/account")).text
    ids = re.findall(r'name="session_id" value="([^"]+)"', page)
    assert len(ids) == 3
    assert page.count("Perangkat ini") == 1
    shown = await send(budi, "sessions", session_id=ids[0])
    assert set(re.findall(r'name="session_id" value="([^"]+)"', shown)) == set(ids[1:])
    shown = await send(budi, "sessions")
    assert "session_id" not in shown
    for other in others:
        house.portal.sessions.forget(other.client.cookies["session"])
        assert (await other.get("/account")).status_code == 303
    assert (await budi.get("/account")).status_code == 200


async def test_switches_stay_as_they_were_set(house: House) -> None:
    for who, home, kinds in (
        ("budi", "/account", ["received", "replied", "progress", "solved"]),
        ("dewi", "/admin/account", ["assigned", "customer_replied", "new_ticket"]),
    ):
        browser = await house.logged_in(who)
        wanted = {"kind": kinds, "email": kinds[:1], "in_app": kinds[1:]}
        saved = await send(browser, "notifications", home, **wanted)
        checked = re.findall(r'name="(email|in_app)" value="(\w+)" checked', saved)
        assert sorted(checked) == sorted(
            [("email", kinds[0]), *(("in_app", kind) for kind in kinds[1:])]
        )


async def test_a_picture_is_put_up_seen_and_taken_down(house: House) -> None:
    dewi, budi, sari = [await house.logged_in(name) for name in ("dewi", "budi", "sari")]
    pictures = {}
    for browser, home in ((dewi, "/admin/account"), (budi, "/account")):
        refused = await put_up(browser, home, TEXT)
        assert 'id="f-photos-error"' in refused
        shown = await put_up(browser, home, photo_with_place(orientation=6))
        assert "Hapus foto" in shown
        found = re.search(r'src="(/users/[^"]+)"', (await browser.get(home)).text)
        assert found
        pictures[home] = found.group(1)
    seen = await sari.get(pictures["/admin/account"])
    assert Image.open(BytesIO(seen.content)).size == (256, 256)
    assert seen.headers["content-type"] == "image/webp"
    assert (await sari.get(pictures["/account"])).status_code == 404
    assert (await dewi.get(pictures["/account"])).status_code == 200
    assert (await house.browser().get(pictures["/account"])).status_code == 303
    assert (await sari.get(f"/api/v1{pictures['/admin/account']}")).content == seen.content
    await send(budi, "picture/remove")
    assert (await dewi.get(pictures["/account"])).status_code == 404


async def put_up(browser: Browser, home: str, content: bytes) -> str:
    """Choose a file and save it; gives the section that comes back."""
    page = (await browser.get(home)).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    answer = await browser.client.post(
        f"{home}/picture",
        data={"csrf_token": token.group(1)},
        files={"photos": ("saya.jpg", content)},
    )
    if answer.status_code == 303:
        answer = await browser.get(answer.headers["location"])
    start = answer.text.index('id="picture"')
    return answer.text[start : answer.text.index("</section>", start)]

"""What goes wrong on real days: nothing that a person wrote is lost, nothing is sent twice."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.browser import deeds
from tests.browser.browsing import Browsing, Line, Watch
from tests.browser.scene import opened
from tests.fixtures.system import System
from tests.photos import SVG, TEXT, photo

BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
WORDS = "Sejak jam tujuh pagi lampunya merah, sudah saya matikan dan nyalakan lagi."


def tickets_named(system: System, subject: str) -> int:
    found = system.logged_in("customer").api("GET", "/tickets?limit=100").json()["items"]
    return sum(ticket["subject"] == subject for ticket in found)


@BOTH
def test_a_form_that_was_open_for_too_long_keeps_what_was_typed(
    browse: Browsing, watch: Watch, system: System, scripts: bool
) -> None:
    watch.allow("^403 for POST")
    subject = f"Formulir lama {scripts}"
    page = browse("customer", scripts=scripts)
    page.goto("/tickets/new")
    deeds.fill_report(page, category="Internet mati", subject=subject, description=WORDS)
    page.locator("form[action='/tickets/new'] [name=csrf_token]").evaluate(
        "(field) => { field.value = 'dari kemarin' }"
    )
    page.get_by_role("button", name="Kirim laporan").click()
    expect(page.get_by_role("heading", name="Belum terkirim")).to_be_visible()
    expect(page.get_by_role("main").get_by_text(WORDS)).to_be_visible()
    page.get_by_role("button", name="Kirim lagi").click()
    expect(page).to_have_url(deeds.A_TICKET)
    assert tickets_named(system, subject) == 1


def test_of_two_who_save_at_once_the_second_sees_both_and_chooses(
    browse: Browsing, system: System
) -> None:
    number = opened(system.logged_in("customer"), subject="Judul dari pelanggan")
    first, second = browse("agent"), browse("supervisor")
    for page in (first, second):
        page.goto(f"/admin/tickets/{number}")
    deeds.fill_properties(first, subject="Judul dari Rina", priority="Tinggi")
    deeds.fill_properties(second, subject="Judul dari Maya", priority="Rendah")
    deeds.save(first)
    expect(first.get_by_text("Tersimpan.")).to_be_visible()
    deeds.save(second)
    choice = second.get_by_role("alert")
    expect(choice).to_contain_text("Judul dari Rina")
    expect(choice).to_contain_text("Judul dari Maya")
    choice.get_by_role("button", name="Tetap simpan punya saya").click()
    expect(second.get_by_role("heading", name="Judul dari Maya").first).to_be_visible()


FILES = {"foto.jpg": TEXT, "gambar.svg": SVG, "besar.jpg": bytes(30 * 2**20)}


@BOTH
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_photo_is_refused_at_its_field(
    browse: Browsing, watch: Watch, system: System, tmp_path: Path, name: str, scripts: bool
) -> None:
    watch.allow("^4(13|22) for POST")
    subject, file = f"Berkas {name} {scripts}", tmp_path / name
    file.write_bytes(FILES[name])
    page = browse("customer", scripts=scripts)
    page.goto("/tickets/new")
    deeds.fill_report(page, category="Internet mati", subject=subject, description=WORDS)
    page.get_by_label("Foto").set_input_files(file)
    page.get_by_role("button", name="Kirim laporan").click()
    expect(page.locator(".field__error:visible").first).to_be_visible()
    expect(page.get_by_label("Judul singkat")).to_have_value(subject)
    expect(page.get_by_role("radio", name="Internet mati")).to_be_checked()
    assert tickets_named(system, subject) == 0
    page.get_by_role("button", name=re.compile("Kirim laporan|Coba lagi")).click()
    expect(page).to_have_url(deeds.A_TICKET)
    assert tickets_named(system, subject) == 1


@BOTH
def test_photos_are_seen_on_the_ticket(browse: Browsing, scripts: bool) -> None:
    page = browse("customer", scripts=scripts)
    page.goto("/tickets/new")
    deeds.fill_report(page, category="Internet mati", subject="Dengan dua foto")
    photos = [
        FilePayload(name=f"modem-{n}.jpg", mimeType="image/jpeg", buffer=photo((800, 600)))
        for n in range(2)
    ]
    page.get_by_label("Foto").set_input_files(photos)
    page.get_by_role("button", name="Kirim laporan").click()
    expect(page).to_have_url(deeds.A_TICKET)
    pictures = page.get_by_role("main").locator("img[src*='/attachments/']")
    expect(pictures).to_have_count(2)
    for picture in pictures.all():
        assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0


def test_a_connection_lost_in_mid_upload_costs_one_more_tap_and_no_second_ticket(
    browse: Browsing, watch: Watch, system: System
) -> None:
    watch.allow_being_offline()
    page, subject = browse("customer"), "Putus di tengah kiriman"
    page.goto("/tickets/new")
    deeds.fill_report(page, category="Internet mati", subject=subject)
    noise = FilePayload(name="foto.gif", mimeType="image/gif", buffer=bytes(2 * 2**20))
    page.get_by_label("Foto").set_input_files(noise)
    Line(kilobits=400).tie(page)
    with page.expect_request(lambda request: request.method == "POST"):
        page.get_by_role("button", name="Kirim laporan").click()
    page.context.set_offline(True)
    expect(page.get_by_text("Koneksi terputus")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_label("Foto").set_input_files([])
    page.get_by_role("button", name="Coba lagi").click()
    expect(page).to_have_url(deeds.A_TICKET)
    assert tickets_named(system, subject) == 1


def _answer_lost(route: Route) -> None:
    """The server takes it, its answer never arrives."""
    route.fetch(max_redirects=0)
    route.abort("connectionreset")


def test_an_answer_lost_on_its_way_makes_no_second_ticket(
    browse: Browsing, watch: Watch, system: System
) -> None:
    watch.allow("ERR_CONNECTION_RESET")
    page, subject = browse("customer"), "Jawaban hilang di jalan"
    page.goto("/tickets/new")
    deeds.fill_report(page, category="Internet mati", subject=subject)
    page.route("**/tickets/new", _answer_lost, times=1)
    page.get_by_role("button", name="Kirim laporan").click()
    expect(page.get_by_text("Koneksi terputus")).to_be_visible()
    page.get_by_role("button", name="Coba lagi").click()
    expect(page).to_have_url(deeds.A_TICKET)
    assert tickets_named(system, subject) == 1


def test_a_draft_waits_on_the_phone_until_it_is_sent(browse: Browsing) -> None:
    page = browse("customer")
    page.goto("/tickets/new")
    deeds.fill_report(page, category="Internet mati", subject="Nanti saja", description=WORDS)
    page.wait_for_function(f"() => JSON.stringify(localStorage).includes('{WORDS}')")
    page.goto("/tickets")
    page.goto("/tickets/new")
    expect(page.get_by_label("Judul singkat")).to_have_value("Nanti saja")
    expect(page.get_by_role("radio", name="Internet mati")).to_be_checked()
    page.get_by_role("button", name="Kirim laporan").click()
    expect(page).to_have_url(deeds.A_TICKET)
    page.goto("/tickets/new")
    expect(page.get_by_label("Judul singkat")).to_have_value("")


def test_the_next_person_at_a_browser_does_not_find_what_was_not_sent(
    browse: Browsing, system: System
) -> None:
    page = browse()
    deeds.log_in(page, *system.account("customer"))
    expect(page).to_have_url(re.compile("/tickets$"))
    page.goto("/tickets/new")
    deeds.fill_report(page, category="Internet mati", subject="Rahasia", description=WORDS)
    page.wait_for_function(f"() => JSON.stringify(localStorage).includes('{WORDS}')")
    deeds.log_out(page)
    assert not page.evaluate("() => Object.keys(localStorage).length")


@BOTH
def test_a_session_that_ended_in_another_tab_loses_no_words(
    browse: Browsing, watch: Watch, system: System, scripts: bool
) -> None:
    watch.allow("^40[13] for POST")
    page = browse(scripts=scripts)
    deeds.log_in(page, *system.account("customer"))
    expect(page).to_have_url(re.compile("/tickets$"))
    page.goto("/tickets/new")
    deeds.fill_report(page, category="Internet mati", subject="Tab lain", description=WORDS)
    other = page.context.new_page()
    other.goto("/tickets")
    deeds.log_out(other)
    page.get_by_role("button", name="Kirim laporan").click()
    expect(page.get_by_role("heading", name="Belum terkirim")).to_be_visible()
    expect(page.get_by_role("main").get_by_text(WORDS)).to_be_visible()
    deeds.log_in(other, *system.account("customer"))
    expect(other).to_have_url(re.compile("/tickets$"))
    page.get_by_role("button", name="Kirim lagi").click()
    expect(page.get_by_role("heading", name="Belum terkirim")).to_be_visible()
    page.get_by_role("button", name="Kirim lagi").click()
    expect(page).to_have_url(deeds.A_TICKET)


def test_the_keyboard_alone_is_enough_to_report(browse: Browsing, system: System) -> None:
    page = browse()
    page.goto("/login")
    email, password = system.account("customer")
    _tab_to(page, lambda: _focused(page) == "email")
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/tickets$"))
    page.goto("/tickets/new")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Langsung ke isi")).to_be_focused()
    page.keyboard.press("Enter")
    _tab_to(page, lambda: _focused(page) == "category")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    _tab_to(page, lambda: _focused(page) == "description")
    page.keyboard.type(WORDS)
    _tab_to(page, lambda: _focused(page) == "subject")
    page.keyboard.press("Control+A")
    page.keyboard.type("Tanpa tetikus")
    _tab_to(page, lambda: _focused(page, "textContent").strip() == "Kirim laporan")
    page.keyboard.press("Enter")
    expect(page).to_have_url(deeds.A_TICKET)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tanpa tetikus")


def _focused(page: Page, what: str = "name") -> str:
    return str(page.evaluate(f"() => document.activeElement.{what} || ''"))


def _tab_to(page: Page, is_there: Callable[[], bool]) -> None:
    """Press Tab until the focus is where it shall be; it must be seen wherever it stops."""
    for _ in range(80):
        if is_there():
            return
        page.keyboard.press("Tab")
        assert page.evaluate(_FOCUS_SHOWS), _focused(page, "outerHTML")
    raise AssertionError("the keyboard does not get there")


# An outline or a shadow, on the element itself, its label's face, or what surrounds it.
_FOCUS_SHOWS = """() => {
  const shows = (each) => {
    const style = getComputedStyle(each)
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
      || style.boxShadow !== "none"
  }
  const here = document.activeElement
  if (here === document.body) return true
  return [here, here.nextElementSibling, here.parentElement].some((each) => each && shows(each))
}"""

"""The twelve things that the first portal had to do, done with a mouse and a keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import deeds
from tests.browser.browsing import Browsing, Line
from tests.browser.deeds import PASSWORD
from tests.browser.scene import opened, take
from tests.fixtures.system import System

WITH_AND_WITHOUT_SCRIPTS = pytest.mark.parametrize(
    "scripts", [True, False], ids=["with scripts", "without scripts"]
)


def test_login(browse: Browsing, system: System) -> None:
    page = browse()
    deeds.log_in(page, *system.account("customer"))
    expect(page).to_have_url(re.compile("/tickets$"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    deeds.log_out(page)
    page.goto("/tickets")
    expect(page).to_have_url(re.compile("/login"))


def test_login_in_english(browse: Browsing, system: System) -> None:
    page = browse(language="en")
    email, password = system.account("customer")
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill("not-the-password-1")
    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("not right")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
    expect(page).to_have_url(re.compile("/tickets$"))
    expect(page.get_by_role("heading", name="My tickets")).to_be_visible()


@WITH_AND_WITHOUT_SCRIPTS
def test_submit_ticket(browse: Browsing, scripts: bool) -> None:
    page = browse("customer", scripts=scripts)
    deeds.report(page, category="Internet mati", subject="Lampu LOS menyala merah")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Lampu LOS menyala merah")
    expect(page.get_by_text(deeds.number_of(page)).first).to_be_visible()


def test_submit_ticket_in_english(browse: Browsing) -> None:
    page = browse("customer", language="en")
    page.goto("/tickets/new")
    page.get_by_role("radio", name="Slow").check()
    page.get_by_label("Short title").fill("Slow every evening")
    page.get_by_label("Tell us more").fill("From eight o'clock on.")
    page.get_by_role("button", name="Send report").click()
    expect(page).to_have_url(deeds.A_TICKET)
    expect(page.get_by_role("heading", name="Slow every evening")).to_be_visible()
    expect(page.get_by_text("We have received your report")).to_be_visible()


@WITH_AND_WITHOUT_SCRIPTS
def test_search_ticket(browse: Browsing, system: System, scripts: bool) -> None:
    number = opened(system.logged_in("customer"), subject="Kabel digigit tupai")
    page = browse("customer", scripts=scripts)
    for words in ("tupai", number):
        deeds.search(page, words)
        expect(page.get_by_role("main")).to_contain_text("Kabel digigit tupai")
    deeds.search(page, "zebra ungu")
    expect(page.get_by_role("main")).not_to_contain_text("Kabel digigit tupai")
    expect(page.get_by_role("main")).to_contain_text("Tidak ada yang cocok")


@WITH_AND_WITHOUT_SCRIPTS
def test_register(browse: Browsing, system: System, scripts: bool) -> None:
    address = f"wayan.{'dengan' if scripts else 'tanpa'}@pelanggan.example"
    page = browse(scripts=scripts)
    deeds.register(page, "Wayan Sudarma", address)
    expect(page).to_have_url(re.compile("/register/sent"))
    page.goto(system.mail_to(address).link("/verify/"))
    page.get_by_role("button", name="Konfirmasi").click()
    expect(page.get_by_text("sudah dikonfirmasi")).to_be_visible()


def test_login_after_register(browse: Browsing, system: System) -> None:
    address = "ketut.lestari@pelanggan.example"
    page = browse()
    deeds.register(page, "Ketut Lestari", address)
    expect(page).to_have_url(re.compile("/register/sent"))
    deeds.log_in(page, address, PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("Konfirmasikan alamat e-mail")
    page.goto(system.mail_to(address).link("/verify/"))
    page.get_by_role("button", name="Konfirmasi").click()
    deeds.log_in(page, address, PASSWORD)
    expect(page).to_have_url(re.compile("/tickets$"))
    expect(page.get_by_text("Anda belum punya tiket")).to_be_visible()


def test_customer_dashboard(browse: Browsing, system: System) -> None:
    customer, agent = system.logged_in("customer", 1), system.logged_in("agent")
    active = opened(customer, subject="Masih berjalan")
    finished = opened(customer, subject="Sudah beres")
    take(agent, finished)
    agent.api("POST", f"/tickets/{finished}/solve", {})
    customer.api("POST", f"/tickets/{finished}/close", {})
    page = browse("customer", 1)
    page.goto("/tickets?state=active")
    expect(page.get_by_role("link", name=re.compile(active))).to_be_visible()
    expect(page.get_by_role("link", name=re.compile(finished))).to_have_count(0)
    page.get_by_role("link", name=re.compile("Selesai$")).click()
    expect(page.get_by_role("link", name=re.compile(finished))).to_be_visible()
    expect(page.get_by_role("link", name=re.compile(active))).to_have_count(0)


def test_admin_dashboard(browse: Browsing) -> None:
    page = browse("admin")
    page.goto("/admin/overview")
    main = page.get_by_role("main")
    for words in ("Agen", "Kategori", "Tiket aktif", "Tiket selesai", "Baru hari ini", "Teratasi"):
        expect(main).to_contain_text(words)
    main.get_by_role("link", name="Tiket aktif").click()
    expect(page).to_have_url(re.compile("queue=all"))


def test_delete_ticket(browse: Browsing, system: System) -> None:
    number = opened(system.logged_in("customer"), subject="Tidak sengaja terkirim")
    page = browse("admin")
    page.goto(f"/admin/tickets/{number}")
    deeds.delete(page, "Terkirim dua kali")
    expect(page.get_by_text("Tiket sudah dihapus")).to_be_visible()
    assert system.logged_in("customer").get(f"/tickets/{number}").status_code == 404


@WITH_AND_WITHOUT_SCRIPTS
def test_close_ticket(browse: Browsing, system: System, scripts: bool) -> None:
    customer, agent = system.logged_in("customer"), system.logged_in("agent")
    number = opened(customer, subject="Sudah menyala lagi")
    take(agent, number)
    agent.api("POST", f"/tickets/{number}/solve", {})
    page = browse("customer", scripts=scripts)
    page.goto(f"/tickets/{number}")
    page.get_by_role("button", name="Ya, sudah normal").click()
    expect(page.get_by_text("Tiket sudah ditutup")).to_be_visible()
    assert customer.api("GET", f"/tickets/{number}").json()["status"] == "closed"


def test_add_customer_account(browse: Browsing, system: System) -> None:
    _add_account(browse, system, "Ni Luh Sari", "niluh@pelanggan.example", "Pelanggan", "/tickets$")


def test_add_staff_account(browse: Browsing, system: System) -> None:
    _add_account(browse, system, "Putu Gede", "putu@padinet.example", "Agen", "/admin")


def _add_account(
    browse: Browsing, system: System, name: str, address: str, role: str, home: str
) -> None:
    admin = browse("admin")
    deeds.invite(admin, name, address, role)
    expect(admin.get_by_text("Akun sudah dibuat")).to_be_visible()
    newcomer = browse()
    newcomer.goto(system.mail_to(address).link("/invitation/"))
    expect(newcomer.get_by_role("heading", level=1)).to_contain_text(name)
    newcomer.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    newcomer.get_by_role("button", name="Simpan kata sandi").click()
    deeds.log_in(newcomer, address, PASSWORD)
    expect(newcomer).to_have_url(re.compile(home))


def test_edit_ticket(browse: Browsing, system: System) -> None:
    number = opened(system.logged_in("customer"), subject="Judul lama")
    page = browse("agent")
    page.goto(f"/admin/tickets/{number}")
    deeds.fill_properties(
        page, subject="Judul baru", priority="Mendesak", category="Internet lambat"
    )
    deeds.save(page)
    expect(page.get_by_text("Tersimpan.")).to_be_visible()
    expect(page.get_by_role("heading", name="Judul baru")).to_be_visible()
    ticket = system.logged_in("agent").api("GET", f"/tickets/{number}").json()
    assert (ticket["priority"], ticket["category"]["slug"]) == ("urgent", "slow")


def test_submit_ticket_on_a_small_phone_with_a_poor_connection(browse: Browsing) -> None:
    page = _poor_phone(browse)
    deeds.report(page, category="Internet mati", subject="Sinyal lemah, layar kecil")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sinyal lemah, layar kecil")
    page.get_by_label("Tulis kepada kami").fill("Masih mati sampai sekarang")
    page.get_by_role("button", name="Kirim", exact=True).click()
    expect(page.get_by_text("Masih mati sampai sekarang")).to_be_visible()


def _poor_phone(browse: Browsing) -> Page:
    page = browse("customer", width=360, height=740, has_touch=True, is_mobile=True)
    page.set_default_timeout(60_000)
    Line(kilobits=50).tie(page)
    return page

"""What people do on the pages, found as they find it: by the words on buttons and fields."""

import re

from playwright.sync_api import Page, expect

PASSWORD = "gajah-makan-pisang-goreng-3"
A_TICKET = re.compile(r"/tickets/\d{4}-\d{4}")
DESCRIPTION = "Sejak jam tujuh pagi, modem sudah dinyalakan ulang."


def log_in(page: Page, email: str, password: str) -> None:
    """With address and password."""
    page.goto("/login")
    form = page.get_by_role("main")
    form.get_by_label("E-mail").fill(email)
    form.get_by_label("Kata sandi", exact=True).fill(password)
    form.get_by_role("button", name="Masuk", exact=True).click()


def log_out(page: Page) -> None:
    """From the menu with one's name."""
    page.locator("summary").filter(has_text="Akun").click()
    page.get_by_role("button", name="Keluar").click()


def register(page: Page, name: str, email: str, password: str = PASSWORD) -> None:
    """Ask for an account."""
    page.goto("/register")
    form = page.get_by_role("main")
    form.get_by_label("Nama").fill(name)
    form.get_by_label("E-mail").fill(email)
    form.get_by_label("Kata sandi", exact=True).fill(password)
    form.get_by_role("button", name="Daftar", exact=True).click()


def fill_report(page: Page, *, category: str, subject: str, description: str = DESCRIPTION) -> None:
    """Everything but the last press."""
    page.get_by_role("radio", name=category).check()
    page.get_by_label("Judul singkat").fill(subject)
    page.get_by_label("Ceritakan lebih lanjut").fill(description)


def report(page: Page, *, category: str, subject: str, description: str = DESCRIPTION) -> None:
    """Tell of a problem and land on its ticket."""
    page.goto("/tickets/new")
    fill_report(page, category=category, subject=subject, description=description)
    page.get_by_role("button", name="Kirim laporan").click()
    expect(page).to_have_url(A_TICKET)


def number_of(page: Page) -> str:
    """The ticket that the page is about."""
    found = re.search(r"\d{4}-\d{4}", page.url)
    assert found, page.url
    return found.group()


def search(page: Page, words: str) -> None:
    """In one's own tickets."""
    page.goto("/tickets")
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("search").get_by_role("button", name="Cari").click()
    expect(page).to_have_url(re.compile(r"[?&]q="))


def invite(page: Page, name: str, email: str, role: str) -> None:
    """Make an account for somebody."""
    page.goto("/admin/people/new")
    form = page.get_by_role("main")
    form.get_by_label("Nama").fill(name)
    form.get_by_label("E-mail").fill(email)
    form.get_by_label("Peran").select_option(label=role)
    form.get_by_role("button", name="Kirim undangan").click()


def delete(page: Page, reason: str) -> None:
    """Take the ticket out of sight."""
    page.locator("summary").and_(page.get_by_title("Lainnya", exact=True)).click()
    page.get_by_text("Hapus tiket ini").click()
    page.get_by_label("Alasan").fill(reason)
    page.get_by_role("button", name="Hapus", exact=True).click()


def fill_properties(page: Page, *, subject: str, priority: str, category: str = "") -> None:
    """What the ticket says of itself, up to the last press."""
    page.get_by_label("Judul singkat").fill(subject)
    page.get_by_label("Prioritas").last.select_option(label=priority)
    if category:
        page.get_by_label("Kategori").last.select_option(label=category)


def save(page: Page) -> None:
    """The last press."""
    page.get_by_role("button", name="Simpan", exact=True).click()

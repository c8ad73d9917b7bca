"""Every page and form as a browser without scripts uses them, in Indonesian."""

import re

import pytest

from tests.fixtures.system import System, Visitor, hidden_fields

PASSWORD = "kuda-terbang-di-atas-awan-7"


def log_in(system: System, role: str) -> Visitor:
    visitor = system.client()
    email, password = system.account(role)
    page = visitor.submit("/login", {"email": email, "password": password})
    assert page.status_code == 200, page.text
    return visitor


def report(visitor: Visitor, **fields: str) -> tuple[str, str]:
    """Send the report form; gives the number and the page of the new ticket."""
    usual = {
        "category": "slow",
        "subject": "Internet lambat tiap malam",
        "description": "Mulai jam delapan malam",
    }
    page = visitor.submit("/tickets/new", usual | fields)
    assert page.status_code == 200, page.text
    return page.url.path.rpartition("/")[2], page.text


def test_a_newcomer_registers_proves_the_address_and_logs_in(system: System) -> None:
    newcomer = system.client()
    address = "rani.aulia@pelanggan.example"
    sent = newcomer.submit(
        "/register", {"name": "Rani Aulia", "email": address, "password": PASSWORD}
    )
    assert sent.status_code == 200
    too_early = newcomer.submit("/login", {"email": address, "password": PASSWORD})
    assert too_early.status_code == 403
    path = system.mail_to(address).link("/verify/")
    assert newcomer.get(path).status_code == 200
    assert newcomer.submit(path, {}).status_code == 200
    assert newcomer.submit("/login", {"email": address, "password": PASSWORD}).status_code == 200
    assert newcomer.get("/tickets").status_code == 200


def test_a_customer_reports_replies_and_cancels(system: System) -> None:
    customer = log_in(system, "customer")
    number, page = report(customer)
    assert number in page
    path = f"/tickets/{number}"
    replied = customer.submit(f"{path}/replies", {"body": "Masih lambat juga"}, page=path)
    assert "Masih lambat juga" in replied.text
    customer.submit(f"{path}/cancel", {}, page=path)
    assert customer.api("GET", path).json()["status"] == "cancelled"


def test_a_double_submit_is_one_ticket(system: System) -> None:
    customer = log_in(system, "customer")
    hidden = hidden_fields(customer.get("/tickets/new").text, "/tickets/new")
    fields = hidden | {
        "category": "slow",
        "subject": "Dua kali tekan",
        "description": "Jari saya terlalu cepat",
    }
    answers = [customer.browser.post("/tickets/new", data=fields) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]


def test_what_was_typed_is_kept_when_something_is_missing(system: System) -> None:
    customer = log_in(system, "customer")
    page = customer.submit("/tickets/new", {"subject": "Tanpa kategori", "description": "Isi"})
    assert page.status_code == 422
    assert 'value="Tanpa kategori"' in page.text


def test_an_expired_form_token_keeps_the_typed_text(system: System) -> None:
    customer = log_in(system, "customer")
    fields = {"category": "slow", "subject": "Token usang", "description": "Teks yang panjang"}
    page = customer.submit("/tickets/new", fields | {"csrf_token": "kedaluwarsa"})
    assert page.status_code in (403, 422)
    assert "Teks yang panjang" in page.text
    assert 'value="Token usang"' in page.text


def test_html_in_any_field_is_shown_as_text(system: System) -> None:
    customer = log_in(system, "customer")
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    number, page = report(customer, subject=evil, description=evil)
    staff = log_in(system, "agent")
    for shown in (
        page,
        customer.get("/tickets").text,
        staff.get("/admin/tickets").text,
        staff.get(f"/admin/tickets/{number}").text,
    ):
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
    assert "&lt;script&gt;" in page


def test_an_agent_takes_answers_notes_and_solves(system: System) -> None:
    customer, agent = log_in(system, "customer"), log_in(system, "agent")
    number, _ = report(customer)
    path = f"/admin/tickets/{number}"
    note = agent.submit(f"{path}/notes", {"body": "Cek redaman dulu"}, page=path)
    assert "Cek redaman dulu" in note.text
    answer = agent.submit(f"{path}/replies", {"body": "Kami periksa sekarang"}, page=path)
    assert "Kami periksa sekarang" in answer.text
    assert "Cek redaman dulu" not in customer.get(f"/tickets/{number}").text
    agent.submit(f"{path}/solve", {}, page=path)
    assert customer.api("GET", f"/tickets/{number}").json()["status"] == "solved"


def test_an_admin_invites_staff_who_set_their_password(system: System) -> None:
    admin = log_in(system, "admin")
    address = "dewi.baru@padinet.example"
    page = admin.submit(
        "/admin/people/new", {"name": "Dewi Baru", "email": address, "role": "agent"}
    )
    assert page.status_code == 200
    newcomer = system.client()
    path = system.mail_to(address).link("/invitation/")
    assert newcomer.submit(path, {"password": PASSWORD}).status_code == 200
    logged_in = newcomer.submit("/login", {"email": address, "password": PASSWORD})
    assert logged_in.status_code == 200
    assert newcomer.get("/admin/tickets").status_code == 200


@pytest.mark.parametrize("path", ["/admin", "/admin/tickets", "/admin/people", "/admin/overview"])
def test_customers_find_no_staff_pages(system: System, path: str) -> None:
    assert log_in(system, "customer").get(path).status_code in (403, 404)


def test_a_foreign_ticket_looks_like_none_at_all(system: System) -> None:
    number, _ = report(log_in(system, "customer"))
    other = system.logged_in("customer", 1)
    foreign, unknown = other.get(f"/tickets/{number}"), other.get("/tickets/0000-5724")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert _said(foreign.text, number) == _said(unknown.text, "0000-5724")
    by_api = other.api("GET", f"/tickets/{number}"), other.api("GET", "/tickets/0000-5724")
    assert by_api[0].content == by_api[1].content


def _said(page: str, number: str) -> str:
    """What a page says, without the number asked for and what no two pages have in common."""
    return re.sub(' nonce="[^"]*"', "", page).replace(number, "")


def test_without_a_login_there_is_only_the_way_to_it(system: System) -> None:
    stranger = system.client()
    for path in ("/tickets", "/tickets/new", "/admin", "/admin/people"):
        answer = stranger.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")


def test_a_get_changes_nothing(system: System) -> None:
    customer = log_in(system, "customer")
    number, _ = report(customer)
    before = customer.api("GET", f"/tickets/{number}").json()["version"]
    for verb in ("cancel", "close", "reopen", "replies"):
        assert customer.get(f"/tickets/{number}/{verb}").status_code in (303, 404, 405)
    assert customer.api("GET", f"/tickets/{number}").json()["version"] == before

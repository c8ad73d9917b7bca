"""Forgotten passwords, other addresses and numbers, from the form to the mailbox and back."""

import re

import httpx

from tests.fixtures.system import System, Visitor
from tests.fixtures.waiting import wait_for

PASSWORD = "perahu-kecil-di-danau-toba-3"
NEXT = "layang-layang-di-atas-sawah-5"


def newcomer(system: System, address: str) -> Visitor:
    """Somebody who has just registered and logged in."""
    visitor = system.client()
    fields = {"name": "Wayan Sudira", "email": address, "password": PASSWORD}
    visitor.submit("/register", fields)
    visitor.submit(system.mail_to(address).link("/verify/"), {})
    assert visitor.submit("/login", {"email": address, "password": PASSWORD}).status_code == 200
    return visitor


def log_in(system: System, name: str, password: str) -> httpx.Response:
    """Try to log in with the form."""
    return system.client().submit("/login", {"email": name, "password": password})


def test_a_forgotten_password_is_set_with_the_mailed_link(system: System) -> None:
    address = "wayan.lupa@pelanggan.example"
    before = newcomer(system, address)
    stranger = system.client()
    assert stranger.submit("/reset", {"email": address}).status_code == 200

    path = system.mail_to(address, "Atur ulang").link("/reset/")
    done = stranger.submit(path, {"password": NEXT})

    assert "Kata sandi baru sudah tersimpan" in done.text
    assert log_in(system, address, PASSWORD).status_code == 401
    assert log_in(system, address, NEXT).status_code == 200
    assert system.mail_to(address, "Kata sandi Anda diubah")
    assert stranger.get(path).status_code == 404
    wait_for(lambda: "/login" in before.get("/account").headers.get("location", ""), seconds=10)


def test_a_number_is_proven_with_the_code_that_reaches_the_phone(system: System) -> None:
    address, number = "wayan.ponsel@pelanggan.example", "0813-5550-0101"
    visitor = newcomer(system, address)
    fields = {"phone": number, "current_password": PASSWORD}
    asked = visitor.submit("/account/phone#phone", fields, page="/account")
    assert "+6281355500101" in asked.text

    text = system.mail_to("6281355500101@sms.padinet.example").text
    code = re.search(r"\b(\d{6})\b", text)
    assert code is not None
    done = visitor.submit("/account/phone/code#phone", {"code": code[1]}, page="/account")

    assert "Sudah dikonfirmasi" in done.text
    assert log_in(system, number, PASSWORD).status_code == 200
    assert system.mail_to(address, "Nomor telepon akun Anda diubah")


def test_another_address_is_proven_and_can_be_taken_back(system: System) -> None:
    address, other = "wayan.lama@pelanggan.example", "wayan.baru@pelanggan.example"
    visitor = newcomer(system, address)
    fields = {"email": other, "current_password": PASSWORD}
    assert other in visitor.submit("/account/email#email", fields, page="/account").text
    done = visitor.submit(system.mail_to(other).link("/email/"), {})
    assert "Alamat e-mail Anda sudah diubah" in done.text
    assert log_in(system, other, PASSWORD).status_code == 200

    way_back = system.mail_to(address, "Alamat e-mail akun Anda diubah").link("/email/undo/")
    owner = system.client()
    assert "Akun Anda dikunci" in owner.submit(way_back, {}).text
    owner.submit(system.mail_to(address, "Atur ulang").link("/reset/"), {"password": NEXT})

    assert log_in(system, other, PASSWORD).status_code == 401
    assert log_in(system, address, NEXT).status_code == 200


def test_one_click_ends_mails_of_a_kind(system: System) -> None:
    address = "wayan.tenang@pelanggan.example"
    visitor = newcomer(system, address)
    visitor.log_in(address, PASSWORD)
    report = {"subject": "Lambat", "description": "Sejak semalam", "category": "slow"}
    number = visitor.api("POST", "/tickets", report).json()["number"]
    mail = system.mail_to(address, number)
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = mail.link("/unsubscribe/")

    clicked = system.client().browser.post(path, data={"List-Unsubscribe": "One-Click"})

    assert clicked.status_code == 200
    wanted = visitor.api("GET", "/me/notification-preferences").json()["items"]
    assert {item["kind"]: item["email"] for item in wanted}["received"] is False

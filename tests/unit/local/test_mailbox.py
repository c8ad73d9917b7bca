"""Mails on disk, mails as a reader sees them, and faults."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from local.mailbox.faults import Faults
from local.mailbox.faults import parse as parse_faults
from local.mailbox.parsing import parse
from local.mailbox.store import Store


def mail() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "PadiNET <no-reply@padinet.example>"
    message["To"] = "Sari Ämelia <sari@pelanggan.example>"
    message["Subject"] = "Tiket 1234-5678: “sudah beres” – terima kasih"
    message.set_content("Halo Sari,\ntiketmu selesai ✓\n")
    message.add_alternative("<p>Halo <b>Sari</b> ✓</p>", subtype="html")
    return message


def test_text_html_and_headers_are_read_back_as_written() -> None:
    content = parse(mail().as_bytes())

    assert content.sender == "no-reply@padinet.example"
    assert content.subject == "Tiket 1234-5678: “sudah beres” – terima kasih"
    assert content.text.strip().splitlines() == ["Halo Sari,", "tiketmu selesai ✓"]
    assert content.html.strip() == "<p>Halo <b>Sari</b> ✓</p>"
    assert content.headers["To"] == "Sari Ämelia <sari@pelanggan.example>"


def test_a_mail_without_html_has_empty_html() -> None:
    content = parse(b"Subject: x\r\n\r\nonly text\r\n")

    assert (content.text, content.html) == ("only text\r\n", "")


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"Subject: =?x-none?B?!!!?=\r\n\r\n\xff"])
def test_a_broken_mail_is_still_shown(raw: bytes) -> None:
    assert isinstance(parse(raw).text, str)


def test_the_newest_mail_comes_first_and_the_oldest_makes_room(tmp_path: Path) -> None:
    store = Store(tmp_path, keep=2)
    for position in range(3):
        store.add("a@x.example", ["b@x.example"], b"%d" % position)

    assert [store.raw(entry) for entry in store.entries()] == [b"2", b"1"]
    assert len(list(tmp_path.iterdir())) == 2


def test_mails_survive_a_restart(tmp_path: Path) -> None:
    Store(tmp_path, keep=9).add("a@x.example", ["b@x.example"], b"Subject: hi\n\nline\n")

    (entry,) = Store(tmp_path, keep=9).entries()

    assert entry.recipients == ["b@x.example"]
    assert Store(tmp_path, keep=9).raw(entry) == b"Subject: hi\n\nline\n"


def test_mails_are_found_by_recipient_whatever_the_case(tmp_path: Path) -> None:
    store = Store(tmp_path, keep=9)
    store.add("a@x.example", ["Budi@X.example"], b"1")
    store.add("a@x.example", ["sari@x.example"], b"2")

    assert [store.raw(e) for e in store.entries(to="budi@x.example")] == [b"1"]


def test_a_fault_ends_after_the_wished_number_of_times() -> None:
    faults = Faults(refuse=451, times=1)

    assert faults.refuses("rcpt", ["a@x.example"])
    assert not faults.used().refuses("rcpt", ["a@x.example"])


def test_a_fault_for_one_recipient_leaves_the_others_alone() -> None:
    faults = Faults(refuse=550, at="data", to="A@x.example")

    assert faults.refuses("data", ["a@x.example"])
    assert not faults.refuses("data", ["b@x.example"])
    assert not faults.refuses("rcpt", ["a@x.example"])


@pytest.mark.parametrize(
    "body", [{"refuse": 200}, {"at": "helo"}, {"cut": "maybe"}, {"unknown": 1}, []]
)
def test_an_unknown_fault_is_refused(body: object) -> None:
    with pytest.raises(ValueError, match=r"SMTP code|one of|expected"):
        parse_faults(body)

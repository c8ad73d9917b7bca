"""The mailbox process: what is sent arrives, can be read, and goes wrong when that is wished for."""

import smtplib
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from local.mailbox import Mailbox


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    box = Mailbox(tmp_path_factory.mktemp("own") / "mailbox")
    box.start()
    yield box
    box.remove()


@pytest.fixture
def mailbox(process: Mailbox) -> Mailbox:
    """Empty and well-behaved."""
    process.set_faults()
    process.clear()
    return process


def send(mailbox: Mailbox, to: str = "budi@pelanggan.example", subject: str = "Halo") -> None:
    message = EmailMessage()
    message["From"] = "no-reply@padinet.example"
    message["To"] = to
    message["Subject"] = subject
    message.set_content("isi http://localhost:8000/t/abc")
    message.add_alternative("<script>alert(1)</script><a href='/t/abc'>isi</a>", subtype="html")
    with smtplib.SMTP("127.0.0.1", mailbox.smtp_port, timeout=10) as client:
        client.send_message(message)


def page(mailbox: Mailbox, path: str, **headers: str) -> tuple[str, dict[str, str]]:
    request = urllib.request.Request(f"http://127.0.0.1:{mailbox.port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return answer.read().decode(), dict(answer.headers)


def test_mails_come_newest_first_with_all_a_reader_needs(mailbox: Mailbox) -> None:
    send(mailbox, subject="satu")
    send(mailbox, to="sari@pelanggan.example", subject="dua")

    newest, oldest = mailbox.messages()

    assert set(newest) == {"id", "from", "to", "subject", "text", "html", "headers", "received_at"}
    assert (newest["subject"], oldest["subject"]) == ("dua", "satu")
    assert newest["to"] == "sari@pelanggan.example"
    assert newest["from"] == "no-reply@padinet.example"
    assert "isi" in newest["text"] and "<a href" in newest["html"]


def test_mails_to_one_person_can_be_asked_for(mailbox: Mailbox) -> None:
    send(mailbox)
    send(mailbox, to="sari@pelanggan.example")

    assert [m["to"] for m in mailbox.messages(to="Sari@pelanggan.example")] == [
        "sari@pelanggan.example"
    ]


def test_mails_survive_a_restart(mailbox: Mailbox) -> None:
    send(mailbox)

    mailbox.restart()

    assert len(mailbox.messages()) == 1


def test_a_mails_html_cannot_run_scripts(mailbox: Mailbox) -> None:
    send(mailbox)
    mail_id = mailbox.messages()[0]["id"]

    text, _ = page(mailbox, f"/messages/{mail_id}")
    _, headers = page(mailbox, f"/messages/{mail_id}/html")

    assert "<script>" not in text
    assert "allow-scripts" not in text
    assert headers["Content-Security-Policy"].startswith("sandbox allow-popups")
    assert "script-src" not in headers["Content-Security-Policy"]


def test_the_list_refreshes_without_javascript_and_can_be_stopped(mailbox: Mailbox) -> None:
    send(mailbox)

    assert 'http-equiv="refresh"' in page(mailbox, "/")[0]
    assert 'http-equiv="refresh"' not in page(mailbox, "/?live=0")[0]


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Host": "evil.example:8025"}])
def test_another_name_for_the_machine_shows_no_mail(
    mailbox: Mailbox, headers: dict[str, str]
) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        page(mailbox, "/", **headers)

    assert refused.value.code == 403
    refused.value.close()


def test_a_refusal_has_the_wished_code_and_ends_by_itself(mailbox: Mailbox) -> None:
    mailbox.set_faults(refuse=451, times=1)

    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(mailbox)
    send(mailbox)

    assert refused.value.recipients["budi@pelanggan.example"][0] == 451
    assert len(mailbox.messages()) == 1


@pytest.mark.parametrize(("cut", "kept"), [("before", 0), ("after", 1)])
def test_the_connection_can_be_cut_before_or_after_the_mail_was_kept(
    mailbox: Mailbox, cut: str, kept: int
) -> None:
    mailbox.set_faults(cut=cut, times=1)

    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(mailbox)

    assert len(mailbox.messages()) == kept

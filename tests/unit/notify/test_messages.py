"""Every text in every language, and mails that hold exactly what they should."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notify_service.intents.domain import Contact, Letter, Notice
from notify_service.intents.messages import HeaderLine, Joined, Mailer, Writer, compose
from notify_service.intents.rendering import LANGUAGES, Templates, Text, one_line, shown_time
from notify_service.rules.domain import ACCOUNT_RULES, PHONE_RULES, RULES, Rule
from shared.events.identity import SecurityChange
from shared.ids import uuid7
from shared.links import LinkKeys, sign_code, verify_link
from shared.tracing import Cause
from tests.fixtures.environment import LINK_KEYS
from tests.unit.notify.test_schedule import NOW, letter

KEYS = LinkKeys.parse(LINK_KEYS)
TEMPLATES = Templates()
WRITER = Writer(TEMPLATES, "PadiNET", "https://portal.test", KEYS, "Asia/Jakarta")
MAILER = Mailer("PadiNET", "tiket@padi.test")
# What an announcement says besides, by the name of its text.
ANNOUNCED: dict[str, dict[str, Any]] = {
    "email_proof": {"purpose": "email"},
    "email_changed": {"purpose": "email_undo", "about": {"email": "baru@example.test"}},
    "phone_code": {"purpose": "phone"},
    "phone_changed": {"purpose": "not_me"},
    "number_replaced": {"purpose": "not_me"},
    "new_sign_in": {
        "purpose": "not_me",
        "about": {"browser": "Firefox", "system": "Windows", "address": "203.0.113.7"},
    },
}
CHANGES = ["pended", "held", "resumed", "reopened", "cancelled", "merged"]


def data(**given: Any) -> dict[str, Any]:
    return {
        "number": "1234-5678",
        "subject": "Internet mati",
        "status": "open",
        "priority": "high",
        "category": "down",
        "category_name": {"id": "Gangguan", "en": "Fault"},
        "requester_id": str(uuid7()),
        "requester_name": "Siti Rahma",
        "assignee_name": "Budi",
        "team_name": "NOC",
        "link_id": str(uuid7()),
        "link_expires_at": (NOW + timedelta(days=180)).isoformat(),
        "actor_name": "Budi Santoso",
        "actor_kind": "staff",
        "change": None,
        "text": "Kami cek.\nMohon tunggu.",
        **given,
    }


def a_letter(rule: str, language: str = "id", zone: str = "Asia/Jakarta", **given: Any) -> Letter:
    if rule in ACCOUNT_RULES:
        facts = {"link_id": str(uuid7()), "language": language}
        facts |= ANNOUNCED.get(rule, {})
        is_short = rule in PHONE_RULES
        return letter(
            rule=rule,
            channel="phone" if is_short else "email",
            address="+6281234567890" if is_short else "baru@example.test",
            contact=None,
            notice=Notice(uuid7(), "link.issued", NOW, None, Cause(), facts),
        )
    facts = data(change="pended" if rule == "state_changed" else None, **given)
    return letter(
        rule=rule,
        contact=Contact("Siti Rahma", "siti@example.test", language, zone, True, True),
        notice=Notice(uuid7(), "ticket.x", NOW, uuid7(), Cause(), facts),
    )


def written(one: Letter, *more: Joined, now: datetime = NOW) -> Text:
    own = Joined(one.rule, one.notice.happened_at, one.notice.data, 1 + len(more))
    return WRITER.write(one, (own, *more), now)


def parsed(message: EmailMessage) -> EmailMessage:
    read = message_from_bytes(message.as_bytes(), policy=default)
    assert isinstance(read, EmailMessage)
    return read


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", [*(rule.name for rule in RULES), *sorted(ACCOUNT_RULES)])
def test_every_message_is_complete_in_every_language(rule: str, language: str) -> None:
    one = a_letter(rule, language)
    text = written(one)
    for part in (text.subject, text.body, text.html):
        assert part.strip()
        assert not any(sign in part for sign in ("{{", "{%", "None", "Undefined", "undefined"))
    assert f'lang="{language}"' in text.html
    assert "https://portal.test/" in text.body and "https://portal.test/" in text.html
    assert "PadiNET" in text.body and "PadiNET" in text.html
    if rule not in ACCOUNT_RULES:
        assert "1234-5678" in text.subject
        assert "1234-5678" in text.body and "1234-5678" in text.html
        assert "Siti Rahma" in text.body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_state_has_its_words(change: str, language: str) -> None:
    one = a_letter("state_changed", language)
    one = replace(one, notice=replace(one.notice, data=data(change=change, text="")))
    text = written(one)
    others = [
        WRITER.write(one, (Joined("state_changed", NOW, data(change=c, text="")),), NOW)
        for c in CHANGES
        if c != change
    ]
    assert text.subject not in {other.subject for other in others}
    assert text.body not in {other.body for other in others}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_change_of_getting_in_has_its_words(language: str) -> None:
    one = a_letter("security_changed", language)
    texts = set()
    for change in get_args(SecurityChange):
        facts = one.notice.data | {"change": change}
        text = written(replace(one, notice=replace(one.notice, data=facts)))
        assert text.subject in text.body
        texts.add(text.subject)
    assert len(texts) == len(get_args(SecurityChange))


@pytest.mark.parametrize("language", LANGUAGES)
def test_joined_news_are_listed_in_order(language: str) -> None:
    more = [
        Joined("replied", NOW, data(text="kedua"), 4),
        Joined("state_changed", NOW, data(change="held", text=""), 4),
        Joined("replied", NOW, data(text="keempat", actor_name=""), 4),
    ]
    text = written(a_letter("replied", language), *more)
    assert "4" in text.subject and "1234-5678" in text.subject
    assert text.body.index("Kami cek") < text.body.index("kedua") < text.body.index("keempat")


@pytest.mark.parametrize("language", LANGUAGES)
def test_joined_new_tickets_are_listed_with_their_links(language: str) -> None:
    more = [Joined("new_ticket", NOW, data(number=f"0000-000{n}"), 50) for n in range(5)]
    one = a_letter("new_ticket", language)
    own = Joined("new_ticket", NOW, one.notice.data, 50)
    text = WRITER.write(one, (own, *more), NOW)
    assert "50" in text.subject
    assert "https://portal.test/admin/tickets/0000-0003" in text.body
    assert "44" in text.body and "44" in text.html


def test_customers_get_a_signed_link_while_it_is_good() -> None:
    one = a_letter("received")
    token = written(one).body.partition("https://portal.test/t/")[2].split()[0]
    link_id = verify_link(KEYS, "ticket", token, NOW)
    assert str(link_id) == one.notice.data["link_id"]
    late = written(one, now=NOW + timedelta(days=181))
    assert "https://portal.test/tickets/1234-5678" in late.body and "/t/" not in late.body


@pytest.mark.parametrize("rule", ["assigned", "new_ticket", "customer_replied"])
def test_staff_get_no_signed_link(rule: str) -> None:
    text = written(a_letter(rule))
    assert "https://portal.test/admin/tickets/1234-5678" in text.body
    assert "/t/" not in text.body + text.html


@pytest.mark.parametrize(
    ("rule", "path", "purpose"),
    [
        ("verify", "verify", "verify"),
        ("invite", "invitation", "invite"),
        ("reset", "reset", "reset"),
        ("email_proof", "email", "email"),
        ("email_changed", "email/undo", "email_undo"),
        ("phone_changed", "not-me", "not_me"),
        ("new_sign_in", "not-me", "not_me"),
    ],
)
def test_account_links_are_signed_for_their_purpose(rule: str, path: str, purpose: str) -> None:
    one = a_letter(rule)
    token = written(one).body.partition(f"https://portal.test/{path}/")[2].split()[0]
    assert str(verify_link(KEYS, purpose, token, NOW)) == one.notice.data["link_id"]


@pytest.mark.parametrize(
    ("zone", "language", "shown"),
    [
        ("Asia/Jakarta", "id", "15 Januari 2026 15.30 WIB"),
        ("Asia/Makassar", "id", "15 Januari 2026 16.30 WITA"),
        ("Asia/Jayapura", "en", "15 January 2026, 17:30 WIT"),
        ("Europe/Berlin", "en", "15 January 2026, 09:30 UTC+0100"),
        ("No/Where", "id", "15 Januari 2026 15.30 WIB"),
    ],
)
def test_times_are_shown_in_the_readers_zone_with_its_name(
    zone: str, language: str, shown: str
) -> None:
    assert shown_time(NOW, language, zone) == shown


def test_markup_in_any_field_is_text_in_html_and_itself_in_plain_text() -> None:
    evil = "<img src=x onerror=alert(1)> & 'quoted'"
    facts = dict.fromkeys(("subject", "requester_name", "team_name", "actor_name", "text"), evil)
    for rule in RULES:
        one = a_letter(rule.name, **facts)
        assert one.contact is not None
        one = replace(one, contact=replace(one.contact, name=evil))
        text = written(one)
        assert "<img" not in text.html
        assert evil in text.body and "&lt;" not in text.body


def test_the_language_of_an_unknown_reader_is_indonesian() -> None:
    assert TEMPLATES.subject("verify", "fr", {}) == TEMPLATES.subject("verify", "id", {})


def test_a_mail_has_the_headers_of_an_automatic_message_in_a_thread() -> None:
    first, last = uuid7(), uuid7()
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    one = a_letter("replied")
    one = replace(
        one,
        earlier_ids=(first, last),
        notice=replace(one.notice, cause=Cause("abc-12345678", trace)),
    )
    mail = parsed(compose(one, written(one), MAILER, NOW))
    assert mail["From"] == "PadiNET <tiket@padi.test>"
    assert mail["To"] == "Siti Rahma <siti@example.test>"
    assert mail["Message-ID"] == f"<{one.id}@padi.test>"
    assert mail["References"] == f"<{first}@padi.test> <{last}@padi.test>"
    assert mail["In-Reply-To"] == f"<{last}@padi.test>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Request-ID"] == "abc-12345678"
    assert mail["X-Trace-ID"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert mail["Date"].datetime == NOW
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]


def test_both_parts_arrive_as_they_were_written() -> None:
    text = Text("Subjek é", "baris\n.titik\né" + "ü" * 3000 + "\n", "<p>é – 山</p>\n")
    mail = parsed(compose(a_letter("replied"), text, MAILER, NOW))
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and html is not None
    assert plain.get_content().replace("\r\n", "\n") == text.body
    assert html.get_content().replace("\r\n", "\n") == text.html
    assert mail["Subject"] == text.subject
    raw = compose(a_letter("replied"), text, MAILER, NOW).as_bytes()
    assert raw.isascii() and max(map(len, raw.splitlines())) < 200


@settings(deadline=None)
@given(st.text(max_size=120), st.text(max_size=80))
def test_no_text_can_begin_a_header_of_its_own(subject: str, name: str) -> None:
    one = a_letter("replied", subject=subject)
    assert one.contact is not None
    one = replace(one, contact=replace(one.contact, name=name))
    raw = compose(one, written(one), MAILER, NOW).as_bytes()
    head = raw.partition(b"\r\n\r\n")[0]
    names = [
        line.partition(b":")[0] for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")
    ]
    assert names == [
        b"From",
        b"To",
        b"Subject",
        b"Date",
        b"Message-ID",
        b"Auto-Submitted",
        b"X-Auto-Response-Suppress",
        b"List-Unsubscribe",
        b"List-Unsubscribe-Post",
        b"MIME-Version",
        b"Content-Type",
    ]
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))


@pytest.mark.parametrize("value", ["a\r\nBcc: x@y.test", "a\nb", "a\rb", "a\0b"])
def test_a_header_with_a_line_break_cannot_be_made(value: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        HeaderLine("Subject", value)


@settings(deadline=None)
@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


def test_the_sender_is_an_address_with_or_without_a_name() -> None:
    assert Mailer.parse("no-reply@padi.test", "PadiNET") == Mailer("PadiNET", "no-reply@padi.test")
    assert Mailer.parse("Bantuan <b@padi.test>", "PadiNET") == Mailer("Bantuan", "b@padi.test")
    for wrong in ("", "nobody", "a@b@c", "PadiNET <>"):
        with pytest.raises(ValueError, match="NOTIFY_MAIL_FROM"):
            Mailer.parse(wrong, "PadiNET")


def test_the_moment_of_a_message_is_utc_aware() -> None:
    assert NOW.tzinfo is UTC


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_goes_to_a_phone_as_one_short_text(language: str) -> None:
    one = a_letter("phone_code", language)
    link_id = UUID(one.notice.data["link_id"])
    code = sign_code(KEYS, "phone", link_id, one.expires_at)
    mailer = replace(MAILER, phone_domain="sms.padi.test")
    mail = parsed(compose(one, written(one), mailer, NOW))
    assert mail["To"] == "6281234567890@sms.padi.test"
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/mixed", "text/plain"]
    text = mail.get_body(("plain",))
    assert text is not None
    words = text.get_content()
    assert code in words and len(words) < 250
    assert words.strip().endswith(f"@portal.test #{code}")
    assert mailer.recipient(a_letter("replied")) == "siti@example.test"
    assert MAILER.recipient(one) == ""


def test_no_link_goes_to_a_phone() -> None:
    text = written(a_letter("number_replaced"))
    assert "/not-me/" not in text.body and "https://portal.test/login" in text.body


def test_a_warning_says_what_logged_in_from_where_and_the_name_of_nothing_unknown() -> None:
    text = written(a_letter("new_sign_in", "en"))
    assert "Firefox on Windows, address 203.0.113.7" in text.body
    one = a_letter("new_sign_in", "en")
    nameless = {"browser": "", "system": "", "address": "203.0.113.7"}
    data = {**one.notice.data, "about": nameless}
    other = written(replace(one, notice=replace(one.notice, data=data)))
    assert "an unknown browser, address 203.0.113.7" in other.body


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_mail_about_tickets_can_be_ended_with_one_click(rule: Rule) -> None:
    one = a_letter(rule.name)
    text = written(one)
    mail = parsed(compose(one, text, MAILER, NOW))
    url = mail["List-Unsubscribe"].removeprefix("<").removesuffix(">")
    kind, token = url.removeprefix("https://portal.test/unsubscribe/").split("/")
    assert kind == rule.switch
    later = NOW + timedelta(days=170)
    assert verify_link(KEYS, f"unsubscribe_{kind}", token, later) == one.recipient_id
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url in text.body and url in text.html


@pytest.mark.parametrize("rule", sorted(ACCOUNT_RULES))
def test_no_mail_about_the_account_can_be_ended(rule: str) -> None:
    one = a_letter(rule)
    text = written(one)
    assert "unsubscribe" not in (text.body + text.html).lower()
    assert "List-Unsubscribe" not in compose(one, text, MAILER, NOW)

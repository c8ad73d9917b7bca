"""From a claimed intent to the mail: what its templates get to see, its links, its headers."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from notify_service.intents.domain import Letter
from notify_service.intents.rendering import Templates, Text, known, one_line
from notify_service.rules.domain import RULES
from shared.links import LinkKeys, sign_code, sign_link
from shared.tracing import trace_id_of


class _MailPolicy(EmailPolicy):
    """Without the count of each header, for which the library makes a class every time."""

    def header_max_count(self, _: str) -> None:
        """We set each header once."""


_POLICY = _MailPolicy(linesep="\r\n")
_FOR_CUSTOMERS = frozenset(rule.name for rule in RULES if rule.audience == "requester")
# Where the links of each purpose lead.
_LINK_PATHS = {
    "verify": "verify",
    "invite": "invitation",
    "reset": "reset",
    "email": "email",
    "email_undo": "email/undo",
    "not_me": "not-me",
}
_SWITCHES = {rule.name: rule.switch for rule in RULES}
# As long as a link to a ticket, and so as long as an old key is kept.
_UNSUBSCRIBE_FOR = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Mailer:
    """Whom mails come from: the name and address in From, and the domain of the Message-IDs.

    `phone_domain` is the domain of the service that turns mails into messages to phones.
    """

    name: str
    address: str
    phone_domain: str = ""

    @classmethod
    def parse(cls, mail_from: str, brand: str, phone_domain: str = "") -> "Mailer":
        """Read `Name <address>` or an address alone, which then has the brand's name."""
        name, address = parseaddr(mail_from)
        if address.count("@") != 1 or not address.isascii():
            raise ValueError("NOTIFY_MAIL_FROM: give an address, or Name <address>")
        return cls(name or brand, address, phone_domain)

    @property
    def domain(self) -> str:
        """The domain of the address."""
        return self.address.rpartition("@")[2]

    def message_id(self, intent_id: UUID) -> str:
        """The Message-ID of an intent's mail, the same at every try."""
        return f"<{intent_id}@{self.domain}>"

    def recipient(self, letter: Letter) -> str:
        """The address that the mail server is given; empty for a phone that nobody carries to."""
        if letter.channel != "phone":
            return letter.email
        return f"{letter.email.lstrip('+')}@{self.phone_domain}" if self.phone_domain else ""


@dataclass(frozen=True, slots=True)
class Joined:
    """What a message tells: usually one event, several where it was held; `count` of them in all."""

    rule: str
    happened_at: datetime
    data: dict[str, Any]
    count: int = 1


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the text of messages, with links that are good for their reader."""

    templates: Templates
    brand: str
    public_url: str
    link_keys: LinkKeys
    time_zone: str

    def write(self, letter: Letter, told: Sequence[Joined], now: datetime) -> Text:
        """The text of a letter in its reader's language."""
        first, several = told[0], len(told) > 1
        kind = letter.rule
        if several:
            kind = "new_tickets" if letter.rule == "new_ticket" else "updates"
        language, unsubscribe = self._language(letter), self._unsubscribe_url(letter)
        values = self._values(letter, first, told, language, now)
        text = self.templates.text(kind, language, {**values, "unsubscribe_url": unsubscribe})
        return replace(text, unsubscribe_url=unsubscribe)

    def _unsubscribe_url(self, letter: Letter) -> str:
        """Where mails of this kind are ended; empty where they always come."""
        if letter.is_fixed:
            return ""
        kind, until = _SWITCHES[letter.rule], letter.notice.happened_at + _UNSUBSCRIBE_FOR
        token = sign_link(self.link_keys, f"unsubscribe_{kind}", letter.recipient_id, until)
        return f"{self.public_url}/unsubscribe/{kind}/{token}"

    def _language(self, letter: Letter) -> str:
        if letter.is_fixed:
            return known(letter.notice.data["language"])
        return known(letter.contact.language if letter.contact else "")

    def _values(
        self,
        letter: Letter,
        first: Joined,
        told: Sequence[Joined],
        language: str,
        now: datetime,
    ) -> dict[str, Any]:
        reader = letter.contact
        common = {
            "brand": self.brand,
            "language": language,
            "time_zone": reader.time_zone if reader else self.time_zone,
        }
        if letter.is_fixed:
            return {**common, **self._account_values(letter)}
        return {
            **common,
            "name": one_line(reader.name) if reader else "",
            **self._seen(first, language, now),
            "messages": [self._seen(one, language, now) for one in told] if len(told) > 1 else [],
            "count": first.count,
            "queue_url": f"{self.public_url}/admin/tickets",
        }

    def _account_values(self, letter: Letter) -> dict[str, Any]:
        data = letter.notice.data
        purpose = data.get("purpose", letter.rule)
        values = {
            "happened_at": letter.notice.happened_at,
            "expires_at": letter.expires_at,
            "change": data.get("change", ""),
            "about": data.get("about", {}),
            "host": urlsplit(self.public_url).hostname or "",
        }
        if letter.rule == "phone_code":
            code = sign_code(self.link_keys, purpose, UUID(data["link_id"]), letter.expires_at)
            return {**values, "code": code, "url": f"{self.public_url}/account"}
        path = _LINK_PATHS.get(purpose)
        if path is None or letter.channel == "phone":
            # Whoever holds a phone may not be its owner any more: no link there opens anything.
            return {**values, "url": f"{self.public_url}/login"}
        token = sign_link(self.link_keys, purpose, UUID(data["link_id"]), letter.expires_at)
        return {**values, "url": f"{self.public_url}/{path}/{token}"}

    def _seen(self, told: Joined, language: str, now: datetime) -> dict[str, Any]:
        return {
            **seen(told.rule, told.data, language),
            "happened_at": told.happened_at,
            "url": self._ticket_url(told, now),
        }

    def _ticket_url(self, told: Joined, now: datetime) -> str:
        """Customers get their signed link while it is good; everybody else has to log in."""
        data = told.data
        expires_at = datetime.fromisoformat(data["link_expires_at"])
        if told.rule not in _FOR_CUSTOMERS or expires_at <= now:
            return self.public_url + ticket_path(told.rule, data["number"])
        token = sign_link(self.link_keys, "ticket", UUID(data["link_id"]), expires_at)
        return f"{self.public_url}/t/{token}"


def ticket_path(rule: str, number: str) -> str:
    """Where the reader of a rule's message finds the ticket after logging in."""
    return f"/tickets/{number}" if rule in _FOR_CUSTOMERS else f"/admin/tickets/{number}"


def seen(rule: str, data: Mapping[str, Any], language: str) -> dict[str, Any]:
    """What a template sees of an event: the ticket, who did what, the text that was written."""
    names = data["category_name"]
    return {
        "rule": rule,
        "ticket": {
            "number": data["number"],
            "subject": one_line(data["subject"]),
            "category_name": names.get(language) or next(iter(names.values()), data["category"]),
            "priority": data["priority"],
            "requester_name": one_line(data["requester_name"]),
            "team_name": one_line(data["team_name"]),
        },
        "actor_name": one_line(data["actor_name"]),
        "change": data["change"],
        "text": data["text"].strip(),
    }


def compose(letter: Letter, text: Text, mailer: Mailer, now: datetime) -> EmailMessage:
    """The mail of a letter; its Message-ID and references are the same at every try.

    One to a phone is its plain text alone: a service makes a short message of it.

    Both parts are in base64, so that no line is too long, begins with a dot or needs a server that
    takes eight bits.
    """
    boundary, is_short = f"=_{letter.id.hex}", letter.channel == "phone"
    kind = "mixed" if is_short else "alternative"
    headers = {
        **_headers(letter, text, mailer, now),
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/{kind}; boundary="{boundary}"',
    }
    message = EmailMessage(policy=_POLICY)
    for name, value in headers.items():
        message[name] = HeaderLine(name, value)
    parts = _part("plain", text.body, boundary)
    if not is_short:
        parts += _part("html", text.html, boundary)
    message.set_payload(f"{parts}--{boundary}--\r\n")
    return message


def _part(kind: str, text: str, boundary: str) -> str:
    content = base64.encodebytes(text.encode()).decode("ascii")
    return (
        f"--{boundary}\r\n"
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{content}"
    )


def _headers(letter: Letter, text: Text, mailer: Mailer, now: datetime) -> dict[str, str]:
    headers = {
        "From": formataddr((mailer.name, mailer.address)),
        "To": _addressee(letter, mailer),
        "Subject": text.subject,
        "Date": format_datetime(now),
        "Message-ID": mailer.message_id(letter.id),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if text.unsubscribe_url:
        # RFC 8058: one click in the mail program, a POST that needs no page.
        headers["List-Unsubscribe"] = f"<{text.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if letter.earlier_ids:
        headers["In-Reply-To"] = mailer.message_id(letter.earlier_ids[-1])
        headers["References"] = " ".join(mailer.message_id(i) for i in letter.earlier_ids)
    cause = letter.notice.cause
    if cause.request_id:
        headers["X-Request-ID"] = cause.request_id
    if trace_id := trace_id_of(cause.traceparent):
        headers["X-Trace-ID"] = trace_id
    return headers


def _addressee(letter: Letter, mailer: Mailer) -> str:
    """The name is left out where a stranger may have typed it, before the address was proven."""
    name = "" if letter.is_fixed or letter.contact is None else one_line(letter.contact.name)
    address = mailer.recipient(letter)
    return formataddr((name, address)) if address.isascii() else address


class HeaderLine(str):
    """A header that folds itself: the standard library's parse of each costs more than all the rest.

    Raises ValueError for a line break, so no value can begin a header of its own.
    """

    name: str

    def __new__(cls, name: str, value: str) -> "HeaderLine":
        if any(c in value for c in "\r\n\0"):
            raise ValueError(f"{name} holds a line break")
        line = super().__new__(cls, value)
        line.name = name
        return line

    def fold(self, *, policy: Policy) -> str:
        """The header as it travels: RFC 2047 words where it is not ASCII and has to be."""
        value = str(self)
        if not self.isascii() and not policy.utf8:  # type: ignore[attr-defined]
            value = Header(value, "utf-8", 76, self.name).encode(linesep="\r\n")
        return f"{self.name}: {value}\r\n"

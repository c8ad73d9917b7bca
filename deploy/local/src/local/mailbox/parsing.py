"""A raw mail as the things a reader wants: subject, text, HTML, headers."""

from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr


@dataclass(frozen=True, slots=True)
class Content:
    """The readable parts; empty text where a part is missing."""

    sender: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]


def parse(raw: bytes) -> Content:
    message = message_from_bytes(raw)
    headers = _headers(message)
    return Content(
        sender=parseaddr(headers.get("From", ""))[1],
        subject=headers.get("Subject", ""),
        text=_part(message, "text/plain"),
        html=_part(message, "text/html"),
        headers=headers,
    )


def _part(message: Message, kind: str) -> str:
    """The first part of this kind that is not an attachment."""
    for part in message.walk():
        if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
            payload = part.get_payload(decode=True)
            return _decode(payload, part.get_content_charset("utf-8"))
    return ""


def _decode(payload: object, charset: str) -> str:
    content = payload if isinstance(payload, bytes) else b""
    try:
        return content.decode(charset, errors="replace")
    except LookupError:
        return content.decode(errors="replace")


def _headers(message: Message) -> dict[str, str]:
    """Name to value; a header that is there several times has its values joined by a comma."""
    headers: dict[str, str] = {}
    for name, value in message.items():
        plain = _readable(str(value))
        headers[name] = f"{headers[name]}, {plain}" if name in headers else plain
    return headers


def _readable(value: str) -> str:
    unfolded = value.replace("\r", "").replace("\n", "")
    if "=?" not in unfolded:
        return unfolded
    try:
        return str(make_header(decode_header(unfolded)))
    except (ValueError, LookupError):
        return unfolded

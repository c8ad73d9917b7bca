"""The mail server: a few reused connections, and every error told as what it means for a message."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from notify_service.intents.domain import Failure

_CONNECT_SECONDS = 10.0
_MESSAGES_PER_CONNECTION = 200
_FRESH_SECONDS = 5.0
_IDLE_SECONDS = 30.0
# Answers that speak of us or of the server, not of the message: RFC 4954 and 421 of RFC 5321.
_OF_CHANNEL = frozenset({421, 432, 454, 530, 534, 535, 538})
CHANNEL_FAILED = "connection"


class NotSent(Exception):
    """The server did not say that it took the message."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class SmtpAddress:
    """Where the mail server is: `smtp://[user:password@]host[:port]`, or `smtps://` for TLS at once.

    With `smtp://` TLS is begun where the server offers it (STARTTLS).
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    use_tls: bool = False

    @classmethod
    def parse(cls, url: str) -> "SmtpAddress":
        """Raises ValueError when the URL names no mail server."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("NOTIFY_SMTP_URL: give smtp://host:port or smtps://host:port")
        is_tls = parts.scheme == "smtps"
        return cls(
            parts.hostname,
            parts.port or (465 if is_tls else 587 if parts.username else 25),
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            is_tls,
        )


class _Connection(aiosmtplib.SMTP):
    """A connection that remembers whether the server has got the message in hand."""

    def __init__(self, address: SmtpAddress, *, own_name: str, timeout: float) -> None:
        super().__init__(
            hostname=address.host,
            port=address.port,
            username=address.username,
            password=address.password,
            use_tls=address.use_tls,
            local_hostname=own_name,
            timeout=timeout,
        )
        self.has_handed_over = False
        self.messages = 0
        self.used_at = time.monotonic()

    async def data(self, *args: Any, **options: Any) -> Any:
        """Hand over the message; from here on a lost answer leaves us in doubt."""
        self.has_handed_over = True
        return await super().data(*args, **options)


class Smtp:
    """Sends messages over at most as many connections as callers send at once."""

    def __init__(self, address: SmtpAddress, *, own_name: str, timeout: float) -> None:
        self._address = address
        self._own_name = own_name
        self._timeout = timeout
        self._idle: list[_Connection] = []

    async def send(self, message: EmailMessage, *, sender: str, recipient: str) -> None:
        """Return when the server has taken the message; raises `NotSent`, which says what that means."""
        connection = await self._reuse()
        if connection:
            try:
                await self._send_over(connection, message, sender, recipient)
            except NotSent:
                if connection.is_connected or connection.has_handed_over:
                    raise
            else:
                return
        await self._send_over(await self._connect(), message, sender, recipient)

    async def close_idle(self, *, older_than: float = _IDLE_SECONDS) -> None:
        """Take leave of the server where nothing was sent for a while."""
        now = time.monotonic()
        old = [c for c in self._idle if now - c.used_at >= older_than]
        self._idle = [c for c in self._idle if c not in old]
        for connection in old:
            with suppress(aiosmtplib.SMTPException, OSError):
                await connection.quit(timeout=2)
            connection.close()

    async def _reuse(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_connected:
                continue
            if time.monotonic() - connection.used_at < _FRESH_SECONDS:
                return connection
            with suppress(aiosmtplib.SMTPException, OSError):
                await connection.noop(timeout=2)
                return connection
            connection.close()
        return None

    async def _connect(self) -> _Connection:
        connection = _Connection(self._address, own_name=self._own_name, timeout=self._timeout)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await connection.connect(timeout=_CONNECT_SECONDS)
                await connection.ehlo()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            connection.close()
            raise NotSent(Failure(CHANNEL_FAILED, _described(error), of_channel=True)) from error
        return connection

    async def _send_over(
        self, connection: _Connection, message: EmailMessage, sender: str, recipient: str
    ) -> None:
        connection.has_handed_over = False
        try:
            with _told_as_failures(connection):
                await connection.send_message(message, sender=sender, recipients=[recipient])
        finally:
            connection.messages += 1
            connection.used_at = time.monotonic()
            if connection.is_connected and connection.messages < _MESSAGES_PER_CONNECTION:
                self._idle.append(connection)
            else:
                connection.close()


@contextmanager
def _told_as_failures(connection: _Connection) -> Iterator[None]:
    try:
        yield
    except aiosmtplib.SMTPRecipientsRefused as error:
        refused = error.recipients[0]
        raise NotSent(failure_of_answer(refused.code, refused.message)) from error
    except aiosmtplib.SMTPResponseException as error:
        raise NotSent(failure_of_answer(error.code, error.message)) from error
    except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError) as error:
        is_uncertain = connection.has_handed_over
        connection.close()
        raise NotSent(
            Failure(
                "no_answer" if is_uncertain else CHANNEL_FAILED,
                _described(error),
                is_uncertain=is_uncertain,
                of_channel=not is_uncertain,
            )
        ) from error
    except (aiosmtplib.SMTPException, ValueError) as error:
        connection.close()
        raise NotSent(Failure("unsendable", _described(error), is_permanent=True)) from error
    except BaseException:
        connection.close()
        raise


def failure_of_answer(code: int, text: str) -> Failure:
    """What an answer of the server means: 4yz may pass, 5yz will not (RFC 5321, 4.2.1)."""
    words = f"{code} {text}"[:500]
    if code in _OF_CHANNEL:
        return Failure(CHANNEL_FAILED, words, of_channel=True)
    return Failure(str(code), words, is_permanent=500 <= code < 600)


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:500]

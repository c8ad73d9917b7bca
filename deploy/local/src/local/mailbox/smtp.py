"""The receiving side: every mail is accepted and kept, unless faults are wished for."""

import asyncio
from dataclasses import dataclass
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from local.mailbox.faults import Faults, Stage
from local.mailbox.store import Store

LARGEST = 25 * 1024 * 1024
OK = "250 OK"
NO_ANSWER = "421 Connection lost"


@dataclass
class Receiver:
    """The handler whose methods aiosmtpd calls by name; `faults` may be exchanged at any time."""

    store: Store
    faults: Faults = Faults()  # noqa: RUF009 - frozen, so sharing the default is safe

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        return [self._refusal()] if self._refuses("connect", []) else responses

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        if self._refuses("rcpt", [address]):
            return self._refusal()
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        recipients = [str(r) for r in envelope.rcpt_tos]
        faults = self.faults if self.faults.concerns(recipients) else Faults()
        await asyncio.sleep(faults.delay)
        if self._refuses("data", recipients):
            return self._refusal()
        if faults.cut != "before":
            self.store.add(str(envelope.mail_from or ""), recipients, _bytes(envelope.content))
        if faults.cut:
            self.faults = self.faults.used()
            cast(asyncio.Transport, server.transport).abort()
            return NO_ANSWER
        return OK

    def _refuses(self, stage: Stage, recipients: list[str]) -> bool:
        return self.faults.refuses(stage, recipients)

    def _refusal(self) -> str:
        code, self.faults = self.faults.refuse, self.faults.used()
        return f"{code} Refused on request"


def _bytes(content: bytes | str | None) -> bytes:
    return content.encode() if isinstance(content, str) else content or b""


def create_session(receiver: Receiver) -> SMTP:
    """One connection; the host name is fixed, so that no name server is ever asked."""
    return SMTP(
        receiver,
        hostname="mailbox",
        ident="mailbox",
        data_size_limit=LARGEST,
        enable_SMTPUTF8=True,
    )

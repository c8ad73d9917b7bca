"""The receiving side: every mail is accepted and kept, unless faults are wished for."""

import asyncio
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP, Envelope, Session

from local.mailbox.faults import Faults
from local.mailbox.store import Store

LARGEST = 25 * 1024 * 1024
OK = "250 OK"
NO_ANSWER = "421 Connection lost"


@dataclass
class Receiver:
    """The handler that aiosmtpd calls; `faults` may be exchanged at any time."""

    store: Store
    faults: Faults = Faults()  # noqa: RUF009 - frozen, so sharing the default is safe

    async def handle_EHLO(  # noqa: N802, PLR0913 - aiosmtpd finds the hook by this name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        return [self._refusal()] if self._refuses("connect", []) else responses

    async def handle_RCPT(  # noqa: N802
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

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        recipients = [str(r) for r in envelope.rcpt_tos]
        faults = self.faults if self.faults.concerns(recipients) else Faults()
        await asyncio.sleep(faults.delay)
        if self._refuses("data", recipients):
            return self._refusal()
        if faults.cut != "before":
            self.store.add(str(envelope.mail_from or ""), recipients, bytes(envelope.content or b""))
        if faults.cut:
            self.faults = self.faults.used()
            server.transport.abort()
            return NO_ANSWER
        return OK

    def _refuses(self, stage: str, recipients: list[str]) -> bool:
        return self.faults.refuses(stage, recipients)  # type: ignore[arg-type]

    def _refusal(self) -> str:
        code, self.faults = self.faults.refuse, self.faults.used()
        return f"{code} Refused on request"


def create_session(receiver: Receiver) -> SMTP:
    """One connection; the host name is fixed, so that no name server is ever asked."""
    return SMTP(
        receiver,
        hostname="mailbox",
        ident="mailbox",
        data_size_limit=LARGEST,
        enable_SMTPUTF8=True,
    )

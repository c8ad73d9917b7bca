"""identity-service: getting into one's account again, and changing how one is reached."""

from urllib.parse import quote

from gateway.clients.calls import Record, record
from gateway.clients.identity import LoggedIn
from gateway.upstream import Caller, Upstream


class Access:
    """identity-service: resets, changes of address and number, links against strangers."""

    def __init__(self, upstream: Upstream) -> None:
        self._up = upstream

    async def ask_for_reset(self, who: Caller, command: Record) -> None:
        """Send somebody a link; the answer is the same for known and unknown people."""
        await self._up.ask("POST", "/password-resets", who, body=command)

    async def reset(self, who: Caller, token: str) -> Record:
        """Whose password a link sets; raises a 404 refusal when it is no longer valid."""
        return record(await self._up.ask("GET", f"/password-resets/{quote(token, safe='')}", who))

    async def reset_password(self, who: Caller, command: Record) -> None:
        """Set the password with the link's token."""
        await self._up.ask("POST", "/password-resets/accept", who, body=command)

    async def change_email(self, who: Caller, command: Record) -> None:
        """Send a link to the next address; nothing changes before it was opened."""
        await self._up.ask("PUT", "/me/email", who, body=command)

    async def email_change(self, who: Caller, token: str) -> Record:
        """Which address a link proves; raises a 404 refusal when it is no longer valid."""
        return record(await self._up.ask("GET", f"/email-changes/{quote(token, safe='')}", who))

    async def confirm_email(self, who: Caller, token: str) -> None:
        """Let the proven address count; every session ends."""
        await self._up.ask("POST", "/email-changes/confirm", who, body={"token": token})

    async def recover(self, who: Caller, purpose: str, token: str) -> None:
        """Lock everybody out of an account; its owner is mailed a link for a new password."""
        command = {"purpose": purpose, "token": token}
        await self._up.ask("POST", "/recoveries", who, body=command)

    async def unsubscribe(self, who: Caller, kind: str, token: str) -> None:
        """Send whoever got a mail no more of its kind."""
        command = {"kind": kind, "token": token}
        await self._up.ask("POST", "/unsubscriptions", who, body=command)

    async def change_phone(self, who: Caller, command: Record) -> None:
        """Send a code to a number; nothing changes before it was typed."""
        await self._up.ask("PUT", "/me/phone", who, body=command)

    async def prove_phone(self, who: Caller, code: str) -> LoggedIn:
        """Prove a number; ends every session and begins the one to go on with."""
        return LoggedIn(**await self._up.ask("POST", "/me/phone/proof", who, body={"code": code}))

    async def remove_phone(self, who: Caller, command: Record) -> LoggedIn:
        """Have no number any more; the sessions end likewise."""
        return LoggedIn(**await self._up.ask("POST", "/me/phone/removal", who, body=command))

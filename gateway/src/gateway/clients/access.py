"""identity-service: getting into one's account again, and changing how one is reached."""

from urllib.parse import quote

from gateway.clients.calls import Record, record
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

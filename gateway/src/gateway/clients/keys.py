"""identity-service: the keys of programs."""

from urllib.parse import quote

from gateway.clients.calls import GATEWAY, Listing, Record, once, query, record
from gateway.upstream import Caller, Refusal, Upstream
from shared.errors import Unavailable


class Keys:
    """identity-service: API keys."""

    def __init__(self, upstream: Upstream) -> None:
        self._up = upstream

    async def resolve_api_key(self, key: str) -> Record | None:
        """Whom a key acts for, with rights and limits; None when it opens nothing."""
        try:
            found: Record = await self._up.ask(
                "POST", "/api-keys/resolve", Caller(GATEWAY), body={"key": key}
            )
        except Refusal as refusal:
            if refusal.status == 401:
                return None
            raise Unavailable(service=self._up.name) from refusal
        return found

    async def note_refusal(self, who: Caller, key: str, reason: str) -> None:
        """Have it written down that a key was shown in vain, from where."""
        gateway = Caller(GATEWAY, who.address, who.agent)
        body = {"key": key, "reason": reason}
        await self._up.ask("POST", "/api-keys/refused", gateway, body=body)

    async def api_keys(self, who: Caller, filters: dict[str, str]) -> Listing:
        """A page of keys, the newest first."""
        return Listing.of(await self._up.ask("GET", f"/api-keys{query(filters)}", who))

    async def create_api_key(self, who: Caller, command: Record, key: str) -> Record:
        """Make a key; its text is in the first answer only."""
        return record(await self._up.ask("POST", "/api-keys", who, body=command, headers=once(key)))

    async def revoke_api_key(self, who: Caller, key_id: str) -> None:
        """Let a key open nothing any more."""
        await self._up.ask("DELETE", f"/api-keys/{quote(key_id, safe='')}", who)

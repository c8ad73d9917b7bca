"""All services: a copy of one's own data, and erasing people."""

from collections.abc import AsyncIterator
from urllib.parse import quote

from gateway.clients.calls import Record, if_match, query, record
from gateway.upstream import Caller, Upstream


class Privacy:
    """What each service keeps of a person, and identity-service's last word on them."""

    def __init__(self, identity: Upstream, tickets: Upstream, notices: Upstream) -> None:
        self._identity = identity
        self._tickets = tickets
        self._notices = notices

    async def own_account(self, who: Caller, proof: Record) -> Record:
        """What identity-service keeps; raises a 422 refusal for a wrong password or code."""
        return record(await self._identity.ask("POST", "/own-data", who, body=proof))

    def own_tickets(self, who: Caller) -> AsyncIterator[Record]:
        """One's own tickets, the oldest first."""
        return _all(self._tickets, who)

    def own_messages(self, who: Caller) -> AsyncIterator[Record]:
        """What one was told, the oldest first."""
        return _all(self._notices, who)

    async def photo(self, who: Caller, photo_id: str) -> bytes:
        """A photo of one's own ticket."""
        found = await self._tickets.fetch(f"/attachments/{quote(photo_id, safe='')}", who)
        return b"".join([chunk async for chunk in found.chunks()])

    async def erase_me(self, who: Caller, command: Record) -> None:
        """Remove oneself for good."""
        await self._identity.ask("POST", "/me/erase", who, body=command)

    async def erase_person(
        self, who: Caller, user_id: str, version: str, *, is_final: bool
    ) -> None:
        """Remove somebody for good."""
        await self._identity.ask(
            "POST",
            f"/users/{quote(user_id, safe='')}/erase",
            who,
            body={"is_final": is_final},
            headers=if_match(version),
        )


async def _all(upstream: Upstream, who: Caller) -> AsyncIterator[Record]:
    cursor = ""
    while True:
        page = record(await upstream.ask("GET", f"/own-data{query({'cursor': cursor})}", who))
        for item in page["items"]:
            yield item
        if not page["next"]:
            return
        cursor = page["next"]

"""ticket-service: tickets, their conversation, categories, signed links."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO
from urllib.parse import quote
from uuid import UUID

from gateway.clients.calls import GATEWAY, Listing, Record, if_match, once, query, record
from gateway.upstream import Caller, Download, Refusal, Upstream
from shared.auth import Actor
from shared.errors import Unavailable

_CATEGORIES_KNOWN_SECONDS = 30


@dataclass(frozen=True, slots=True)
class LinkedTicket:
    """What a signed link opens: this ticket, as this person."""

    ticket_id: UUID
    number: str
    user_id: UUID

    @property
    def actor(self) -> Actor:
        """May read and answer this one ticket, nothing else."""
        return Actor(id=self.user_id, kind="link", link=self.ticket_id)


class Tickets:
    """ticket-service: tickets, their conversation, categories, signed links."""

    def __init__(self, upstream: Upstream) -> None:
        self._up = upstream
        self._categories: tuple[float, list[Record]] | None = None

    async def tickets(self, who: Caller, filters: Mapping[str, str]) -> Listing:
        """Tickets that this caller may see."""
        return Listing.of(await self._up.read("/tickets" + query(filters), who))

    async def counts(self, who: Caller) -> Record:
        """How many tickets are in each queue of this caller."""
        return record(await self._up.ask("GET", "/tickets/counts", who))

    async def ticket(self, who: Caller, number: str) -> Record:
        """One ticket with its messages and timeline."""
        return record(await self._up.read(f"{_ticket(number)}?expand=messages,timeline", who))

    async def ticket_id(self, who: Caller, number: str) -> str | None:
        """The id of a ticket, if this caller may see it; None when that is refused."""
        try:
            found = record(await self._up.ask("GET", _ticket(number), who))
        except Refusal:
            return None
        return str(found["id"])

    async def open_ticket(self, who: Caller, command: Record, key: str) -> Record:
        """Report something for oneself."""
        return record(await self._up.ask("POST", "/tickets", who, body=command, headers=once(key)))

    async def open_ticket_for_caller(self, who: Caller, command: Record, key: str) -> Record:
        """Report something for somebody on the phone."""
        target = "/tickets/for-caller"
        return record(await self._up.ask("POST", target, who, body=command, headers=once(key)))

    async def reply(self, who: Caller, number: str, command: Record, key: str) -> Record:
        """Add a public message."""
        target = f"{_ticket(number)}/replies"
        return record(await self._up.ask("POST", target, who, body=command, headers=once(key)))

    async def note(self, who: Caller, number: str, command: Record, key: str) -> Record:
        """Add an internal note."""
        target = f"{_ticket(number)}/notes"
        return record(await self._up.ask("POST", target, who, body=command, headers=once(key)))

    async def rate_ticket(self, who: Caller, number: str, command: Record, version: str) -> Record:
        """Say how content the requester is."""
        return await self.change_ticket(who, number, "feedback", command, version)

    async def upload_photo(self, who: Caller, name: str, content: IO[bytes], key: str) -> Record:
        """Upload a photo that a message can name afterwards."""
        return record(await self._up.upload("/attachments", who, name, content, once(key)))

    async def photo(self, who: Caller, attachment_id: str, *, small: bool) -> Download:
        """A photo, or the small picture of it."""
        target = f"/attachments/{quote(attachment_id, safe='')}"
        return await self._up.fetch(target + ("/thumbnail" if small else ""), who)

    async def edit_ticket(self, who: Caller, number: str, command: Record, version: str) -> Record:
        """Change subject, category, priority or tags."""
        return record(
            await self._up.ask(
                "PATCH", _ticket(number), who, body=command, headers=if_match(version)
            )
        )

    async def change_ticket(
        self, who: Caller, number: str, verb: str, command: Record, version: str
    ) -> Record:
        """Assign, pend, hold, solve, close, cancel, reopen, merge or restore."""
        target = f"{_ticket(number)}/{verb}"
        return record(
            await self._up.ask("POST", target, who, body=command, headers=if_match(version))
        )

    async def delete_ticket(self, who: Caller, number: str, reason: str) -> None:
        """Take a ticket out of sight."""
        await self._up.ask("DELETE", _ticket(number), who, body={"reason": reason})

    async def categories(self, who: Caller) -> list[Record]:
        """What a ticket can be about, known for half a minute; for longer when nobody answers."""
        now = time.monotonic()
        if self._categories and self._categories[0] > now:
            return self._categories[1]
        try:
            found = Listing.of(await self._up.ask("GET", "/categories", who)).items
        except Unavailable:
            if self._categories:
                return self._categories[1]
            raise
        active = sorted((c for c in found if c["is_active"]), key=lambda c: c["position"])
        self._categories = (now + _CATEGORIES_KNOWN_SECONDS, active)
        return active

    async def every_category(self, who: Caller) -> list[Record]:
        """All categories as an admin sees them, those that are switched off last."""
        found = Listing.of(await self._up.ask("GET", "/categories", who)).items
        return sorted(found, key=lambda c: (not c["is_active"], c["position"]))

    async def create_category(self, who: Caller, command: Record, key: str) -> Record:
        """Something new that a ticket can be about."""
        made = await self._up.ask("POST", "/categories", who, body=command, headers=once(key))
        self._categories = None
        return record(made)

    async def edit_category(self, who: Caller, slug: str, command: Record, version: str) -> Record:
        """Rename, sort or switch a category."""
        target = f"/categories/{quote(slug, safe='')}"
        edited = await self._up.ask("PATCH", target, who, body=command, headers=if_match(version))
        self._categories = None
        return record(edited)

    async def assignees(self, who: Caller) -> list[Record]:
        """Staff that tickets can be given to."""
        return Listing.of(await self._up.ask("GET", "/assignees", who)).items

    async def open_link(self, token: str) -> "LinkedTicket":
        """The ticket and person behind a signed link; raises a 404 refusal when it is not valid."""
        found = await self._up.ask("POST", "/links/open", Caller(GATEWAY), body={"token": token})
        return LinkedTicket(UUID(found["ticket_id"]), found["number"], UUID(found["user_id"]))


def _ticket(number: str) -> str:
    return f"/tickets/{quote(number, safe='')}"

"""The services' routes that pages use, as small functions; a record is the JSON that a service gives."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import quote, urlencode
from uuid import UUID

from gateway.upstream import Caller, Download, Refusal, Upstream
from shared.auth import Actor
from shared.errors import Unavailable

Record = dict[str, Any]

GATEWAY = Actor(id=None, kind="gateway")
_CATEGORIES_KNOWN_SECONDS = 30
_PREFERENCES = "/me/notification-preferences"


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list; `next` is the cursor of the following page, None on the last one.

    `counts` are the sizes of the queues, where they were asked for with a list of tickets.
    """

    items: list[Record]
    next: str | None
    counts: Record | None = None

    @classmethod
    def of(cls, answer: Record) -> "Listing":
        """Read `{"items": […], "next": …}`."""
        return cls(answer["items"], answer["next"], answer.get("counts"))


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A new session: its token, its end, its person."""

    token: str
    expires_at: str
    user: Record


class Identity:
    """identity-service: sessions, registration, people, teams, lines."""

    def __init__(self, upstream: Upstream) -> None:
        self._up = upstream

    async def resolve_session(self, token: str) -> Record | None:
        """Who a cookie belongs to, with rights; None when it is not valid."""
        try:
            found: Record = await self._up.ask(
                "POST", "/sessions/resolve", Caller(GATEWAY), body={"token": token}
            )
        except Refusal as refusal:
            if refusal.status == 401:
                return None
            raise Unavailable(service=self._up.name) from refusal
        return found

    async def log_in(self, who: Caller, command: Record) -> LoggedIn:
        """Open a session for e-mail and password."""
        return LoggedIn(**await self._up.ask("POST", "/sessions", who, body=command))

    async def log_out(self, who: Caller, token: str) -> None:
        """End a session."""
        await self._up.ask("DELETE", "/sessions/current", who, body={"token": token})

    async def register(self, who: Caller, command: Record, key: str) -> None:
        """Ask for an account; the answer is the same for known and unknown addresses."""
        await self._up.ask("POST", "/registrations", who, body=command, headers=_once(key))

    async def resend_verification(self, who: Caller, email: str) -> None:
        """Send the verification link again, if there is something to verify."""
        await self._up.ask("POST", "/registrations/resend", who, body={"email": email})

    async def verify(self, who: Caller, command: Record) -> Record:
        """Prove an address with the link's token."""
        return _record(await self._up.ask("POST", "/registrations/verify", who, body=command))

    async def invitation(self, who: Caller, token: str) -> Record:
        """Whom a link invites; raises a 404 refusal when it is no longer valid."""
        return _record(await self._up.ask("GET", f"/invitations/{quote(token)}", who))

    async def accept_invitation(self, who: Caller, command: Record) -> Record:
        """Set the password of an invited person."""
        return _record(await self._up.ask("POST", "/invitations/accept", who, body=command))

    async def me(self, who: Caller) -> Record:
        """Oneself."""
        return _record(await self._up.ask("GET", "/me", who))

    async def edit_me(self, who: Caller, command: Record, version: str) -> Record:
        """Change one's name, language, time zone."""
        return _record(
            await self._up.ask("PATCH", "/me", who, body=command, headers=_if_match(version))
        )

    async def change_phone(self, who: Caller, command: Record) -> LoggedIn:
        """Change one's number; ends every session and begins the one to go on with."""
        return LoggedIn(**await self._up.ask("PUT", "/me/phone", who, body=command))

    async def change_password(self, who: Caller, command: Record) -> LoggedIn:
        """Change one's password; ends every session and begins the one to go on with."""
        return LoggedIn(**await self._up.ask("PUT", "/me/password", who, body=command))

    async def preferences(self, who: Caller) -> list[Record]:
        """Which kinds of messages one wants, by channel."""
        items: list[Record] = (await self._up.ask("GET", _PREFERENCES, who))["items"]
        return items

    async def change_preferences(self, who: Caller, command: Record, version: str) -> None:
        """Switch kinds of messages on and off."""
        await self._up.ask("PATCH", _PREFERENCES, who, body=command, headers=_if_match(version))

    async def change_avatar(self, who: Caller, name: str, content: IO[bytes]) -> None:
        """Show oneself in another picture."""
        await self._up.upload("/me/avatar", who, name, content, method="PUT")

    async def remove_avatar(self, who: Caller) -> None:
        """Show oneself in no picture."""
        await self._up.ask("DELETE", "/me/avatar", who)

    async def avatar(self, who: Caller, user_id: str) -> bytes:
        """Somebody's picture, a WebP of some kilobytes."""
        found = await self._up.fetch(f"/users/{quote(user_id, safe='')}/avatar", who)
        return (await found.answer()).body

    async def own_sessions(self, who: Caller) -> list[Record]:
        """Where one is logged in."""
        items: list[Record] = (await self._up.ask("GET", "/me/sessions", who))["items"]
        return items

    async def end_session(self, who: Caller, session_id: str) -> None:
        """End one of one's sessions."""
        await self._up.ask("DELETE", f"/me/sessions/{quote(session_id, safe='')}", who)

    async def end_other_sessions(self, who: Caller) -> None:
        """End all of one's sessions but the one that asks."""
        await self._up.ask("DELETE", "/me/sessions", who)

    async def people(self, who: Caller, filters: Mapping[str, str]) -> Listing:
        """Users by name."""
        return Listing.of(await self._up.ask("GET", "/users" + _query(filters), who))

    async def person(self, who: Caller, user_id: str) -> Record:
        """One user."""
        return _record(await self._up.ask("GET", f"/users/{quote(user_id)}", who))

    async def invite(self, who: Caller, command: Record, key: str) -> Record:
        """Make an account and send its owner a link."""
        return _record(await self._up.ask("POST", "/users", who, body=command, headers=_once(key)))

    async def invite_again(self, who: Caller, user_id: str) -> None:
        """Send the link of an invitation again."""
        await self._up.ask("POST", f"/users/{quote(user_id)}/invitation", who, body={})

    async def edit_person(self, who: Caller, user_id: str, command: Record, version: str) -> Record:
        """Change a user's data, role or teams."""
        target = f"/users/{quote(user_id)}"
        return _record(
            await self._up.ask("PATCH", target, who, body=command, headers=_if_match(version))
        )

    async def set_active(self, who: Caller, user_id: str, active: bool, version: str) -> Record:
        """Let a person in again, or no longer."""
        target = f"/users/{quote(user_id)}/{'reactivate' if active else 'deactivate'}"
        return _record(await self._up.ask("POST", target, who, body={}, headers=_if_match(version)))

    async def roles(self, who: Caller) -> list[Record]:
        """The roles and their permissions."""
        return Listing.of(await self._up.ask("GET", "/roles", who)).items

    async def teams(self, who: Caller) -> list[Record]:
        """The teams that still work."""
        found = Listing.of(await self._up.ask("GET", "/teams?limit=100", who)).items
        return [team for team in found if team["is_active"]]

    async def service_lines(self, who: Caller, user_id: str) -> list[Record]:
        """A customer's lines that are not ended."""
        target = "/service-lines" + _query({"user_id": user_id, "limit": "20"})
        found = Listing.of(await self._up.ask("GET", target, who)).items
        return [line for line in found if line["state"] != "ended"]


class Tickets:
    """ticket-service: tickets, their conversation, categories, signed links."""

    def __init__(self, upstream: Upstream) -> None:
        self._up = upstream
        self._categories: tuple[float, list[Record]] | None = None

    async def tickets(self, who: Caller, filters: Mapping[str, str]) -> Listing:
        """Tickets that this caller may see."""
        return Listing.of(await self._up.read("/tickets" + _query(filters), who))

    async def counts(self, who: Caller) -> Record:
        """How many tickets are in each queue of this caller."""
        return _record(await self._up.ask("GET", "/tickets/counts", who))

    async def ticket(self, who: Caller, number: str) -> Record:
        """One ticket with its messages and timeline."""
        return _record(await self._up.read(f"{_ticket(number)}?expand=messages,timeline", who))

    async def ticket_id(self, who: Caller, number: str) -> str | None:
        """The id of a ticket, if this caller may see it; None when that is refused."""
        try:
            found = _record(await self._up.ask("GET", _ticket(number), who))
        except Refusal:
            return None
        return str(found["id"])

    async def open_ticket(self, who: Caller, command: Record, key: str) -> Record:
        """Report something for oneself."""
        return _record(
            await self._up.ask("POST", "/tickets", who, body=command, headers=_once(key))
        )

    async def open_ticket_for_caller(self, who: Caller, command: Record, key: str) -> Record:
        """Report something for somebody on the phone."""
        target = "/tickets/for-caller"
        return _record(await self._up.ask("POST", target, who, body=command, headers=_once(key)))

    async def reply(self, who: Caller, number: str, command: Record, key: str) -> Record:
        """Add a public message."""
        target = f"{_ticket(number)}/replies"
        return _record(await self._up.ask("POST", target, who, body=command, headers=_once(key)))

    async def note(self, who: Caller, number: str, command: Record, key: str) -> Record:
        """Add an internal note."""
        target = f"{_ticket(number)}/notes"
        return _record(await self._up.ask("POST", target, who, body=command, headers=_once(key)))

    async def rate_ticket(self, who: Caller, number: str, command: Record, version: str) -> Record:
        """Say how content the requester is."""
        return await self.change_ticket(who, number, "feedback", command, version)

    async def upload_photo(self, who: Caller, name: str, content: IO[bytes], key: str) -> Record:
        """Upload a photo that a message can name afterwards."""
        return _record(await self._up.upload("/attachments", who, name, content, _once(key)))

    async def photo(self, who: Caller, attachment_id: str, *, small: bool) -> Download:
        """A photo, or the small picture of it."""
        target = f"/attachments/{quote(attachment_id, safe='')}"
        return await self._up.fetch(target + ("/thumbnail" if small else ""), who)

    async def edit_ticket(self, who: Caller, number: str, command: Record, version: str) -> Record:
        """Change subject, category, priority or tags."""
        return _record(
            await self._up.ask(
                "PATCH", _ticket(number), who, body=command, headers=_if_match(version)
            )
        )

    async def change_ticket(
        self, who: Caller, number: str, verb: str, command: Record, version: str
    ) -> Record:
        """Assign, pend, hold, solve, close, cancel, reopen, merge or restore."""
        target = f"{_ticket(number)}/{verb}"
        return _record(
            await self._up.ask("POST", target, who, body=command, headers=_if_match(version))
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
        made = await self._up.ask("POST", "/categories", who, body=command, headers=_once(key))
        self._categories = None
        return _record(made)

    async def edit_category(self, who: Caller, slug: str, command: Record, version: str) -> Record:
        """Rename, sort or switch a category."""
        target = f"/categories/{quote(slug, safe='')}"
        edited = await self._up.ask("PATCH", target, who, body=command, headers=_if_match(version))
        self._categories = None
        return _record(edited)

    async def assignees(self, who: Caller) -> list[Record]:
        """Staff that tickets can be given to."""
        return Listing.of(await self._up.ask("GET", "/assignees", who)).items

    async def open_link(self, token: str) -> "LinkedTicket":
        """The ticket and person behind a signed link; raises a 404 refusal when it is not valid."""
        found = await self._up.ask("POST", "/links/open", Caller(GATEWAY), body={"token": token})
        return LinkedTicket(UUID(found["ticket_id"]), found["number"], UUID(found["user_id"]))


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


class Analytics:
    """analytics-service: figures."""

    def __init__(self, upstream: Upstream) -> None:
        self._up = upstream

    async def overview(self, who: Caller) -> Record:
        """Agents, categories, tickets, as of when."""
        return _record(await self._up.ask("GET", "/reports/overview", who))


@dataclass(frozen=True)
class Services:
    """The four services, raw by name for the API and as functions for pages."""

    upstreams: Mapping[str, Upstream]
    identity: Identity
    tickets: Tickets
    analytics: Analytics

    @classmethod
    def over(cls, upstreams: Mapping[str, Upstream]) -> "Services":
        """Clients over the named upstreams."""
        return cls(
            upstreams,
            Identity(upstreams["identity-service"]),
            Tickets(upstreams["ticket-service"]),
            Analytics(upstreams["analytics-service"]),
        )

    async def close(self) -> None:
        """Close all connections."""
        for upstream in self.upstreams.values():
            await upstream.close()


def _record(answer: Any) -> Record:
    assert isinstance(answer, dict)
    return answer


def _ticket(number: str) -> str:
    return f"/tickets/{quote(number, safe='')}"


def _query(filters: Mapping[str, str]) -> str:
    given = {name: value for name, value in filters.items() if value}
    return f"?{urlencode(given)}" if given else ""


def _once(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def _if_match(version: str) -> dict[str, str]:
    return {"If-Match": f'"{version}"'} if version else {}

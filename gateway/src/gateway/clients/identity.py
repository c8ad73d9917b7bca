"""identity-service: who somebody is, people, teams, lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO
from urllib.parse import quote

from gateway.clients.calls import GATEWAY, Listing, Record, if_match, once, query, record
from gateway.upstream import Caller, Refusal, Upstream
from shared.errors import Unavailable

_PREFERENCES = "/me/notification-preferences"


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A new session: its token, its end, its person."""

    token: str
    expires_at: str
    user: Record


@dataclass(frozen=True, slots=True)
class Pending:
    """A log-in that waits for a code: its token, and until when it waits."""

    pending_token: str
    expires_at: str


def entered(answer: Record) -> LoggedIn | Pending:
    """What came of a password or whatever stands for it."""
    return Pending(**answer) if "pending_token" in answer else LoggedIn(**answer)


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

    async def log_in(self, who: Caller, command: Record) -> LoggedIn | Pending:
        """Open a session for e-mail and password; with a second factor it waits for a code."""
        return entered(await self._up.ask("POST", "/sessions", who, body=command))

    async def log_out(self, who: Caller, token: str) -> None:
        """End a session."""
        await self._up.ask("DELETE", "/sessions/current", who, body={"token": token})

    async def register(self, who: Caller, command: Record, key: str) -> None:
        """Ask for an account; the answer is the same for known and unknown addresses."""
        await self._up.ask("POST", "/registrations", who, body=command, headers=once(key))

    async def resend_verification(self, who: Caller, email: str) -> None:
        """Send the verification link again, if there is something to verify."""
        await self._up.ask("POST", "/registrations/resend", who, body={"email": email})

    async def verify(self, who: Caller, command: Record) -> Record:
        """Prove an address with the link's token."""
        return record(await self._up.ask("POST", "/registrations/verify", who, body=command))

    async def invitation(self, who: Caller, token: str) -> Record:
        """Whom a link invites; raises a 404 refusal when it is no longer valid."""
        return record(await self._up.ask("GET", f"/invitations/{quote(token)}", who))

    async def accept_invitation(self, who: Caller, command: Record) -> Record:
        """Set the password of an invited person."""
        return record(await self._up.ask("POST", "/invitations/accept", who, body=command))

    async def me(self, who: Caller) -> Record:
        """Oneself."""
        return record(await self._up.ask("GET", "/me", who))

    async def edit_me(self, who: Caller, command: Record, version: str) -> Record:
        """Change one's name, language, time zone."""
        return record(
            await self._up.ask("PATCH", "/me", who, body=command, headers=if_match(version))
        )

    async def change_password(self, who: Caller, command: Record) -> LoggedIn:
        """Change one's password; ends every session and begins the one to go on with."""
        return LoggedIn(**await self._up.ask("PUT", "/me/password", who, body=command))

    async def preferences(self, who: Caller) -> Record:
        """Which kinds of messages one wants, by channel, and when one's quiet hours are."""
        return record(await self._up.ask("GET", _PREFERENCES, who))

    async def change_preferences(self, who: Caller, command: Record, version: str) -> None:
        """Switch kinds of messages on and off."""
        await self._up.ask("PATCH", _PREFERENCES, who, body=command, headers=if_match(version))

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
        return Listing.of(await self._up.ask("GET", "/users" + query(filters), who))

    async def person(self, who: Caller, user_id: str) -> Record:
        """One user."""
        return record(await self._up.ask("GET", f"/users/{quote(user_id)}", who))

    async def invite(self, who: Caller, command: Record, key: str) -> Record:
        """Make an account and send its owner a link."""
        return record(await self._up.ask("POST", "/users", who, body=command, headers=once(key)))

    async def invite_again(self, who: Caller, user_id: str) -> None:
        """Send the link of an invitation again."""
        await self._up.ask("POST", f"/users/{quote(user_id)}/invitation", who, body={})

    async def edit_person(self, who: Caller, user_id: str, command: Record, version: str) -> Record:
        """Change a user's data, role or teams."""
        target = f"/users/{quote(user_id)}"
        return record(
            await self._up.ask("PATCH", target, who, body=command, headers=if_match(version))
        )

    async def set_active(self, who: Caller, user_id: str, active: bool, version: str) -> Record:
        """Let a person in again, or no longer."""
        target = f"/users/{quote(user_id)}/{'reactivate' if active else 'deactivate'}"
        return record(await self._up.ask("POST", target, who, body={}, headers=if_match(version)))

    async def roles(self, who: Caller) -> list[Record]:
        """The roles and their permissions."""
        return Listing.of(await self._up.ask("GET", "/roles", who)).items

    async def teams(self, who: Caller) -> list[Record]:
        """The teams that still work."""
        found = Listing.of(await self._up.ask("GET", "/teams?limit=100", who)).items
        return [team for team in found if team["is_active"]]

    async def service_lines(self, who: Caller, user_id: str) -> list[Record]:
        """A customer's lines that are not ended."""
        target = "/service-lines" + query({"user_id": user_id, "limit": "20"})
        found = Listing.of(await self._up.ask("GET", target, who)).items
        return [line for line in found if line["state"] != "ended"]

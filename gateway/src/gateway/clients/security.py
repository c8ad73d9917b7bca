"""identity-service: the ways in besides the password."""

from urllib.parse import quote

from gateway.clients.calls import Record, record
from gateway.clients.identity import LoggedIn, Pending, entered
from gateway.upstream import Caller, Upstream

_FACTOR = "/me/second-factor"
_PASSKEYS = "/me/passkeys"


class Security:
    """identity-service: second factors, passkeys, company accounts."""

    def __init__(self, upstream: Upstream) -> None:
        self._up = upstream

    async def type_code(self, who: Caller, command: Record) -> LoggedIn:
        """Finish a log-in with a code."""
        return LoggedIn(**await self._up.ask("POST", "/sessions/second-step", who, body=command))

    async def second_factor(self, who: Caller) -> Record:
        """Whether the second step is on."""
        return record(await self._up.ask("GET", _FACTOR, who))

    async def begin_set_up(self, who: Caller) -> None:
        """Make a secret for an app."""
        await self._up.ask("POST", f"{_FACTOR}/secret", who, body={})

    async def secret(self, who: Caller) -> Record:
        """The secret that is being set up, and what its QR code holds."""
        return record(await self._up.ask("GET", f"{_FACTOR}/secret", who))

    async def switch_on(self, who: Caller, command: Record) -> tuple[LoggedIn, list[str]]:
        """Ask for codes from now on; gives the session to go on with, and recovery codes."""
        return _with_codes(await self._up.ask("PUT", _FACTOR, who, body=command))

    async def renew_codes(self, who: Caller, command: Record) -> tuple[LoggedIn, list[str]]:
        """Other recovery codes."""
        target = f"{_FACTOR}/recovery-codes"
        return _with_codes(await self._up.ask("POST", target, who, body=command))

    async def switch_off(self, who: Caller, command: Record) -> LoggedIn:
        """Ask for no code any more."""
        return LoggedIn(**await self._up.ask("DELETE", _FACTOR, who, body=command))

    async def remove_second_factor(self, who: Caller, user_id: str) -> None:
        """Help somebody who lost phone and recovery codes."""
        await self._up.ask("DELETE", f"/users/{quote(user_id, safe='')}/second-factor", who)

    async def offer_log_in(self, who: Caller) -> Record:
        """What a browser signs to log in with a passkey."""
        return record(await self._up.ask("POST", "/sessions/passkey/options", who, body={}))

    async def log_in_with_passkey(self, who: Caller, credential: Record) -> LoggedIn:
        """Open a session for what the browser signed."""
        body = {"credential": credential}
        return LoggedIn(**await self._up.ask("POST", "/sessions/passkey", who, body=body))

    async def passkeys(self, who: Caller) -> list[Record]:
        """One's passkeys."""
        items: list[Record] = (await self._up.ask("GET", _PASSKEYS, who))["items"]
        return items

    async def offer_passkey(self, who: Caller, command: Record) -> Record:
        """What a browser makes a passkey from."""
        return record(await self._up.ask("POST", f"{_PASSKEYS}/options", who, body=command))

    async def add_passkey(self, who: Caller, command: Record) -> LoggedIn:
        """Keep a passkey that the browser made."""
        return LoggedIn(**await self._up.ask("POST", _PASSKEYS, who, body=command))

    async def rename_passkey(self, who: Caller, passkey_id: str, name: str) -> None:
        """Call a passkey otherwise."""
        target = f"{_PASSKEYS}/{quote(passkey_id, safe='')}"
        await self._up.ask("PATCH", target, who, body={"name": name})

    async def remove_passkey(self, who: Caller, passkey_id: str, command: Record) -> LoggedIn:
        """Let a passkey open nothing any more."""
        target = f"{_PASSKEYS}/{quote(passkey_id, safe='')}"
        return LoggedIn(**await self._up.ask("DELETE", target, who, body=command))

    async def leave_for_provider(self, who: Caller) -> Record:
        """Where the browser goes to log in with a company account, and what it keeps."""
        return record(await self._up.ask("POST", "/sessions/company", who, body={}, is_slow=True))

    async def come_back_from_provider(
        self, who: Caller, command: Record
    ) -> LoggedIn | Pending | Record:
        """What comes of the way back: a session, a second step, or the question to link it."""
        target = "/sessions/company/return"
        found = record(await self._up.ask("POST", target, who, body=command, is_slow=True))
        return found if "claim" in found else entered(found)

    async def link_company_account(self, who: Caller, command: Record) -> LoggedIn:
        """Link a company account with its owner's consent."""
        target = "/sessions/company/link"
        return LoggedIn(**await self._up.ask("POST", target, who, body=command))

    async def company_accounts(self, who: Caller) -> list[Record]:
        """The company accounts that one has linked."""
        items: list[Record] = (await self._up.ask("GET", "/me/company-accounts", who))["items"]
        return items

    async def unlink_company_account(
        self, who: Caller, account_id: str, command: Record
    ) -> LoggedIn:
        """Let a company account open nothing any more."""
        target = f"/me/company-accounts/{quote(account_id, safe='')}"
        return LoggedIn(**await self._up.ask("DELETE", target, who, body=command))


def _with_codes(answer: Record) -> tuple[LoggedIn, list[str]]:
    codes: list[str] = answer.pop("recovery_codes")
    return LoggedIn(**answer), codes

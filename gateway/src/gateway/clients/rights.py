"""identity-service: roles, teams, organisations, and acting in a customer's place."""

from collections.abc import Mapping
from urllib.parse import quote

from gateway.clients.calls import Listing, Record, if_match, once, query, record
from gateway.clients.identity import LoggedIn
from gateway.upstream import Caller, Upstream


class Rights:
    """identity-service: who may do what, and who belongs where."""

    def __init__(self, upstream: Upstream) -> None:
        self._up = upstream

    async def roles(self, who: Caller) -> list[Record]:
        """Every role with its permissions and how many people have it."""
        return Listing.of(await self._up.ask("GET", "/roles", who)).items

    async def create_role(self, who: Caller, command: Record, key: str) -> Record:
        """Make a role for staff."""
        return record(await self._up.ask("POST", "/roles", who, body=command, headers=once(key)))

    async def edit_role(self, who: Caller, name: str, command: Record, version: str) -> Record:
        """Replace what a role may do."""
        target = _role(name)
        return record(
            await self._up.ask("PUT", target, who, body=command, headers=if_match(version))
        )

    async def rename_role(self, who: Caller, name: str, command: Record, version: str) -> Record:
        """Call a role by another name."""
        target = _role(name)
        return record(
            await self._up.ask("PATCH", target, who, body=command, headers=if_match(version))
        )

    async def delete_role(self, who: Caller, name: str, version: str) -> None:
        """Remove a role that nobody has."""
        await self._up.ask("DELETE", _role(name), who, headers=if_match(version))

    async def teams(self, who: Caller) -> list[Record]:
        """Every team, those out of use last."""
        found = Listing.of(await self._up.ask("GET", "/teams?limit=100", who)).items
        return sorted(found, key=lambda team: not team["is_active"])

    async def create_team(self, who: Caller, command: Record, key: str) -> Record:
        """Make a team."""
        return record(await self._up.ask("POST", "/teams", who, body=command, headers=once(key)))

    async def edit_team(self, who: Caller, team_id: str, command: Record, version: str) -> Record:
        """Rename a team, or take it out of use or back."""
        target = f"/teams/{quote(team_id, safe='')}"
        return record(
            await self._up.ask("PATCH", target, who, body=command, headers=if_match(version))
        )

    async def organisations(self, who: Caller, filters: Mapping[str, str]) -> Listing:
        """Organisations by name."""
        return Listing.of(await self._up.ask("GET", "/organisations" + query(filters), who))

    async def create_organisation(self, who: Caller, command: Record, key: str) -> Record:
        """Make an organisation."""
        target = "/organisations"
        return record(await self._up.ask("POST", target, who, body=command, headers=once(key)))

    async def organisation(self, who: Caller, organisation_id: str) -> Record:
        """One organisation."""
        return record(await self._up.ask("GET", _organisation(organisation_id), who))

    async def edit_organisation(
        self, who: Caller, organisation_id: str, command: Record, version: str
    ) -> Record:
        """Rename an organisation, or switch it off or on."""
        target = _organisation(organisation_id)
        return record(
            await self._up.ask("PATCH", target, who, body=command, headers=if_match(version))
        )

    async def members(
        self, who: Caller, organisation_id: str, filters: Mapping[str, str]
    ) -> Listing:
        """The people of an organisation by name."""
        target = _organisation(organisation_id) + "/members" + query(filters)
        return Listing.of(await self._up.ask("GET", target, who))

    async def set_membership(
        self, who: Caller, organisation_id: str, user_id: str, membership: str
    ) -> None:
        """Make somebody a member, or say anew what a member sees."""
        target = f"{_organisation(organisation_id)}/members/{quote(user_id, safe='')}"
        await self._up.ask("PUT", target, who, body={"membership": membership})

    async def end_membership(self, who: Caller, organisation_id: str, user_id: str) -> None:
        """Let somebody belong to the organisation no more."""
        target = f"{_organisation(organisation_id)}/members/{quote(user_id, safe='')}"
        await self._up.ask("DELETE", target, who)

    async def impersonate(self, who: Caller, user_id: str, command: Record) -> LoggedIn:
        """Begin to act in a customer's place."""
        target = f"/users/{quote(user_id, safe='')}/impersonation"
        return LoggedIn(**await self._up.ask("POST", target, who, body=command))


def _role(name: str) -> str:
    return f"/roles/{quote(name, safe='')}"


def _organisation(organisation_id: str) -> str:
    return f"/organisations/{quote(organisation_id, safe='')}"

"""identity-service: the network tree, the customers' lines, and files of both."""

from collections.abc import Mapping
from typing import IO
from urllib.parse import quote

from gateway.clients.calls import Listing, Record, if_match, once, query, record
from gateway.upstream import Caller, Download, Upstream


class Network:
    """identity-service: areas, service lines, imports, exports."""

    def __init__(self, upstream: Upstream) -> None:
        self._up = upstream

    async def areas(self, who: Caller, filters: Mapping[str, str]) -> Listing:
        """Nodes of the network by key."""
        return Listing.of(await self._up.ask("GET", "/areas" + query(filters), who))

    async def area(self, who: Caller, area_id: str) -> Record:
        """One node."""
        return record(await self._up.ask("GET", _one("/areas", area_id), who))

    async def create_area(self, who: Caller, command: Record, key: str) -> Record:
        """Add a node."""
        return record(await self._up.ask("POST", "/areas", who, body=command, headers=once(key)))

    async def edit_area(self, who: Caller, area_id: str, command: Record, version: str) -> Record:
        """Rename a node, move it, switch it off or on."""
        target = _one("/areas", area_id)
        return record(
            await self._up.ask("PATCH", target, who, body=command, headers=if_match(version))
        )

    async def lines(self, who: Caller, filters: Mapping[str, str]) -> Listing:
        """Service lines by number."""
        return Listing.of(await self._up.ask("GET", "/service-lines" + query(filters), who))

    async def line(self, who: Caller, line_id: str) -> Record:
        """One line."""
        return record(await self._up.ask("GET", _one("/service-lines", line_id), who))

    async def create_line(self, who: Caller, command: Record, key: str) -> Record:
        """Give a customer a line."""
        return record(
            await self._up.ask("POST", "/service-lines", who, body=command, headers=once(key))
        )

    async def edit_line(self, who: Caller, line_id: str, command: Record, version: str) -> Record:
        """Change a line."""
        target = _one("/service-lines", line_id)
        return record(
            await self._up.ask("PATCH", target, who, body=command, headers=if_match(version))
        )

    async def imports(self, who: Caller, filters: Mapping[str, str]) -> Listing:
        """Imports, newest first."""
        return Listing.of(await self._up.ask("GET", "/imports" + query(filters), who))

    async def upload_import(
        self, who: Caller, kind: str, name: str, content: IO[bytes], key: str
    ) -> Record:
        """Upload a table to look at."""
        sent = {"kind": kind}
        return record(await self._up.upload("/imports", who, name, content, once(key), fields=sent))

    async def import_(self, who: Caller, import_id: str) -> Record:
        """One import."""
        return record(await self._up.ask("GET", _one("/imports", import_id), who))

    async def change_import(
        self, who: Caller, import_id: str, verb: str, command: Record
    ) -> Record:
        """Check, start or cancel an import."""
        target = f"{_one('/imports', import_id)}/{verb}"
        return record(await self._up.ask("POST", target, who, body=command))

    async def faults(self, who: Caller, import_id: str, filters: Mapping[str, str]) -> Listing:
        """What was wrong with rows."""
        target = f"{_one('/imports', import_id)}/faults{query(filters)}"
        return Listing.of(await self._up.ask("GET", target, who))

    async def export(self, who: Caller, kind: str) -> Download:
        """All areas, customers or lines as CSV."""
        return await self._up.fetch(_one("/exports", kind), who)


def _one(path: str, name: str) -> str:
    return f"{path}/{quote(name, safe='')}"

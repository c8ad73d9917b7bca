"""identity-service: the audit log."""

from gateway.clients.calls import Listing, query
from gateway.upstream import Caller, Download, Upstream


class Audit:
    """identity-service: who did what to whom."""

    def __init__(self, upstream: Upstream) -> None:
        self._up = upstream

    async def entries(self, who: Caller, filters: dict[str, str]) -> Listing:
        """A page of the log, the latest first."""
        return Listing.of(await self._up.ask("GET", f"/audit{query(filters)}", who))

    async def table(self, who: Caller, filters: dict[str, str]) -> Download:
        """All that was found, as CSV."""
        return await self._up.fetch(f"/audit/export{query(filters)}", who)

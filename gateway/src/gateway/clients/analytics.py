"""analytics-service: figures."""

from gateway.clients.calls import Record, record
from gateway.upstream import Caller, Upstream


class Analytics:
    """analytics-service: figures."""

    def __init__(self, upstream: Upstream) -> None:
        self._up = upstream

    async def overview(self, who: Caller) -> Record:
        """Agents, categories, tickets, as of when."""
        return record(await self._up.ask("GET", "/reports/overview", who))

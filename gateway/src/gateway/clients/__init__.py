"""The services' routes that pages use, as small functions; a record is the JSON that a service gives."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.clients.access import Access
from gateway.clients.analytics import Analytics
from gateway.clients.audit import Audit
from gateway.clients.calls import GATEWAY, Listing, Record
from gateway.clients.identity import Identity, LoggedIn, Pending
from gateway.clients.keys import Keys
from gateway.clients.network import Network
from gateway.clients.privacy import Privacy
from gateway.clients.rights import Rights
from gateway.clients.security import Security
from gateway.clients.tickets import LinkedTicket, Tickets
from gateway.upstream import Upstream

__all__ = [
    "GATEWAY",
    "Access",
    "Audit",
    "Identity",
    "Keys",
    "LinkedTicket",
    "Listing",
    "LoggedIn",
    "Network",
    "Pending",
    "Privacy",
    "Record",
    "Rights",
    "Security",
    "Services",
    "Tickets",
]


@dataclass(frozen=True)
class Services:
    """The four services, raw by name for the API and as functions for pages."""

    upstreams: Mapping[str, Upstream]
    identity: Identity
    tickets: Tickets
    analytics: Analytics
    rights: Rights
    security: Security
    access: Access
    keys: Keys
    privacy: Privacy
    audit: Audit
    network: Network

    @classmethod
    def over(cls, upstreams: Mapping[str, Upstream]) -> "Services":
        """Clients over the named upstreams."""
        return cls(
            upstreams,
            Identity(upstreams["identity-service"]),
            Tickets(upstreams["ticket-service"]),
            Analytics(upstreams["analytics-service"]),
            Rights(upstreams["identity-service"]),
            Security(upstreams["identity-service"]),
            Access(upstreams["identity-service"]),
            Keys(upstreams["identity-service"]),
            Privacy(
                upstreams["identity-service"],
                upstreams["ticket-service"],
                upstreams["notify-service"],
            ),
            Audit(upstreams["identity-service"]),
            Network(upstreams["identity-service"]),
        )

    async def close(self) -> None:
        """Close all connections."""
        for upstream in self.upstreams.values():
            await upstream.close()

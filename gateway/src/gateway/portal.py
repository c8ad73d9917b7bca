"""What the parts of the gateway share while it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.addresses import Network
from gateway.assets import Assets
from gateway.clients import Services
from gateway.i18n import Texts
from gateway.limits import AtOnce, Limits
from gateway.live import Live, Pace
from gateway.remembered import Remembered
from gateway.sessions import Sessions
from gateway.site import Site
from gateway.templating import Templates


@dataclass(frozen=True)
class Rates:
    """Requests a minute: of a known person, and of an address without a login."""

    person: int
    stranger: int


@dataclass(frozen=True)
class Portal:
    """The composed gateway; `secret` keys the form tokens.

    `sessions` knows cookies, `keys` the API keys of programs. `pages` are those that were sent
    lately. `uploads` and `downloads` are what one caller sends and
    fetches of files at once.
    """

    site: Site
    secret: bytes
    trusted: tuple[Network, ...]
    rates: Rates
    services: Services
    sessions: Sessions
    keys: Sessions
    limits: Limits
    live: Live
    texts: Mapping[str, Texts]
    templates: Templates
    assets: Assets
    pace: Pace = field(default_factory=Pace)
    pages: Remembered = field(default_factory=Remembered)
    uploads: AtOnce = field(default_factory=lambda: AtOnce(2, wait_seconds=5))
    downloads: AtOnce = field(default_factory=lambda: AtOnce(6, wait_seconds=20))

    async def close(self) -> None:
        """Give back all connections."""
        await self.live.close()
        await self.services.close()
        await self.limits.close()

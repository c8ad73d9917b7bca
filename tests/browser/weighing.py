"""What the first visit of a page costs, counted by the browser that makes it."""

from dataclasses import dataclass, field
from typing import Any

import httpx
from playwright.sync_api import Page

_IDLE = "() => new Promise((done) => requestIdleCallback(done, { timeout: 2000 }))"
FONT = ".woff2"


@dataclass  # without slots: Playwright writes its own attributes on owners of handlers
class Traffic:
    """What a page fetched: address and bytes on the wire, with the headers of the answers."""

    loads: dict[str, tuple[str, int]] = field(default_factory=dict)
    _named: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, page: Page) -> "Traffic":
        """Count from now on."""
        traffic = cls()
        cdp = page.context.new_cdp_session(page)
        cdp.on("Network.requestWillBeSent", traffic._sent)
        cdp.on("Network.loadingFinished", traffic._finished)
        cdp.send("Network.enable")
        return traffic

    def _sent(self, event: dict[str, Any]) -> None:
        self._named[event["requestId"]] = event["request"]["url"]

    def _finished(self, event: dict[str, Any]) -> None:
        url = self._named.get(event["requestId"], "")
        if url.startswith("http"):
            self.loads[event["requestId"]] = (url, int(event["encodedDataLength"]))


@dataclass(frozen=True, slots=True)
class Weight:
    """Bytes by address."""

    parts: dict[str, int]

    @property
    def size(self) -> int:
        """All bytes."""
        return sum(self.parts.values())

    @property
    def requests(self) -> int:
        """How often the browser had to ask."""
        return len(self.parts)


def weigh(page: Page, address: str, *, status: int = 200, font: bool = True) -> Weight:
    """Open an address with an empty cache; without `font`, what the letters weigh is left out."""
    traffic = Traffic.of(page)
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == status
    page.evaluate(_IDLE)
    parts = {url: size for url, size in traffic.loads.values() if font or not url.endswith(FONT)}
    return Weight(parts | _icon(page))


def _icon(page: Page) -> dict[str, int]:
    """The page's icon, which a browser without a window does not fetch."""
    here = httpx.URL(page.url)
    url = here.join(page.locator("link[rel=icon]").get_attribute("href") or "")
    headers = {"Host": here.netloc.decode()}
    answer = httpx.get(url.copy_with(host="127.0.0.1"), headers=headers)
    answer.raise_for_status()
    return {str(url): answer.num_bytes_downloaded}

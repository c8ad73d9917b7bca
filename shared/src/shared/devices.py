"""What a browser says of itself, in the two words by which its owner knows it."""

from typing import NamedTuple

# Each browser also names those whose pages it wants to be given, so the order decides.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("UCBrowser", "UC Browser"),
    ("MiuiBrowser", "Mi Browser"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


class Device(NamedTuple):
    """A browser and what it runs on; empty where it does not say."""

    browser: str
    system: str

    @property
    def is_phone(self) -> bool:
        """Whether it is carried in a pocket."""
        return self.system in ("Android", "iPhone")


def device_of(agent: str) -> Device:
    """Read a User-Agent header (RFC 9110, 10.1.5); whoever lies in it fools only themselves."""
    return Device(_first(_BROWSERS, agent), _first(_SYSTEMS, agent))


def _first(signs: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for sign, name in signs if sign in agent), "")

"""The pictures of a page: carried in it, so that nobody waits for a file of all pictures there are."""

import re
from collections.abc import Callable
from typing import Final

_SYMBOL: Final = re.compile(r'<symbol id="([^"]+)"(.*?</symbol>)', re.DOTALL)
_END: Final = "</body>"
# What a page fetches again may need pictures that it did not show before.
_CHANGES: Final = "data-live="


class Pictures:
    """The symbols of a sprite by name; `frame` is what holds some of them in a page."""

    def __init__(self, sprite: str, address: str, frame: Callable[[str], str]) -> None:
        self._symbols = {
            name: f'<symbol id="i-{name}"{rest}' for name, rest in _SYMBOL.findall(sprite)
        }
        self._address = address + "#"
        self._used = re.compile(re.escape(self._address) + r"([\w-]+)")
        self._frame = frame

    def carried(self, html: str) -> str:
        """The page with the pictures that it shows, unless it changes while it is open."""
        if _CHANGES in html or self._address not in html:
            return html
        # What somebody typed may look like the address of a picture that there is not.
        names = [n for n in dict.fromkeys(self._used.findall(html)) if n in self._symbols]
        symbols = "".join(self._symbols[name] for name in names)
        page = html.replace(self._address, "#i-")
        return page.replace(_END, self._frame(symbols) + _END)

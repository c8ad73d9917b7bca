"""What of a text is a person: their name and parts of it, their addresses."""

import re
from dataclasses import dataclass
from typing import Final

# What stands where something about a person stood.
GONE: Final = "…"
_MIN_PART: Final = 3
_LOCAL_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class Known:
    """What texts may call a person by."""

    name: str
    email: str
    phone: str | None
    kind: str = "customer"

    def masked(self, text: str) -> str:
        """The text without the person; other words stay as they are."""
        return self._pattern().sub(GONE, text) if self._words() else text

    def _words(self) -> list[str]:
        parts = [part for part in self.name.split() if len(part) >= _MIN_PART]
        return [word for word in (self.email, self.name, *parts) if word]

    def _pattern(self) -> re.Pattern[str]:
        words = [rf"(?<!\w){re.escape(word)}(?!\w)" for word in self._words()]
        digits = re.sub(r"\D", "", self.phone or "")[-_LOCAL_DIGITS:]
        if len(digits) == _LOCAL_DIGITS:
            # However it is written: +62 812-3456-7890, 0812 3456 7890.
            words.append(r"[+\d][\d .()-]*" + r"[ .()-]*".join(digits))
        return re.compile("|".join(words), re.IGNORECASE)

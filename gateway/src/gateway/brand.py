"""The brand as configuration: its colour made readable in both themes, its picture, its support."""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

# WCAG 2.2 asks for 4.5; a little more stays readable on a cheap screen in the sun.
_ON_LIGHT: Final = 5.6
_ON_DARK: Final = 8.5
_HOURS = re.compile(r"(?:([1-7])-([1-7]) )?(\d\d:\d\d)-(\d\d:\d\d)")


class Colour(NamedTuple):
    """Red, green and blue, each 0 to 255."""

    red: float
    green: float
    blue: float

    @classmethod
    def parse(cls, text: str) -> "Colour":
        """Read `#0b6b5c`; raises ValueError for anything else."""
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
            raise ValueError(f"{text!r} is not a colour such as #0b6b5c")
        return cls(*(int(text[at : at + 2], 16) for at in (1, 3, 5)))

    def __str__(self) -> str:
        return "#" + "".join(f"{round(part):02x}" for part in self)

    def mixed(self, other: "Colour", share: float) -> "Colour":
        """This colour with a share of another one."""
        return Colour(*(a + (b - a) * share for a, b in zip(self, other, strict=True)))

    @property
    def luminance(self) -> float:
        """Relative luminance as WCAG 2.2 defines it."""
        parts = (part / 255 for part in self)
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(self, other: "Colour") -> float:
        """Contrast ratio of WCAG 2.2, from 1 to 21."""
        darker, lighter = sorted((self.luminance, other.luminance))
        return (lighter + 0.05) / (darker + 0.05)

    def readable_on(self, ground: "Colour", ratio: float, towards: "Colour") -> "Colour":
        """The nearest shade on the way to another colour that has this contrast."""
        shades = (self.mixed(towards, step / 50) for step in range(51))
        return next((s for s in shades if s.contrast(ground) >= ratio), towards)


_WHITE: Final = Colour(255, 255, 255)
_BLACK: Final = Colour(0, 0, 0)
_NIGHT: Final = Colour.parse("#151b19")


def palette(colour: str) -> str:
    """The tokens of a brand colour as a style sheet, in both themes, always readable."""
    given = Colour.parse(colour)
    day = given.readable_on(_WHITE, _ON_LIGHT, _BLACK)
    night = given.readable_on(_NIGHT, _ON_DARK, _WHITE)
    light = {
        "brand": day,
        "brand-2": day.mixed(_BLACK, 0.22),
        "brand-soft": day.mixed(_WHITE, 0.89),
        "brand-line": day.mixed(_WHITE, 0.62),
        "hero": day,
        "hero-2": day.mixed(_BLACK, 0.34),
    }
    dark = {
        "brand": night,
        "brand-2": night.mixed(_WHITE, 0.25),
        "on-brand": night.mixed(_BLACK, 0.88),
        "brand-soft": night.mixed(_NIGHT, 0.83),
        "brand-line": night.mixed(_NIGHT, 0.6),
        "hero": night.mixed(_NIGHT, 0.76),
        "hero-2": night.mixed(_NIGHT, 0.9),
    }
    return (
        f"@layer tokens {{ :root {{ {_declared(light)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_declared(dark)} }} }} }}\n"
    )


def _declared(colours: dict[str, Colour]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


@dataclass(frozen=True)
class Support:
    """How customers reach a person; each part may be missing."""

    phone: str = ""
    whatsapp: str = ""
    hours: "Hours | None" = None

    @property
    def phone_link(self) -> str:
        """`tel:` with nothing but what a phone dials."""
        return "tel:" + re.sub(r"[^\d+]", "", self.phone)

    @property
    def whatsapp_link(self) -> str:
        """A chat with the support; opens the app on a phone."""
        return "https://wa.me/" + re.sub(r"\D", "", self.whatsapp)

    def __bool__(self) -> bool:
        return bool(self.phone or self.whatsapp)


@dataclass(frozen=True)
class Hours:
    """When somebody answers: from one weekday to another (1 is Monday), from one time to another."""

    first_day: int
    last_day: int
    opens: str
    closes: str

    @classmethod
    def parse(cls, text: str) -> "Hours | None":
        """Read `08:00-20:00` or `1-6 08:00-20:00`; nothing is None; else raises ValueError."""
        if not text.strip():
            return None
        if not (found := _HOURS.fullmatch(text.strip())):
            raise ValueError(f"{text!r} are not hours such as 1-6 08:00-20:00")
        first, last, opens, closes = found.groups()
        return cls(int(first or 1), int(last or 7), opens, closes)

    @property
    def is_every_day(self) -> bool:
        """Whether no weekday is left out."""
        return (self.first_day, self.last_day) == (1, 7)

    @property
    def is_always(self) -> bool:
        """Whether somebody answers day and night."""
        return self.is_every_day and (self.opens, self.closes) == ("00:00", "24:00")

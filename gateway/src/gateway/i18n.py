"""Words, dates and numbers for people: message catalogues, Indonesian first, and their formats."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_datetime, format_timedelta, get_day_names, get_timezone_name
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

LANGUAGES: Final = ("id", "en")
DEFAULT_LANGUAGE: Final = "id"
LOCALE_DIR: Final = Path(__file__).parent / "locale"
DOMAIN: Final = "gateway"

_PATTERNS = {
    "id": {
        "moment": "d MMM yyyy, HH.mm",
        "brief": "d MMM, HH.mm",
        "time": "HH.mm",
        "day": "EEEE, d MMMM yyyy",
        "month": "MMMM yyyy",
    },
    "en": {
        "moment": "d MMM yyyy, HH:mm",
        "brief": "d MMM, HH:mm",
        "time": "HH:mm",
        "day": "EEEE, d MMMM yyyy",
        "month": "MMMM yyyy",
    },
}


@dataclass(frozen=True)
class Texts:
    """One language: its catalogue and how it writes dates and numbers."""

    language: str
    catalogue: Translations

    def __call__(self, message: str, **values: Any) -> str:
        """The message in this language, with its `%(name)s` filled in."""
        text: str = self.catalogue.gettext(message) if message else ""
        return text % values if values else text

    def moment(self, value: str | datetime, zone: str) -> str:
        """Day and time with the name of the zone, such as `24 Nov 2026, 09.41 WIB`."""
        return _moment(_instant(value), zone, self.language)

    def time(self, value: str | datetime, zone: str) -> str:
        """Hours and minutes only."""
        return _formatted(_instant(value), zone, self.language, "time")

    def day(self, value: str | datetime, zone: str) -> str:
        """The day in words."""
        return _formatted(_instant(value), zone, self.language, "day")

    def brief(self, value: str | datetime, zone: str) -> str:
        """Day and time where the page says the zone elsewhere, such as `24 Nov, 09.41`."""
        return _formatted(_instant(value), zone, self.language, "brief")

    def month(self, value: str | datetime, zone: str) -> str:
        """The month in words."""
        return _formatted(_instant(value), zone, self.language, "month")

    def weekday(self, number: int) -> str:
        """A weekday in words; 1 is Monday."""
        name: str = get_day_names("wide", "stand-alone", self.language)[number - 1]
        return name

    def ago(self, value: str | datetime, now: datetime | None = None) -> str:
        """How long ago, in the shortest words."""
        passed = max((now or datetime.now(UTC)) - _instant(value), timedelta())
        return _duration(passed // timedelta(minutes=1), self.language)

    def number(self, value: float) -> str:
        """A number with the language's separators."""
        return _number(value, self.language)


@lru_cache(maxsize=4096)
def _number(value: float, language: str) -> str:
    return format_decimal(value, locale=language)


def load_texts(folder: Path = LOCALE_DIR) -> dict[str, Texts]:
    """Every language, compiled in memory from its .po file."""
    return {language: Texts(language, _catalogue(folder, language)) for language in LANGUAGES}


def po_file(language: str, folder: Path = LOCALE_DIR) -> Path:
    """Where a language's messages are kept."""
    return folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def language_of(*wishes: str | None) -> str:
    """The first wish that we speak, else Indonesian."""
    return next((wish for wish in wishes if wish in LANGUAGES), DEFAULT_LANGUAGE)


def accepted_language(header: str | None) -> str | None:
    """The language that an Accept-Language header (RFC 9110) likes most among ours, or None."""
    best: tuple[float, str] | None = None
    for part in (header or "").split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip().partition("-")[0].lower()
        quality = _quality(parameter)
        if language in LANGUAGES and quality > 0 and (best is None or quality > best[0]):
            best = (quality, language)
    return best[1] if best else None


def _quality(parameter: str) -> float:
    _, _, text = parameter.partition("q=")
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def _catalogue(folder: Path, language: str) -> Translations:
    compiled = BytesIO()
    with po_file(language, folder).open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)


def _instant(value: str | datetime) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


@lru_cache(maxsize=8192)
def _moment(value: datetime, zone: str, language: str) -> str:
    return f"{_formatted(value, zone, language, 'moment')} {zone_name(value, zone)}"


@lru_cache(maxsize=8192)
def _formatted(value: datetime, zone: str, language: str, pattern: str) -> str:
    shape = _PATTERNS[language][pattern]
    return format_datetime(value, shape, tzinfo=_zone(zone), locale=language)


@lru_cache(maxsize=8192)
def _duration(minutes: int, language: str) -> str:
    passed = timedelta(minutes=max(minutes, 1))
    return format_timedelta(passed, locale=language, format="narrow", threshold=1.0)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("Asia/Jakarta")


def zone_name(value: datetime, zone: str) -> str:
    """WIB, WITA or WIT; only the Indonesian locale knows these names, in every language."""
    return get_timezone_name(value.astimezone(_zone(zone)), width="short", locale="id")

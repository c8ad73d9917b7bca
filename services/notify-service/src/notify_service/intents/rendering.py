"""Templates by language, kind and part, compiled once; a variable that is missing is an error."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_datetime
from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    pass_context,
    select_autoescape,
)
from jinja2.runtime import Context

LANGUAGES = ("id", "en")
PARTS = ("subject.txt", "body.txt", "body.html")
DIRECTORY = Path(__file__).parents[1] / "templates"

_FORMATS = {"id": "d MMMM y HH.mm", "en": "d MMMM y, HH:mm"}
_ZONE_NAMES = {
    "Asia/Jakarta": "WIB",
    "Asia/Pontianak": "WIB",
    "Asia/Makassar": "WITA",
    "Asia/Jayapura": "WIT",
}
_HOME = "Asia/Jakarta"


@dataclass(frozen=True, slots=True)
class Text:
    """A finished message; the subject is one line, `unsubscribe_url` empty where it always comes."""

    subject: str
    body: str
    html: str
    unsubscribe_url: str = ""


class _Loader(FileSystemLoader):
    """Files of a directory; `words.html` is `words.txt`, compiled so that it escapes what it is given."""

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        return super().get_source(environment, template.replace("words.html", "words.txt"))


class Templates:
    """All templates of a directory `<language>/<kind>/{subject.txt,body.txt,body.html}`."""

    def __init__(self, directory: Path = DIRECTORY) -> None:
        environment = Environment(
            loader=_Loader(directory),
            autoescape=select_autoescape(("html",), default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        environment.filters["moment"] = _moment
        self.kinds = sorted(
            path.name for path in (directory / LANGUAGES[0]).iterdir() if path.is_dir()
        )
        self._compiled: dict[tuple[str, str, str], Template] = {
            (language, kind, part): environment.get_template(f"{language}/{kind}/{part}")
            for language in LANGUAGES
            for kind in self.kinds
            for part in PARTS
        }

    def subject(self, kind: str, language: str, values: Mapping[str, Any]) -> str:
        """The subject line, which is also the title in the app."""
        return one_line(self._compiled[known(language), kind, "subject.txt"].render(values))

    def text(self, kind: str, language: str, values: Mapping[str, Any]) -> Text:
        """All parts of a message."""
        language = known(language)
        subject = self.subject(kind, language, values)
        values = {**values, "language": language, "subject": subject}
        body = self._compiled[language, kind, "body.txt"].render(values)
        html = self._compiled[language, kind, "body.html"].render(values)
        return Text(subject, body.strip() + "\n", html)


@cache
def own_templates() -> Templates:
    """This service's templates; compiling them takes a while, so a process does it once."""
    return Templates()


def known(language: str) -> str:
    """The language, or Indonesian where there are no texts in it."""
    return language if language in LANGUAGES else LANGUAGES[0]


def one_line(text: str) -> str:
    """The text without line breaks and other characters that no line may hold."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())


def shown_time(moment: datetime, language: str, time_zone: str) -> str:
    """A time as a person in that zone reads it, with the zone's name."""
    return _shown_minute(moment.replace(second=0, microsecond=0), known(language), time_zone)


@lru_cache(4096)
def _shown_minute(moment: datetime, language: str, time_zone: str) -> str:
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        time_zone, zone = _HOME, ZoneInfo(_HOME)
    local = moment.astimezone(zone)
    name = _ZONE_NAMES.get(time_zone) or f"UTC{local:%z}"
    return f"{format_datetime(local, _FORMATS[language], locale=language)} {name}"


@pass_context
def _moment(context: Context, moment: datetime) -> str:
    return shown_time(moment, context["language"], context["time_zone"])

"""Two days that somebody typed to narrow a list down, as the instants that services understand."""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.forms import Form
from gateway.i18n import Texts

_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2999


def _(message: str) -> str:
    """Marks a sentence for the catalogue."""
    return message


def days(form: Form, zone: str, texts: Texts, *, of: str) -> dict[str, str]:
    """`{of}_from` and `{of}_to`, from the beginning of one day to the end of another.

    They are read from the fields `from` and `to`; what is wrong with them goes into the form.
    """
    begin, end = (_day(form, name, texts) for name in ("from", "to"))
    if begin and end and begin > end:
        form.errors["to"] = texts(_("This day is before the first one."))
    if form.errors:
        form.status = 422
        return {}
    asked = {f"{of}_from": begin, f"{of}_to": end + timedelta(days=1) if end else None}
    at = ZoneInfo(zone)
    return {n: datetime.combine(d, time(), at).isoformat() for n, d in asked.items() if d}


def _day(form: Form, name: str, texts: Texts) -> date | None:
    if not (typed := form.text(name)):
        return None
    try:
        day = date.fromisoformat(typed)
        if _FIRST_YEAR <= day.year <= _LAST_YEAR:
            return day
    except ValueError:
        pass
    form.errors[name] = texts(_("We cannot read this day. Please write it like 2026-11-24."))
    return None

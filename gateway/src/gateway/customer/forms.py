"""The commands of ticket-service that customers' forms make."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.customer import guide
from gateway.forms import Form
from gateway.i18n import Texts

_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2999
# The customer answers one question; the category alone says how bad it is.
_IMPACT_OF = {"down": "down", "slow": "degraded", "intermittent": "intermittent"}


def report(form: Form, categories: list[dict[str, Any]], texts: Texts) -> dict[str, Any]:
    """`POST /tickets`; what was answered stands at the head of the description."""
    impact = _IMPACT_OF.get(form.text("category"))
    made = {
        "subject": guide.subject(form, categories, texts),
        "description": guide.description(form, texts),
    }
    return {
        **{name: text for name, text in made.items() if text},
        **form.some("category", "service_line_id"),
        **form.attached(),
        **({"impact": impact} if impact else {}),
    }


def _(message: str) -> str:
    """Marks a sentence for the catalogue."""
    return message


def days(form: Form, zone: str, texts: Texts) -> dict[str, str]:
    """Instants from the beginning of one day to the end of another; what is wrong goes into the form."""
    begin, end = (_day(form, name, texts) for name in ("from", "to"))
    if begin and end and begin > end:
        form.errors["to"] = texts(_("This day is before the first one."))
    if form.errors:
        form.status = 422
        return {}
    asked = {"created_from": begin, "created_to": end + timedelta(days=1) if end else None}
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


def reply(form: Form) -> dict[str, Any]:
    """`POST /tickets/{number}/replies`."""
    return {**form.some("body"), **form.attached()}


def rating(form: Form) -> dict[str, Any]:
    """`POST /tickets/{number}/feedback`; a score that is no number is told by the service."""
    score = form.text("score")
    given = {"score": int(score) if score.isdecimal() else score} if score else {}
    return {**given, **form.some("comment")}


def state_change(form: Form) -> dict[str, Any]:
    """`POST /tickets/{number}/cancel` and `/reopen`."""
    return form.some("note")

"""The commands of ticket-service that customers' forms make."""

from typing import Any

from gateway.customer import guide
from gateway.forms import Form
from gateway.i18n import Texts

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

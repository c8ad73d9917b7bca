"""The commands of ticket-service that customers' forms make."""

from typing import Any

from gateway.forms import Form

# The customer answers one question; the category alone says how bad it is.
_IMPACT_OF = {"down": "down", "slow": "degraded", "intermittent": "intermittent"}


def report(form: Form) -> dict[str, Any]:
    """`POST /tickets`."""
    impact = _IMPACT_OF.get(form.text("category"))
    return {
        **form.some("subject", "description", "category", "service_line_id"),
        **({"impact": impact} if impact else {}),
    }


def reply(form: Form) -> dict[str, Any]:
    """`POST /tickets/{number}/replies`."""
    return form.some("body")


def state_change(form: Form) -> dict[str, Any]:
    """`POST /tickets/{number}/cancel` and `/reopen`."""
    return form.some("note")

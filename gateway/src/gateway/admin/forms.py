"""The commands of the services that staff's forms make."""

from collections.abc import Mapping
from typing import Any

from gateway.forms import Form

STATE_VERBS = ("pend", "hold", "solve", "close", "cancel", "reopen")
PRIORITIES = ("low", "normal", "high", "urgent")


def report_for_caller(form: Form) -> dict[str, str]:
    """`POST /tickets/for-caller`."""
    needed = ("requester_id", "subject", "description", "category")
    return form.some(*needed, "service_line_id", "impact", "priority")


def reply(form: Form) -> dict[str, str]:
    """`POST /tickets/{number}/replies`; the button pressed says what happens then."""
    return form.some("body", "then")


def note(form: Form) -> dict[str, str]:
    """`POST /tickets/{number}/notes`."""
    return form.some("body")


def edit(form: Form) -> dict[str, Any]:
    """`PATCH /tickets/{number}`; tags are typed with commas between them."""
    tags = [tag.strip() for tag in form.text("tags").split(",")]
    return {
        "subject": form.text("subject"),
        "category": form.text("category"),
        "priority": form.text("priority"),
        "tags": [tag for tag in tags if tag],
    }


def assignment(form: Form, my_id: str) -> dict[str, Any]:
    """`POST /tickets/{number}/assign`; an empty choice takes it away."""
    if form.text("take"):
        return {"assignee_id": my_id}
    return {
        "assignee_id": form.text("assignee_id") or None,
        "team_id": form.text("team_id") or None,
    }


def state_change(form: Form) -> dict[str, str]:
    """`POST /tickets/{number}/<verb>`."""
    return form.some("note")


def invitation(form: Form) -> dict[str, Any]:
    """`POST /users`."""
    teams = form.many("team_ids")
    return {
        **form.some("name", "email", "role", "phone", "language"),
        **({"team_ids": teams} if teams else {}),
    }


def edit_person(form: Form, kind: str) -> dict[str, Any]:
    """`PATCH /users/{id}`; teams are for staff."""
    return {
        "name": form.text("name"),
        "phone": form.text("phone") or None,
        "language": form.text("language"),
        "role": form.text("role"),
        **({"team_ids": form.many("team_ids")} if kind == "staff" else {}),
    }


def of_ticket(ticket: Mapping[str, Any]) -> Form:
    """The edit form with the ticket's present values."""
    return Form.filled(
        subject=ticket["subject"],
        category=ticket["category"]["slug"],
        priority=ticket["priority"],
        tags=", ".join(ticket["tags"]),
        version=ticket["version"],
    )


def of_person(person: Mapping[str, Any]) -> Form:
    """The edit form with a person's present values."""
    form = Form.filled(
        name=person["name"],
        phone=person["phone"],
        language=person["language"],
        role=person["role"],
        version=person["version"],
    )
    form.values["team_ids"] = list(person["team_ids"])
    return form

"""The commands of the services that staff's forms make."""

import re
from collections.abc import Mapping
from typing import Any

from gateway.forms import Form

STATE_VERBS = ("pend", "hold", "solve", "close", "cancel", "reopen")
PRIORITIES = ("low", "normal", "high", "urgent")
WORKERS = ("assignee", "team")
URGENCIES = ("low", "normal", "high")


def report_for_caller(form: Form) -> dict[str, Any]:
    """`POST /tickets/for-caller`."""
    needed = ("requester_id", "subject", "description", "category")
    return {**form.some(*needed, "service_line_id", "impact", "priority"), **form.attached()}


def reply(form: Form) -> dict[str, Any]:
    """`POST /tickets/{number}/replies`; the button pressed says what happens then."""
    return {**form.some("body", "then"), **form.attached()}


def note(form: Form) -> dict[str, Any]:
    """`POST /tickets/{number}/notes`."""
    return {**form.some("body"), **form.attached()}


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


def category(form: Form) -> dict[str, Any]:
    """`POST /categories`; the short name is made from the Indonesian one where none was typed."""
    slug = form.text("slug") or re.sub(r"[^a-z0-9]+", "-", form.text("name_id").lower()).strip("-")
    return {"slug": slug, **edit_category(form)}


def edit_category(form: Form) -> dict[str, Any]:
    """`PATCH /categories/{slug}`."""
    position = form.text("position")
    return {
        **form.some("name_id", "name_en", "urgency"),
        "team_id": form.text("team_id") or None,
        **({"position": int(position)} if position.isdecimal() else {}),
    }


def of_category(category: Mapping[str, Any]) -> Form:
    """The edit form with a category's present values."""
    return Form.filled(
        name_id=category["name"]["id"],
        name_en=category["name"]["en"],
        urgency=category["urgency"],
        team_id=category["team_id"],
        position=category["position"],
        version=category["version"],
    )


def of_ticket(ticket: Mapping[str, Any]) -> Form:
    """The edit form with the ticket's present values."""
    return Form.filled(
        subject=ticket["subject"],
        category=ticket["category"]["slug"],
        priority=ticket["priority"],
        tags=", ".join(ticket["tags"]),
        version=ticket["version"],
    )


def differences(form: Form, ticket: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """After a lost race: the fields whose typed value is not what the ticket holds now."""
    now = {**_plain(of_ticket(ticket)), **_plain(_of_work(ticket))}
    return [
        (name, form.text(name), value)
        for name, value in now.items()
        if name in form.values and form.text(name) != value
    ]


def _of_work(ticket: Mapping[str, Any]) -> Form:
    people = {f"{name}_id": ticket[name]["id"] if ticket[name] else "" for name in WORKERS}
    return Form.filled(**people)


def _plain(form: Form) -> dict[str, str]:
    return {name: form.text(name) for name in form.values if name != "version"}


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

"""Who has to be told of which event: written down once more, from the product's rules, for the checker."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from tests.faults.checker import IntentKey, Said

CHANNELS = ("email", "in_app")


def expected_intents(said: Iterable[Said], teams: Mapping[UUID, frozenset[UUID]]) -> set[IntentKey]:
    """One per event, rule, recipient and channel; `teams` gives the members of each team."""
    return {
        (event.event_id, rule, recipient, channel)
        for event in said
        for rule, recipient in _told(event.type, event.data, teams)
        for channel in CHANNELS
    }


def _told(
    kind: str, data: Mapping[str, Any], teams: Mapping[UUID, frozenset[UUID]]
) -> Iterable[tuple[str, UUID]]:
    ticket, actor = data["ticket"], UUID(data["actor"]["id"])
    requester = UUID(ticket["requester_id"])
    assignee = UUID(ticket["assignee_id"]) if ticket["assignee_id"] else None
    by_requester = actor == requester
    match kind:
        case "ticket.created":
            yield "received", requester
            for member in teams.get(UUID(ticket["team_id"]), frozenset()) - {actor}:
                yield "new_ticket", member
        case "ticket.replied" if data["visibility"] == "public":
            if not by_requester:
                yield "replied", requester
            elif assignee:
                yield "customer_replied", assignee
        case "ticket.updated":
            changes = data["changes"]
            if "assignee" in changes and assignee and assignee != actor:
                yield "assigned", assignee
            resumed = changes.get("status", [None, None])
            if resumed[0] in ("pending", "on_hold") and resumed[1] == "open" and not by_requester:
                yield "state_changed", requester
        case "ticket.pended" | "ticket.held" | "ticket.reopened" | "ticket.cancelled" if (
            not by_requester
        ):
            yield "state_changed", requester
        case "ticket.solved":
            yield "solved", requester
        case "ticket.closed":
            yield "closed", requester

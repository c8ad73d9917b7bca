"""Who may see which tickets, as a condition that is part of every statement."""

from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from shared.auth import Actor
from shared.permissions import Permission

Scope = Literal["all", "team", "company", "own", "link"]

# $2 scope, $3 actor, $4 teams or organisations, $5 linked ticket, $6 may see deleted ones; the ticket is `t`.
IN_SIGHT: Final = """
    CASE $2
        WHEN 'all' THEN true
        WHEN 'team' THEN $3 IN (t.assignee_id, t.requester_id) OR t.team_id = ANY($4::uuid[])
        WHEN 'company' THEN t.requester_id = $3 OR t.organisation_id = ANY($4::uuid[])
        WHEN 'link' THEN t.id = $5::uuid
        ELSE t.requester_id = $3
    END AND (t.deleted_at IS NULL OR $6)
"""


@dataclass(frozen=True, slots=True)
class Sight:
    """The part of all tickets that an actor may see; deleted ones only with the right to delete.

    `groups` are teams, or for the scope `company` organisations.
    """

    scope: Scope
    actor_id: UUID | None
    groups: tuple[UUID, ...]
    ticket_id: UUID | None
    sees_deleted: bool


def sight_of(actor: Actor) -> Sight:
    """What this actor may see."""
    scope = _scope(actor)
    return Sight(
        scope=scope,
        actor_id=actor.id,
        groups=actor.orgs if scope == "company" else actor.teams,
        ticket_id=actor.link,
        sees_deleted=actor.is_staff and actor.may(Permission.TICKET_DELETE),
    )


def sight_values(sight: Sight) -> tuple[Any, ...]:
    """The parameters of `IN_SIGHT`, from $2 on."""
    return (
        sight.scope,
        sight.actor_id,
        list(sight.groups),
        sight.ticket_id,
        sight.sees_deleted,
    )


def _scope(actor: Actor) -> Scope:
    if actor.kind == "link":
        return "link"
    if actor.is_staff and actor.may(Permission.TICKET_READ_ALL):
        return "all"
    if actor.is_staff and actor.may(Permission.TICKET_READ_TEAM):
        return "team"
    return "company" if actor.kind == "customer" and actor.orgs else "own"

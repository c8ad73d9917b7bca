"""Who may see which tickets, as a condition that is part of every statement."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.auth import Actor
from shared.permissions import Permission

Scope = Literal["all", "team", "own", "link"]


@dataclass(frozen=True, slots=True)
class Sight:
    """The part of all tickets that an actor may see; deleted ones only with the right to delete."""

    scope: Scope
    actor_id: UUID | None
    teams: tuple[UUID, ...]
    ticket_id: UUID | None
    sees_deleted: bool


def sight_of(actor: Actor) -> Sight:
    """What this actor may see."""
    return Sight(
        scope=_scope(actor),
        actor_id=actor.id,
        teams=actor.teams,
        ticket_id=actor.link,
        sees_deleted=actor.is_staff and actor.may(Permission.TICKET_DELETE),
    )


def _scope(actor: Actor) -> Scope:
    if actor.kind == "link":
        return "link"
    if actor.is_staff and actor.may(Permission.TICKET_READ_ALL):
        return "all"
    if actor.is_staff and actor.may(Permission.TICKET_READ_TEAM):
        return "team"
    return "own"

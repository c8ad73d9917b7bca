"""The network tree: what may hang below what, and the way from the root to a node."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from identity_service.audit.domain import Target
from shared.errors import Conflict, FieldError, Invalid, NotFound, Stale
from shared.events.identity import AreaFacts, AreaKind

# Each kind hangs below the one before it; regions are the roots.
KINDS: tuple[AreaKind, ...] = ("region", "pop", "olt", "odp")

# Fields of a node as the audit log names them: it would mask a `name`, as it masks people's.
_TOLD = {"name": "label", "parent_id": "parent_id", "is_active": "is_active"}


class AreaNotFound(NotFound):
    """There is no such node in the network."""


class AreaExists(Conflict):
    """There is a node with this key already."""


class AreaChangedMeanwhile(Stale):
    """Somebody else changed this node meanwhile."""


class AreaMisplaced(Invalid):
    """A node hangs below one of the kind above it: region, POP, OLT, ODP."""

    def __init__(self) -> None:
        super().__init__(FieldError("/parent_id", self.title(), "misplaced"))


@dataclass(frozen=True, slots=True)
class Area:
    """A node. `path` lists the ids from the root to this node."""

    id: UUID
    version: int
    key: str
    kind: AreaKind
    name: str
    parent_id: UUID | None
    path: tuple[UUID, ...]
    is_active: bool

    def facts(self) -> AreaFacts:
        """The node as events show it."""
        return AreaFacts(
            id=self.id,
            key=self.key,
            kind=self.kind,
            name=self.name,
            parent_id=self.parent_id,
            path=self.path,
            is_active=self.is_active,
        )


def below(area: Area, parent: Area | None) -> Area:
    """The node hung below this parent; raises `AreaMisplaced` unless that is the kind above."""
    level = KINDS.index(area.kind)
    if (parent.kind if parent else None) != (KINDS[level - 1] if level else None):
        raise AreaMisplaced
    path = (*parent.path, area.id) if parent else (area.id,)
    return replace(area, parent_id=parent.id if parent else None, path=path)


def moved_along(area: Area, before: Area, after: Area) -> Area:
    """A node of the subtree of `before`, once that has become `after`."""
    return replace(area, path=after.path + area.path[len(before.path) :])


def edited(area: Area, values: dict[str, Any]) -> Area:
    """The node with a new name or state; its place is changed by `below`."""
    return replace(area, **{k: v for k, v in values.items() if k != "parent_id"})


def changes(before: Area, after: Area) -> dict[str, tuple[Any, Any]]:
    """What is different, as field → (old, new); a node's name is no person's."""
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in _TOLD}
    return {_TOLD[name]: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def target_of(area: Area) -> Target:
    """The node as the audit log names it."""
    return Target("area", area.id, area.key)

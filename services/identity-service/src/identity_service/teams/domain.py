"""Teams: groups of staff that tickets are given to."""

from dataclasses import dataclass
from uuid import UUID

from shared.errors import Conflict, NotFound, Stale
from shared.events.identity import TeamFacts


class TeamNotFound(NotFound):
    """There is no such team."""


class TeamExists(Conflict):
    """There is a team with this key already."""


class TeamChangedMeanwhile(Stale):
    """Somebody else changed this team meanwhile."""


@dataclass(frozen=True, slots=True)
class Team:
    """A team. `key` is stable, `name` is for people."""

    id: UUID
    version: int
    key: str
    name: str
    is_active: bool

    def facts(self) -> TeamFacts:
        """The team as events show it."""
        return TeamFacts(id=self.id, key=self.key, name=self.name, is_active=self.is_active)

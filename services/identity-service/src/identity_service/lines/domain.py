"""Service lines: what a customer is subscribed to, where, and in which state."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from identity_service.audit.domain import Target
from shared.errors import Conflict, FieldError, Invalid, NotFound, Stale
from shared.events.identity import LineFacts, LineState

_CHANGING = ("user_id", "plan", "address", "area_id", "state", "latitude", "longitude")


class LineNotFound(NotFound):
    """There is no such service line."""


class LineExists(Conflict):
    """There is a service line with this number already."""


class LineChangedMeanwhile(Stale):
    """Somebody else changed this service line meanwhile."""


class UnknownCustomer(Invalid):
    """There is no such customer."""

    def __init__(self) -> None:
        super().__init__(FieldError("/user_id", self.title(), "unknown_user"))


class UnknownArea(Invalid):
    """There is no such node in the network."""

    def __init__(self) -> None:
        super().__init__(FieldError("/area_id", self.title(), "unknown_area"))


class HalfAPlace(Invalid):
    """Give latitude and longitude, or neither."""

    def __init__(self) -> None:
        super().__init__(FieldError("/longitude", self.title(), "half_a_place"))


@dataclass(frozen=True, slots=True)
class Line:
    """A customer's line. `number` is what customers and technicians call it by.

    The place is in degrees; both parts of it are known or neither is.
    """

    id: UUID
    version: int
    number: str
    user_id: UUID
    plan: str
    address: str
    area_id: UUID | None
    state: LineState
    latitude: float | None = None
    longitude: float | None = None

    def facts(self) -> LineFacts:
        """The line as events show it."""
        return LineFacts(
            id=self.id,
            number=self.number,
            user_id=self.user_id,
            plan=self.plan,
            address=self.address,
            area_id=self.area_id,
            state=self.state,
        )


def must_be_whole(line: Line) -> None:
    """Raise `HalfAPlace` where only one part of the place is given."""
    if (line.latitude is None) != (line.longitude is None):
        raise HalfAPlace


def changes(before: Line, after: Line) -> dict[str, tuple[Any, Any]]:
    """What is different, as field → (old, new)."""
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in _CHANGING}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def target_of(line: Line) -> Target:
    """The line as the audit log names it."""
    return Target("line", line.id, line.number)

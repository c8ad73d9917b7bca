"""Service lines: what a customer is subscribed to, where, and in which state."""

from dataclasses import dataclass
from uuid import UUID

from shared.errors import Conflict, FieldError, Invalid, NotFound, Stale
from shared.events.identity import LineFacts, LineState


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


@dataclass(frozen=True, slots=True)
class Line:
    """A customer's line. `number` is what customers and technicians call it by."""

    id: UUID
    version: int
    number: str
    user_id: UUID
    plan: str
    address: str
    area_id: UUID | None
    state: LineState

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

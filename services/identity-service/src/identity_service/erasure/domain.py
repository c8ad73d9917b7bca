"""What is left of a person who was erased, and of their lines."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from identity_service.lines.domain import Line
from shared.errors import FieldError, Invalid

# Nobody can own a mailbox below this name (RFC 2606).
_NOWHERE: Final = "erased.invalid"


class NotSaidClearly(Invalid):
    """Please say that you want this for good."""

    def __init__(self) -> None:
        super().__init__(FieldError("/is_final", self.title(), "not_said_clearly"))


def nobodys_address(user_id: UUID) -> str:
    """What stands in place of an e-mail address, each once."""
    return f"{user_id.hex}@{_NOWHERE}"


def left_of(line: Line) -> Line:
    """A line of somebody who was erased: where they lived goes, the place in the network stays."""
    return replace(line, address="", latitude=None, longitude=None, state="ended")

"""What a picture of a person is."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.errors import NotFound

SIDE: Final = 256


class AvatarNotFound(NotFound):
    """There is no picture of this person, or it is not yours to see."""


@dataclass(frozen=True, slots=True)
class Avatar:
    """A picture and the key of its object. Neither opens anything to somebody who guesses it."""

    id: UUID
    storage_key: str

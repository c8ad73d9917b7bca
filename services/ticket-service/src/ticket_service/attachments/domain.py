"""The rules of attachments: what a file may be called, how many there may be, how long they wait."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Final
from uuid import UUID

from shared.errors import NotFound, TooManyRequests

MAX_PER_MESSAGE: Final = 5
MAX_WAITING: Final = 50
MAX_A_DAY: Final = 100
MAX_A_DAY_STAFF: Final = 1_000
ORPHAN_AGE: Final = timedelta(hours=24)
# So long an upload may be on its way; then it came to nothing and counts no more.
ON_ITS_WAY: Final = timedelta(minutes=10)

_NAME_LENGTH = 80
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]')


class AttachmentNotFound(NotFound):
    """There is no such file, or it is not yours to see."""


class TooManyWaitingUploads(TooManyRequests):
    """Many photos were uploaded and belong to no message yet. Please send some of them first."""


class TooManyUploadsToday(TooManyRequests):
    """Very many photos were uploaded within a day. Please send more of them tomorrow."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A photo and the key of its object; the thumbnail lies beside it."""

    id: UUID
    storage_key: str
    name: str
    media_type: str
    size: int
    width: int
    height: int

    @property
    def thumbnail_key(self) -> str:
        """The key of the small picture."""
        return self.storage_key + "-thumbnail"


def shown_name(given: str | None, suffix: str) -> str:
    """The name that somebody gave a file, fit to be shown and saved, with the ending that is true."""
    base = (given or "").replace("\\", "/").rpartition("/")[2]
    stem = _NOT_IN_NAMES.sub("", PurePosixPath(base).stem).strip(" .")[:_NAME_LENGTH].strip(" .")
    return (stem or "foto") + suffix

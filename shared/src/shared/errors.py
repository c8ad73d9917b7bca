"""What can go wrong, as kinds without HTTP; a sad fact is a subclass whose docstring is its message.

`problems.py` maps the kinds to RFC 9457 answers; `consumer.py` uses them to tell a dependency that
is away (`Unavailable`, retried) from a message that can never be applied (dead letter).
"""

import re
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of one input field: RFC 6901 pointer, English sentence, stable code, its parameters."""

    pointer: str
    detail: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)


class Problem(Exception):
    """Something went wrong."""

    def __init__(self, **params: Any) -> None:
        super().__init__(self.title())
        self.params = params

    @classmethod
    def title(cls) -> str:
        """The English sentence that names the fact; also its key in the message catalogues."""
        return (cls.__doc__ or "").strip().splitlines()[0]

    @classmethod
    def slug(cls) -> str:
        """The stable name of the fact, such as `ticket-already-closed`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", cls.__name__).lower()


class Malformed(Problem):
    """The request could not be read."""


class Unauthenticated(Problem):
    """Please log in first."""


class Forbidden(Problem):
    """You may not do this."""


class NotFound(Problem):
    """There is nothing here, or you may not see it."""


class Conflict(Problem):
    """This does not fit the present state."""


class Stale(Problem):
    """Somebody else changed this meanwhile."""


class TooLarge(Problem):
    """The request is too large."""


class TooSlow(Problem):
    """The request took too long to arrive. Please try again."""


class Invalid(Problem):
    """Some fields need another look."""

    def __init__(self, *errors: FieldError, **params: Any) -> None:
        super().__init__(**params)
        self.errors = errors


class TooManyRequests(Problem):
    """Too many tries. Please wait a moment."""

    def __init__(self, retry_after: int = 1, **params: Any) -> None:
        super().__init__(**params)
        self.retry_after = retry_after


class Unavailable(Problem):
    """A part of the system is not available right now. Please try again in a moment."""

    def __init__(self, retry_after: int = 2, **params: Any) -> None:
        super().__init__(**params)
        self.retry_after = retry_after

"""The authorisation matrix: what each person gets at each address, and with each id in a body.

A row gives one outcome for each of `ACTORS`, in their order: the status of the answer, or `login`
where a page sends people to log in. Names in braces stand for things of the world: where nothing else
is said they are the owner's, and lie with the technician's team. An address without a row fails the
build, and so does an id in a body that no row names.

Rows that write are sent with a version that is nobody's: whoever may write hears 412 (or, in a form,
the page again with 412), whoever may not hears 403 or, of what they may not see, 404.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

PREFIX: Final = "/api/v1"


@dataclass(frozen=True, slots=True)
class Row:
    """One request and what each of the actors gets for it."""

    method: str
    path: str
    outcomes: tuple[str, ...]
    body: Mapping[str, Any] | None = None
    form: Mapping[str, Any] | None = None
    files: Mapping[str, Any] = field(default_factory=dict)
    case: str = ""
    is_stale: bool = False
    ends_session: bool = False
    owner_first: bool = False

    @property
    def is_api(self) -> bool:
        """Whether this is for programs."""
        return self.path.startswith("/api/")

    @property
    def name(self) -> str:
        """What the row is called in a test's name."""
        return f"{self.method} {self.path}" + (f" ({self.case})" if self.case else "")


def api(method: str, path: str, outcomes: str, **more: Any) -> Row:
    """A row below `/api/v1`."""
    return Row(method, PREFIX + path, tuple(outcomes.split()), **more)


def own(path: str, outcomes: str) -> Row:
    """What the gateway answers itself, to programs."""
    return Row("GET", path, tuple(outcomes.split()))


def show(path: str, outcomes: str, **more: Any) -> Row:
    """A page."""
    return Row("GET", path, tuple(outcomes.split()), **more)


def send(path: str, outcomes: str, *, case: str = "", ends: bool = False, **form: Any) -> Row:
    """A form."""
    return Row("POST", path, tuple(outcomes.split()), form=form, case=case, ends_session=ends)

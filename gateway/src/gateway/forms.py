"""A form between two requests: what was typed, what is wrong with it, and its one-time name."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData

from gateway.i18n import Texts
from gateway.problems import field_message, problem_title
from gateway.upstream import Refusal

# The same form with other words: they become a second submission, if the person wants that.
_SENT_BEFORE = "key-reused"
_ABOUT_THE_FORM = (409, 412, 422, 429)
# Fields that carry the form and not what a person typed.
CARRIED = ("csrf_token", "submission_id", "version", "next")


@dataclass
class Form:
    """Typed values by field name, errors by field name, and one sentence above the form.

    `problem` is the slug of the refusal that made this form come back, `status` its HTTP status.
    `submission_id` becomes the `Idempotency-Key`: sending the same form twice has one effect.
    """

    values: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    notice: str = ""
    status: int = 200
    problem: str = ""
    submission_id: str = field(default_factory=lambda: _new_id())

    @classmethod
    def of(cls, data: FormData) -> "Form":
        """Read a posted form; files are not taken here."""
        values: dict[str, list[str]] = {}
        for name, value in data.multi_items():
            if isinstance(value, str):
                values.setdefault(name, []).append(value)
        form = cls(values)
        if typed := form.text("submission_id"):
            form.submission_id = typed[:200]
        return form

    @classmethod
    def filled(cls, **values: Any) -> "Form":
        """A form that shows present values; None is an empty field."""
        return cls({name: [] if v is None else [str(v)] for name, v in values.items()})

    def text(self, name: str) -> str:
        """One value without the line endings that browsers add; empty when it is missing."""
        values = self.values.get(name)
        return values[0].replace("\r\n", "\n").strip() if values else ""

    def raw(self, name: str) -> str:
        """One value exactly as typed, for passwords."""
        return (self.values.get(name) or [""])[0]

    def many(self, name: str) -> list[str]:
        """All values of a field that may repeat."""
        return [value for value in self.values.get(name, []) if value]

    def error(self, name: str) -> str:
        """What is wrong with one field; empty when nothing is."""
        return self.errors.get(name, "")

    def some(self, *names: str) -> dict[str, str]:
        """The fields that are not empty, as a part of a command."""
        return {name: text for name in names if (text := self.text(name))}

    def refused(
        self,
        refusal: Refusal,
        texts: Texts,
        *,
        names: Mapping[str, str] | None = None,
        also: Sequence[int] = (),
    ) -> "Form":
        """This form with what the service found; `names` maps a pointer to a field of the form.

        Raises the refusal again when it is not about the form: 404, say. `also` lists more statuses
        that the form explains itself.
        """
        if refusal.status not in (*_ABOUT_THE_FORM, *also):
            raise refusal
        names = names or {}
        self.status, self.problem = refusal.status, refusal.slug
        unplaced = []
        for error in refusal.errors:
            pointer = str(error.get("pointer", ""))
            name = names.get(pointer, pointer.lstrip("/").partition("/")[0])
            message = field_message(error, texts)
            if name in self.values or name in names.values():
                self.errors.setdefault(name, message)
            else:
                unplaced.append(message)
        title = problem_title(refusal.title, refusal.params, texts)
        self.notice = " ".join([title, *(text for text in unplaced if text != title)])
        if refusal.slug == _SENT_BEFORE:
            self.submission_id = _new_id()
        return self


def _new_id() -> str:
    return secrets.token_urlsafe(18)

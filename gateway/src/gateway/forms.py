"""A form between two requests: what was typed, what is wrong with it, and its one-time name."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.datastructures import FormData, UploadFile

from gateway.i18n import Texts
from gateway.problems import field_message, problem_title
from gateway.upstream import Refusal

# The same form with other words: they become a second submission, if the person wants that.
_SENT_BEFORE = "key-reused"
_ABOUT_THE_FORM = (409, 412, 422, 429)
_ID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
# Faults of what a person knows as their photos.
_OF_PHOTOS = ("attachment_ids", "file")
# Fields that carry the form and not what a person typed.
CARRIED = ("csrf_token", "submission_id", "version", "next", "credential")


@dataclass
class Form:
    """Typed values by field name, errors by field name, and one sentence above the form.

    `problem` is the slug of the refusal that made this form come back, `status` its HTTP status.
    `submission_id` becomes the `Idempotency-Key`: sending the same form twice has one effect.
    `photos` are files that came with the form, `attachments` those that are uploaded already: records
    with `id` and `name`, which is empty when the form comes back once more. `file` is a table.
    """

    values: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    notice: str = ""
    status: int = 200
    problem: str = ""
    submission_id: str = field(default_factory=lambda: _new_id())
    photos: list[UploadFile] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    file: UploadFile | None = None

    @classmethod
    def of(cls, data: FormData) -> "Form":
        """Read a posted form; a file field that was left empty is no file."""
        values: dict[str, list[str]] = {}
        photos: list[UploadFile] = []
        file: UploadFile | None = None
        for name, value in data.multi_items():
            if isinstance(value, str):
                values.setdefault(name, []).append(value)
            elif name == "photos" and (value.filename or value.size):
                photos.append(value)
            elif name == "file" and (value.filename or value.size):
                file = value
        form = cls(values, photos=photos, file=file)
        kept = dict.fromkeys(filter(_ID.match, form.many("attachment_ids")))
        form.attachments = [{"id": kept_id, "name": ""} for kept_id in kept]
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

    def attach(self, uploaded: dict[str, Any]) -> None:
        """Note a photo that is uploaded; the form carries it from now on, each once."""
        if all(known["id"] != uploaded["id"] for known in self.attachments):
            self.attachments.append(uploaded)
            self.values.setdefault("attachment_ids", []).append(uploaded["id"])

    def attached(self) -> dict[str, list[str]]:
        """The uploaded photos as a part of a command."""
        ids = [attachment["id"] for attachment in self.attachments]
        return {"attachment_ids": ids} if ids else {}

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
        unplaced, gone = [], list[str]()
        for error in refusal.errors:
            pointer = str(error.get("pointer", ""))
            name = names.get(pointer, pointer.lstrip("/").partition("/")[0])
            message = field_message(error, texts)
            if name in _OF_PHOTOS:
                name = "photos"
                gone.append(pointer.rpartition("/")[2])
            if name in self.values or name in names.values() or name == "photos":
                self.errors.setdefault(name, message)
            else:
                unplaced.append(message)
        title = problem_title(refusal.title, refusal.params, texts)
        self.notice = " ".join([title, *(text for text in unplaced if text != title)])
        self._without(gone)
        if refusal.slug == _SENT_BEFORE:
            self.submission_id = _new_id()
        return self

    def _without(self, places: Sequence[str]) -> None:
        """Drop the photos at these places, which the service does not know any more."""
        left = [a for n, a in enumerate(self.attachments) if str(n) not in places]
        if len(left) < len(self.attachments):
            self.attachments = left
            self.values["attachment_ids"] = [attachment["id"] for attachment in left]


def credential_of(form: Form) -> Any:
    """What a passkey's script wrote into the form; nothing where it is not readable."""
    try:
        return orjson.loads(form.raw("credential"))
    except orjson.JSONDecodeError:
        return None


def _new_id() -> str:
    return secrets.token_urlsafe(18)

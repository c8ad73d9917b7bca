"""Rows of a file as what they mean: cells become values, or faults that a person can mend."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Annotated, Any, BinaryIO

from pydantic import BeforeValidator, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from identity_service.areas.domain import KINDS
from identity_service.fields import EmailAddress, Key, Name, PhoneNumber
from identity_service.imports.domain import PASSES, Fault, Import, Kind, Mapped
from identity_service.imports.tables import records
from identity_service.lines.schemas import Address, Latitude, Longitude, Number
from shared.commands import Command
from shared.errors import FieldError
from shared.events.identity import AreaKind, Language, LineState

BATCH = 500
_SHOWN_VALUE = 200
# A cell that begins so is a formula to a spreadsheet. Our own exports put an apostrophe before it,
# which says: this is text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FORMULA_FOUND = FieldError(
    "", "This begins like a formula (=, +, - or @). Please remove that sign.", "formula"
)
_TOO_MANY_CELLS = FieldError(
    "", "This row has more cells than there are headings.", "too_many_cells"
)

_KIND_WORDS = {"wilayah": "region", "regional": "region"}
_STATE_WORDS = {
    "aktif": "active",
    "isolir": "suspended",
    "ditangguhkan": "suspended",
    "suspend": "suspended",
    "berhenti": "ended",
    "putus": "ended",
    "terminated": "ended",
    "nonaktif": "ended",
}
_LANGUAGE_WORDS = {"indonesia": "id", "indonesian": "id", "inggris": "en", "english": "en"}
_YES = frozenset({"yes", "ya", "y", "true", "1", "aktif", "active"})
_NO = frozenset({"no", "tidak", "n", "false", "0", "nonaktif", "inactive"})


def _area_kind(text: str) -> str:
    word = _word(text, _KIND_WORDS)
    if word not in KINDS:
        raise PydanticCustomError("area_kind", "Give region, pop, olt or odp.")
    return word


def _line_state(text: str) -> str:
    word = _word(text, _STATE_WORDS)
    if word not in ("active", "suspended", "ended"):
        raise PydanticCustomError("line_state", "Give active, suspended or ended.")
    return word


def _language(text: str) -> str:
    word = _word(text, _LANGUAGE_WORDS)
    if word not in ("id", "en"):
        raise PydanticCustomError("language", "Give id or en.")
    return word


def _yes_or_no(text: str) -> bool:
    word = text.casefold()
    if word not in _YES | _NO:
        raise PydanticCustomError("yes_or_no", "Give yes or no.")
    return word in _YES


def _degrees(text: str) -> float:
    """A decimal number; Indonesian spreadsheets write a comma in it."""
    try:
        return round(float(text.replace(",", ".", 1)), 6)
    except ValueError:
        raise PydanticCustomError("degrees", "Give degrees like -7.257472.") from None


def _word(text: str, synonyms: Mapping[str, str]) -> str:
    word = text.casefold()
    return synonyms.get(word, word)


_AreaKey = Annotated[Key, BeforeValidator(str.lower)]


class AreaRow(Command):
    """A node; where there is one with this key, what is not given stays."""

    key: _AreaKey
    kind: Annotated[AreaKind, BeforeValidator(_area_kind)]
    name: Name
    parent: _AreaKey | None = None
    is_active: Annotated[bool | None, BeforeValidator(_yes_or_no)] = None


class CustomerRow(Command):
    """A customer; where there is one with this address, what is not given stays."""

    email: EmailAddress
    name: Name
    phone: PhoneNumber | None = None
    language: Annotated[Language | None, BeforeValidator(_language)] = None


class LineRow(Command):
    """A line; where there is one with this number, what is not given stays."""

    number: Number
    email: EmailAddress
    plan: Name
    address: Address
    area: _AreaKey | None = None
    state: Annotated[LineState | None, BeforeValidator(_line_state)] = None
    latitude: Annotated[Latitude | None, BeforeValidator(_degrees)] = None
    longitude: Annotated[Longitude | None, BeforeValidator(_degrees)] = None

    @model_validator(mode="after")
    def _place_has_two_parts(self) -> "LineRow":
        if (self.latitude is None) != (self.longitude is None):
            raise PydanticCustomError("half_a_place", "Give latitude and longitude, or neither.")
        return self


Row = AreaRow | CustomerRow | LineRow
_ROWS: Mapping[Kind, type[Row]] = MappingProxyType(
    {"areas": AreaRow, "customers": CustomerRow, "lines": LineRow}
)
_KEY: Mapping[Kind, str] = MappingProxyType(
    {"areas": "key", "customers": "email", "lines": "number"}
)
_TEXTS = frozenset({"name", "plan", "address"})


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of one pass, up to and with row `position`."""

    pass_number: int
    position: int
    rows: tuple[tuple[int, Row], ...] = ()
    faults: tuple[Fault, ...] = ()


def key_of(kind: Kind, row: Row) -> str:
    """What a row's thing is called."""
    return str(getattr(row, _KEY[kind]))


def key_field(kind: Kind) -> str:
    """The field that holds it."""
    return _KEY[kind]


def batches(job: Import, file: BinaryIO, size: int = BATCH) -> Iterator[Batch]:
    """What is left of a file, from where the job stands. Needs a thread: it reads and computes."""
    for number in range(job.pass_number, PASSES[job.kind]):
        after = job.position if number == job.pass_number else 0
        left = (row for row in _of_pass(job, file, number) if row[0] > after)
        while some := list(islice(left, size)):
            yield _batch(job, number, some)


def read_row(
    kind: Kind, mapping: Mapped, width: int, number: int, cells: list[str]
) -> Row | list[Fault]:
    """The row as a value, or all that is wrong with it."""
    if len(cells) > width and any(cells[width:]):
        return [_fault(number, "", ", ".join(cells[width:]), _TOO_MANY_CELLS)]
    given, faults = {}, []
    for name, index in mapping.items():
        cell = cells[index].strip() if index < len(cells) else ""
        if cell[:1] == "'" and cell[1:2] in _FORMULA:
            cell = cell[1:]
        elif name in _TEXTS and cell.startswith(_FORMULA):
            faults.append(_fault(number, name, cell, _FORMULA_FOUND))
        if cell:
            given[name] = cell
    try:
        row = _ROWS[kind].model_validate(given)
    except ValidationError as error:
        faults += [_refused(number, given, each) for each in error.errors(include_url=False)]
        return faults
    return faults or row


def fault_of(number: int, field: str, value: object, error: FieldError) -> Fault:
    """Something that is wrong with a cell for what is in the database or elsewhere in the file."""
    return _fault(number, field, str(value), error)


def _of_pass(job: Import, file: BinaryIO, pass_number: int) -> Iterator[tuple[int, list[str]]]:
    rows = records(file, job.delimiter)
    next(rows, None)
    if PASSES[job.kind] == 1:
        return rows
    index = job.mapping["kind"]
    return (row for row in rows if _level(row[1], index) == pass_number)


def _level(cells: list[str], index: int) -> int:
    """The pass in which a node is made; what is no node at all is told in the first."""
    word = _word(cells[index].strip(), _KIND_WORDS) if index < len(cells) else ""
    return next((n for n, kind in enumerate(KINDS) if kind == word), 0)


def _batch(job: Import, pass_number: int, some: list[tuple[int, list[str]]]) -> Batch:
    width, rows, faults = len(job.columns), list[tuple[int, Row]](), list[Fault]()
    for number, cells in some:
        read = read_row(job.kind, job.mapping, width, number, cells)
        if isinstance(read, list):
            faults += read
        else:
            rows.append((number, read))
    return Batch(pass_number, some[-1][0], tuple(rows), tuple(faults))


def _refused(number: int, given: Mapping[str, str], error: Any) -> Fault:
    name = str(error["loc"][0]) if error["loc"] else "longitude"
    params = {k: v for k, v in error.get("ctx", {}).items() if isinstance(v, str | int | float)}
    found = FieldError("", error["msg"], error["type"], params)
    return _fault(number, name, given.get(name, ""), found)


def _fault(number: int, field: str, value: str, error: FieldError) -> Fault:
    return Fault(number, field, value[:_SHOWN_VALUE], error.detail, error.code, dict(error.params))

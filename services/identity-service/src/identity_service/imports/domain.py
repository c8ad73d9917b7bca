"""What an import is: its kinds and columns, the states it goes through, what can be wrong with it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

from shared.auth import Actor
from shared.errors import Conflict, FieldError, Invalid, NotFound, TooLarge
from shared.permissions import Permission

Kind = Literal["areas", "customers", "lines"]
State = Literal[
    "arriving", "received", "queued", "running", "checked", "finished", "failed", "cancelled"
]
# Why an import could not go on; a page has a sentence for each.
Reason = Literal["rights_lost", "file_gone", "internal"]

MAX_BYTES = 200_000_000
MAX_ROWS = 1_000_000
MAX_COLUMNS = 100
SAMPLE_ROWS = 20
# More faults than that nobody reads; the number of rows that failed is counted to the end.
MAX_FAULTS = 100_000
# A file that nobody let run, and the faults of one that ran, hold people's data.
KEPT = timedelta(days=7)
ON_ITS_WAY = timedelta(hours=1)

STARTABLE: tuple[State, ...] = ("received", "checked")
CANCELLABLE: tuple[State, ...] = ("received", "checked", "queued", "running")

# Besides the right to import: what the rows do, their importer must be allowed to do one by one.
NEEDED: Mapping[Kind, tuple[Permission, ...]] = MappingProxyType(
    {
        "areas": (Permission.IMPORT_RUN, Permission.AREA_EDIT),
        "customers": (
            Permission.IMPORT_RUN,
            Permission.USER_INVITE_CUSTOMER,
            Permission.USER_EDIT,
        ),
        "lines": (Permission.IMPORT_RUN, Permission.LINE_EDIT),
    }
)


def open_kinds(actor: Actor) -> frozenset[Kind]:
    """The kinds of imports that somebody may see: those that they may run."""
    return frozenset(kind for kind, needed in NEEDED.items() if all(map(actor.may, needed)))


class ImportNotFound(NotFound):
    """There is no such import."""


class ImportNotWaiting(Conflict):
    """This import is running or over. Please upload the file again."""


class ImportAlreadyOver(Conflict):
    """This import is over already."""


class FileTooLarge(TooLarge):
    """This file is too large: at most 200 MB, please."""


class FileRefused(Invalid):
    """This file cannot be imported."""

    code = "file"

    def __init__(self, **params: Any) -> None:
        super().__init__(FieldError("/file", self.title(), self.code, params), **params)


class NotUtf8(FileRefused):
    """This file is not in UTF-8. Please save it as “CSV UTF-8” and upload it again."""

    code = "not_utf8"


class IsUtf16(FileRefused):
    """This file is in UTF-16. Please save it as “CSV UTF-8” and upload it again."""

    code = "utf16"


class NoRows(FileRefused):
    """There are no rows below the headings."""

    code = "no_rows"


class TooManyRows(FileRefused):
    """There are more than a million rows. Please split the file."""

    code = "too_many_rows"


class TooManyColumns(FileRefused):
    """There are more than a hundred columns."""

    code = "too_many_columns"


class NotATable(FileRefused):
    """Row %(row)s cannot be read: a quotation mark is missing or a cell is far too long."""

    code = "not_a_table"


class ColumnsMissing(Invalid):
    """Not every column that is needed has been chosen."""

    def __init__(self, names: Iterable[str]) -> None:
        faults = [FieldError(f"/mapping/{n}", "This column is needed.", "no_column") for n in names]
        super().__init__(*faults)


class UnknownColumn(Invalid):
    """The file has no such column."""

    def __init__(self, name: str) -> None:
        super().__init__(FieldError(f"/mapping/{name}", self.title(), "unknown_column"))


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a row: whether it is needed, and the headings it is known by, small letters only."""

    name: str
    headings: str
    is_needed: bool = False


_EMAIL = "email surel emailaddress alamatemail emailpelanggan customeremail"
COLUMNS: Mapping[Kind, tuple[Column, ...]] = MappingProxyType(
    {
        "areas": (
            Column("key", "key kode kodearea areakey code", True),
            Column("kind", "kind jenis tipe type level", True),
            Column("name", "name nama namaarea", True),
            Column("parent", "parent induk kodeinduk parentkey atasan"),
            Column("is_active", "isactive active aktif"),
        ),
        "customers": (
            Column("email", _EMAIL, True),
            Column("name", "name nama namapelanggan customer pelanggan", True),
            Column(
                "phone",
                "phone telepon hp nohp nomorhp telp notelp nomortelepon wa nowa whatsapp "
                "phonenumber mobile",
            ),
            Column("language", "language bahasa"),
        ),
        "lines": (
            Column(
                "number",
                "number nomor nolayanan nomorlayanan nomorsambungan cid servicenumber linenumber "
                "idlayanan idpelanggan",
                True,
            ),
            Column("email", _EMAIL, True),
            Column("plan", "plan paket layanan package", True),
            Column("address", "address alamat alamatpemasangan alamatpelanggan", True),
            Column("area", "area odp kodeodp kodearea areakey wilayah"),
            Column("state", "state status keadaan"),
            Column("latitude", "latitude lat lintang"),
            Column("longitude", "longitude lon lng long bujur"),
        ),
    }
)
# The network tree grows from its root: each kind of node has a pass of its own over the file.
PASSES: Mapping[Kind, int] = MappingProxyType({"areas": 4, "customers": 1, "lines": 1})

Mapped = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file that can be read: `sample` are its first rows, `row_count` counts those not empty."""

    delimiter: str
    columns: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]
    row_count: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell; `row` counts as a spreadsheet does, the headings are row 1."""

    row: int
    field: str
    value: str
    detail: str
    code: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows came to what; invited are among the others."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    invited: int = 0

    @property
    def rows(self) -> int:
        """How many rows were looked at."""
        return self.created + self.updated + self.unchanged + self.failed


@dataclass(frozen=True, slots=True)
class Import:
    """A file on its way in. `mapping` says which column of the file (from 0) is which field.

    `invites`: new customers are sent an invitation. `updates`: what exists takes the file's values.
    """

    id: UUID
    kind: Kind
    state: State
    user_id: UUID | None
    file_name: str
    storage_key: str | None
    delimiter: str
    columns: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]
    row_count: int
    mapping: Mapped
    is_dry_run: bool = True
    invites: bool = False
    updates: bool = True
    run_id: UUID | None = None
    pass_number: int = 0
    position: int = 0
    tally: Tally = Tally()
    reason: Reason | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def table(self) -> Table:
        """The file as it was read when it came."""
        return Table(self.delimiter, self.columns, self.sample, self.row_count)

    @property
    def percent(self) -> int:
        """How much of the run is done, from 0 to 100."""
        return min(100, 100 * self.tally.rows // max(1, self.row_count))

    @property
    def missing(self) -> list[str]:
        """The fields that are needed and that no column was chosen for."""
        return [c.name for c in COLUMNS[self.kind] if c.is_needed and c.name not in self.mapping]


def suggested(kind: Kind, columns: Sequence[str]) -> dict[str, int]:
    """Which columns are probably meant, by their headings; each column is one field at most."""
    found: dict[str, int] = {}
    plain = [re.sub(r"[^a-z0-9]", "", column.casefold()) for column in columns]
    for column in COLUMNS[kind]:
        for heading in column.headings.split():
            if heading in plain and plain.index(heading) not in found.values():
                found[column.name] = plain.index(heading)
                break
    return found


def checked_mapping(kind: Kind, columns: Sequence[str], mapping: Mapped) -> dict[str, int]:
    """The mapping, if every field and column of it exists and every needed field is in it."""
    known = {column.name for column in COLUMNS[kind]}
    for name, index in mapping.items():
        if name not in known or not 0 <= index < len(columns):
            raise UnknownColumn(name)
    missing = [c.name for c in COLUMNS[kind] if c.is_needed and c.name not in mapping]
    if missing:
        raise ColumnsMissing(missing)
    return dict(mapping)

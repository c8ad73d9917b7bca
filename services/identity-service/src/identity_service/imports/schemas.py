"""Imports over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from identity_service.imports.domain import Kind, Reason, State
from shared.commands import Command
from shared.paging import Page

_COLUMNS = Annotated[dict[str, int], Field(max_length=50)]


class StartImport(Command):
    """How to run an import; `mapping` names the column (from 0) of each field, null keeps it.

    `invites` sends each new customer an invitation by mail, `updates` gives what exists the values
    of the file.
    """

    mapping: _COLUMNS | None = None
    invites: bool = False
    updates: bool = True


class ListImports(Command):
    """A page of imports."""

    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = Field(None, max_length=1000)


class ListFaults(Command):
    """A page of faults."""

    limit: int = Field(100, ge=1, le=1000)
    cursor: str | None = Field(None, max_length=1000)


ImportFilter = Annotated[ListImports, Query()]
FaultFilter = Annotated[ListFaults, Query()]


class TallyOut(BaseModel):
    """How many rows came to what, so far; the invited are among the others.

    After a dry run: what would be made.
    """

    created: int
    updated: int
    unchanged: int
    failed: int
    invited: int


class ImportBrief(BaseModel):
    """An import in a list. `rows` are those that are not empty, `percent` is how far it is."""

    id: UUID
    kind: Kind
    state: State
    is_dry_run: bool
    file_name: str
    rows: int
    percent: int
    tally: TallyOut
    reason: Reason | None
    user_id: UUID | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ColumnOut(BaseModel):
    """A field that a column of the file can be."""

    name: str
    is_needed: bool


class FaultOut(BaseModel):
    """What is wrong with one cell; `row` counts as a spreadsheet does, the headings are row 1."""

    row: int
    field: str
    value: str
    detail: str
    code: str
    params: dict[str, Any]


class ImportOut(ImportBrief):
    """An import; `sample` are the first rows of the file and `sample_faults` what is wrong in them.

    `missing` are needed fields that no column was chosen for.
    """

    columns: list[str]
    fields: list[ColumnOut]
    mapping: dict[str, int]
    missing: list[str]
    sample: list[list[str]]
    sample_faults: list[FaultOut]
    invites: bool
    updates: bool


class ImportPage(Page[ImportBrief]):
    """Imports, newest first."""


class FaultPage(Page[FaultOut]):
    """Faults of the last run, by row."""

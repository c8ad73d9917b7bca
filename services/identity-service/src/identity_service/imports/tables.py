"""Reading CSV files, whatever their size: row by row, never as a whole."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from identity_service.imports.domain import (
    MAX_COLUMNS,
    MAX_ROWS,
    SAMPLE_ROWS,
    IsUtf16,
    NoRows,
    NotATable,
    NotUtf8,
    Table,
    TooManyColumns,
    TooManyRows,
)

_DELIMITERS = ",;\t|"
_BEGINNING = 65_536
_SHOWN_CELL = 200


def read_table(file: BinaryIO) -> Table:
    """What is in a file; reads it to its end, so that whatever cannot be read is told at once."""
    file.seek(0)
    beginning = file.read(_BEGINNING)
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in beginning:
        raise IsUtf16
    delimiter = _delimiter(beginning)
    rows = records(file, delimiter)
    columns = tuple(cell.strip()[:_SHOWN_CELL] for cell in next(rows, (1, []))[1])
    if len(columns) > MAX_COLUMNS:
        raise TooManyColumns
    sample, count = [], 0
    for _, cells in rows:
        count += 1
        if count <= SAMPLE_ROWS:
            sample.append(tuple(cell[:_SHOWN_CELL] for cell in cells[:MAX_COLUMNS]))
        if count > MAX_ROWS:
            raise TooManyRows
    if not count:
        raise NoRows
    return Table(delimiter, columns, tuple(sample), count)


def records(file: BinaryIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, with their number as a spreadsheet shows it."""
    file.seek(0)
    number = 0
    with _text(file) as text:
        try:
            # Strict, so that a forgotten quotation mark is found and does not swallow other rows.
            for cells in csv.reader(text, delimiter=delimiter, strict=True):
                number += 1
                if any(map(str.strip, cells)):
                    yield number, cells
        except UnicodeDecodeError:
            raise NotUtf8 from None
        except csv.Error:
            raise NotATable(row=number + 1) from None


def _delimiter(beginning: bytes) -> str:
    """Whichever sign stands most often between the headings; a comma where none does."""
    line = beginning.split(b"\n", 1)[0].decode(errors="replace")
    bare = "".join(line.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)


@contextmanager
def _text(file: BinaryIO) -> Iterator[io.TextIOWrapper]:
    """The file as text, without the mark that some programs put before UTF-8; it stays open."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield text
    finally:
        # Whoever reads no further may have closed the file already.
        if not file.closed:
            text.detach()

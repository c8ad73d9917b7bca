"""Rows for spreadsheets: CSV (RFC 4180) in which no cell is taken for a formula."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

# By this mark spreadsheets know that a file is UTF-8.
MARK = "\N{BYTE ORDER MARK}"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# Where Excel speaks Indonesian it takes each of these for the end of a cell, quoted or not.
_OTHER_ENDS = re.compile(r"([;|\t]\s*)(?=[=+\-@])")


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Lines of CSV; what begins like a formula gets an apostrophe before it."""
    lines = io.StringIO()
    csv.writer(lines).writerows([_cell(value) for value in row] for row in rows)
    return lines.getvalue()


def _cell(value: Any) -> str:
    text = _OTHER_ENDS.sub(r"\1'", "" if value is None else str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text

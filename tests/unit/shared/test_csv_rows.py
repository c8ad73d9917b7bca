"""Tables for spreadsheets."""

import pytest

from shared.csv_rows import csv_text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+62812", "'+62812"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("a;=HYPERLINK(1)", "a;'=HYPERLINK(1)"),
        ("a; +1|-2", "a; '+1|'-2"),
        ("Jl. Melati 12; RT 3", "Jl. Melati 12; RT 3"),
        ("a=b", "a=b"),
        (None, ""),
        (12, "12"),
    ],
)
def test_no_cell_is_taken_for_a_formula(value: object, written: str) -> None:
    assert csv_text([[value]]) in (f"{written}\r\n", f'"{written}"\r\n')


def test_cells_are_quoted_where_they_must_be() -> None:
    assert csv_text([["a,b", 'say "x"']]) == '"a,b","say ""x"""\r\n'

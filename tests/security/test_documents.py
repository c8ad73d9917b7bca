"""What docs/security.md and docs/bad-input.md claim: complete, counted, and by tests that exist."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from local.folders import PROJECT
from tests.security.test_bad_input import CASES

_TEST_ID = re.compile(r"`(tests/[\w/]+\.py)::(\w+)(?:\[([^]]*)\])?`")
_REQUIREMENT = re.compile(r"^\| (\d+\.\d+\.\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)
_KINDS = ("tests", "review", "open")
# How many requirements of level 1 and 2 each section of the standard has; their numbers run from 1.
_SECTIONS = {
    "1.1": 2,
    "1.2": 9,
    "1.3": 11,
    "1.4": 3,
    "1.5": 2,
    "2.1": 3,
    "2.2": 3,
    "2.3": 4,
    "2.4": 1,
    "3.2": 2,
    "3.3": 4,
    "3.4": 6,
    "3.5": 5,
    "3.7": 2,
    "4.1": 3,
    "4.2": 1,
    "4.3": 2,
    "4.4": 4,
    "5.1": 1,
    "5.2": 3,
    "5.3": 2,
    "5.4": 3,
    "6.1": 3,
    "6.2": 12,
    "6.3": 4,
    "6.4": 4,
    "6.5": 5,
    "6.6": 3,
    "6.8": 4,
    "7.1": 3,
    "7.2": 4,
    "7.3": 2,
    "7.4": 5,
    "7.5": 2,
    "7.6": 2,
    "8.1": 2,
    "8.2": 3,
    "8.3": 1,
    "8.4": 1,
    "9.1": 3,
    "9.2": 4,
    "11.1": 2,
    "11.2": 3,
    "11.3": 3,
    "11.4": 4,
    "11.5": 1,
    "11.6": 1,
    "12.1": 3,
    "12.2": 2,
    "12.3": 4,
    "13.1": 1,
    "13.2": 5,
    "13.3": 2,
    "13.4": 5,
    "14.1": 2,
    "14.2": 4,
    "14.3": 3,
    "15.1": 3,
    "15.2": 3,
    "15.3": 7,
    "16.1": 1,
    "16.2": 5,
    "16.3": 4,
    "16.4": 3,
    "16.5": 3,
}


def _text(name: str) -> str:
    return (PROJECT / "docs" / name).read_text()


@cache
def _tests_of(path: str) -> frozenset[str]:
    file = PROJECT / path
    tree = ast.parse(file.read_text()) if file.exists() else ast.Module([], [])
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, functions))


def _missing_tests(text: str) -> list[str]:
    named = {(path, name) for path, name, _ in _TEST_ID.findall(text)}
    return sorted(f"{path}::{name}" for path, name in named if name not in _tests_of(path))


def _requirements() -> Iterator[tuple[str, str]]:
    """Number and kind of proof, those of a client of OpenID Connect left out."""
    for number, _, proof in _REQUIREMENT.findall(_text("security.md")):
        if not number.startswith("10."):
            yield number, "tests" if _TEST_ID.fullmatch(proof) else proof.partition(":")[0]


def test_every_requirement_that_applies_has_one_row() -> None:
    wanted = [f"{name}.{n}" for name, last in _SECTIONS.items() for n in range(1, last + 1)]
    assert [number for number, _ in _requirements()] == wanted
    assert len(wanted) == 217


def test_the_counts_on_top_are_those_of_the_rows() -> None:
    counts = Counter(kind for _, kind in _requirements())
    assert set(counts) <= set(_KINDS)
    cells = " | ".join(str(counts[kind]) for kind in _KINDS)
    assert f"| level 1 and 2 | {cells} | {counts.total()} |" in _text("security.md")


def test_every_test_that_proves_a_requirement_exists() -> None:
    assert _missing_tests(_text("security.md")) == []


def test_every_row_of_bad_input_names_a_test() -> None:
    text = _text("bad-input.md")
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert [row for row in rows if not _TEST_ID.search(row)] == []
    assert _missing_tests(text) == []


def test_every_case_of_bad_input_is_documented() -> None:
    named = {case for path, _, case in _TEST_ID.findall(_text("bad-input.md")) if case}
    assert set(CASES) == named & set(CASES)
    assert [case for case in CASES if _text("bad-input.md").count(f"[{case}]`") != 1] == []

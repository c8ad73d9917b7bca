"""Everybody gets at each address what the table says: no route, and no id in a body, is left out."""

import re
from pathlib import Path

import pytest

from local.folders import PROJECT
from tests.security.api_rows import API
from tests.security.crawl import Crawl, normal
from tests.security.matrix import written
from tests.security.page_rows import PAGES
from tests.security.routes import (
    Address,
    IdInBody,
    api_addresses,
    ids_in_bodies,
    page_addresses,
)
from tests.security.table import Row
from tests.security.world import ACTORS

ROWS = (*API, *PAGES)
BY_NAME = [pytest.param(row, id=row.name) for row in ROWS]
HIDDEN = [
    pytest.param(row, id=row.name)
    for row in ROWS
    if row.method == "GET" and "404" in row.outcomes and "200" in row.outcomes
]


def _address(row: Row) -> Address:
    return Address.of(row.method, row.path.partition("?")[0])


def _named(row: Row) -> set[IdInBody]:
    """The fields of a row's body that name a thing."""
    fields = (row.body or {}).items()
    return {IdInBody(_address(row), name) for name, value in fields if "{" in repr(value)}


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    declared, rows = api_addresses() | page_addresses(), {_address(row) for row in ROWS}
    # A page whose last part is a verb is written with the verb.
    assert sorted(map(str, declared - rows)) == [], "no row in tests/security/*_rows.py"
    assert sorted(map(str, rows - declared)) == [], "rows without a route"


def test_every_id_in_a_body_is_named_by_a_row() -> None:
    named = {each for row in API for each in _named(row)}
    assert sorted(map(str, ids_in_bodies() - named)) == []


def test_every_row_says_what_each_person_gets() -> None:
    assert [row.name for row in ROWS if len(row.outcomes) != len(ACTORS)] == []
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_the_matrix_in_the_documents_is_fresh() -> None:
    shown = Path(PROJECT / "docs" / "authorisation.md").read_text()
    assert shown == written(ROWS), "run `.venv/bin/python -m tests.security.matrix`"


@pytest.mark.e2e
@pytest.mark.parametrize("row", BY_NAME)
def test_everybody_gets_what_the_table_says(crawl: Crawl, row: Row) -> None:
    answers = crawl.of(row)
    got = {actor: answer.outcome for actor, answer in answers.items()}
    expected = dict(zip(ACTORS, row.outcomes, strict=True))
    assert got == expected, {a: answers[a].text for a in got if got[a] != expected[a]}


@pytest.mark.e2e
@pytest.mark.parametrize("row", HIDDEN)
def test_what_is_somebody_elses_answers_like_what_is_not_there(crawl: Crawl, row: Row) -> None:
    things = crawl.world.things
    for actor, answer in crawl.of(row).items():
        if answer.outcome == "404":
            nothing = crawl.of_nothing(row, actor)
            assert nothing.outcome == "404"
            hidden = normal(row, answer, things.known)
            assert hidden == normal(row, nothing, things.unknown), actor


@pytest.mark.e2e
def test_nobody_has_changed_what_they_may_not(crawl: Crawl) -> None:
    for row in ROWS:
        crawl.of(row)
    admin, known = crawl.world.visitors["admin"], crawl.world.things.known
    ticket = admin.api("GET", f"/tickets/{known['ticket']}").json()
    assert (ticket["version"], ticket["status"]) == crawl.world.untouched
    said = admin.api("GET", f"/tickets/{known['talk']}/messages").text
    assert "Pemain technician" in said
    assert re.findall("Pemain (?:stranger|reader|elsewhere|revoked)", said) == []

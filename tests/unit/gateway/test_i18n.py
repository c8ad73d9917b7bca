"""Every text has its words in both languages; times carry the name of their zone."""

from datetime import UTC, datetime

import pytest

from gateway import catalogue
from gateway.i18n import LANGUAGES, accepted_language, language_of, load_texts
from shared.errors import Problem
from tests.unit.gateway.conftest import Visitor

TEXTS = load_texts()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_missing_unused_or_without_words(language: str) -> None:
    present = {_key(m.id) for m in catalogue.read_catalogue(language) if m.id}
    wanted = {_key(message) for message in catalogue.messages()}
    assert wanted - present == set(), "missing: run python -m gateway.catalogue"
    assert present - wanted == set(), "not used: run python -m gateway.catalogue"
    assert catalogue.untranslated(catalogue.read_catalogue(language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_blanks_to_fill(language: str) -> None:
    for message in catalogue.read_catalogue(language):
        assert message.python_format is False or not [
            str(error) for error in message.check() if "placeholder" in str(error)
        ]


def test_the_sentence_of_a_problem_is_in_the_catalogue() -> None:
    assert TEXTS["id"](Problem.title()) == "Terjadi kesalahan."


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Jakarta", "24 Nov 2026, 03.21 WIB"),
        ("Asia/Makassar", "24 Nov 2026, 04.21 WITA"),
        ("Asia/Jayapura", "24 Nov 2026, 05.21 WIT"),
        ("No/Where", "24 Nov 2026, 03.21 WIB"),
    ],
)
def test_a_time_says_its_zone(zone: str, shown: str) -> None:
    assert TEXTS["id"].moment("2026-11-23T20:21:24.5Z", zone) == shown


def test_english_says_the_zone_in_the_same_letters() -> None:
    moment = TEXTS["en"].moment(datetime(2026, 11, 23, 20, 21, tzinfo=UTC), "Asia/Jakarta")
    assert moment == "24 Nov 2026, 03:21 WIB"


def test_numbers_follow_the_language() -> None:
    assert TEXTS["id"].number(12345) == "12.345"
    assert TEXTS["en"].number(12345) == "12,345"


def test_indonesian_comes_first() -> None:
    assert language_of(None, "fr", None) == "id"
    assert language_of("en", "id") == "en"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("en-GB,en;q=0.9,id;q=0.8", "en"),
        ("fr, id;q=0.4, en;q=0.2", "id"),
        ("EN", "en"),
        ("en;q=0", None),
        ("en;q=x, fr", None),
        ("", None),
        (None, None),
    ],
)
def test_a_program_says_which_language_it_likes(header: str | None, language: str | None) -> None:
    assert accepted_language(header) == language


async def test_a_chosen_language_stays_chosen(visitor: Visitor) -> None:
    answer = await visitor.get("/login?lang=en")
    assert '<html lang="en">' in answer.text
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert '<html lang="en">' in (await visitor.get("/")).text
    assert '<html lang="id">' in (await visitor.get("/?lang=id")).text


async def test_a_page_does_not_follow_the_browsers_language(visitor: Visitor) -> None:
    answer = await visitor.get("/", accept_language="en-US")
    assert '<html lang="id">' in answer.text


def _key(message: object) -> str:
    return message if isinstance(message, str) else str(next(iter(message)))  # type: ignore[call-overload]

"""The generated documents: what is stale is named, what was published is never rewritten."""

import json
from pathlib import Path
from typing import Any

import pytest

from local import docs

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"degrees": {"type": "integer"}},
    "required": ["degrees"],
}


def event(schema: dict[str, Any] = SCHEMA, version: int = 1) -> dict[str, Any]:
    return {
        "type": "weather.reported",
        "version": version,
        "words": "How the weather is.",
        "schema": schema,
        "words_of_parts": {},
        "samples": [{"degrees": 31}],
    }


def service(**more: Any) -> dict[str, Any]:
    usual = {"service": "weather-service", "publishes": [event()], "families": [], "handles": []}
    return {**usual, **more}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(docs, "PROJECT", tmp_path)
    monkeypatch.setattr(docs, "CONTRACTS", tmp_path / "contract")
    monkeypatch.setattr(docs, "EVENTS", tmp_path / "events.md")
    return tmp_path


def write_all(services: list[dict[str, Any]]) -> None:
    for path, text in docs.documents(services):
        docs.write(path, text)


def test_a_schema_that_was_published_is_not_rewritten() -> None:
    write_all([service()])
    grown = {**SCHEMA, "properties": {**SCHEMA["properties"], "wind": {"type": "integer"}}}
    with pytest.raises(docs.Published, match="raise SCHEMA_VERSION"):
        write_all([service(publishes=[event(grown)])])
    write_all([service(publishes=[event(grown, version=2)])])
    assert docs.orphans([service(publishes=[event(grown, version=2)])]) == []


def test_a_sample_is_written_once_and_kept(folder: Path) -> None:
    sample = folder / "contract" / "samples" / "weather.reported" / "v1.json"
    docs.write(sample, '[{"degrees": 7}]')
    write_all([service()])
    assert json.loads(sample.read_text()) == [{"degrees": 7}]


def test_a_version_that_was_taken_back_is_an_orphan() -> None:
    write_all([service(publishes=[event(version=2)])])
    assert [path.name for path in docs.orphans([service()])] == ["v2.json", "v2.json"]


def test_the_page_tells_who_says_what_to_whom() -> None:
    listener = service(
        service="diary-service", publishes=[], families=["weather"], handles=["weather.reported"]
    )
    page = docs.events_page([service(), listener])
    assert "| `weather.*` | weather-service | diary-service |" in page
    assert "Version 1 · said by weather-service · acted on by diary-service" in page
    assert "| `degrees` | integer |  |" in page


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"type": "string", "format": "uuid"}, "uuid"),
        ({"type": "string", "format": "date-time"}, "time"),
        ({"enum": ["a", "b"]}, "`a` · `b`"),
        ({"const": "a"}, "`a`"),
        ({"$ref": "#/$defs/Sky"}, "[Sky](#sky)"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({"type": "array", "items": {"type": "string"}}, "list of text"),
        ({"type": "array", "prefixItems": [{}, {"type": "string"}]}, "[any, text]"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "map of text to text"),
    ],
)
def test_a_type_is_said_in_a_few_words(part: dict[str, Any], words: str) -> None:
    assert docs.shape(part) == words

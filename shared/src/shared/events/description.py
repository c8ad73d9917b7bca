"""Contracts as data, for documents and for the checks between versions."""

import inspect
from collections.abc import Iterable
from typing import Any

from shared.events.base import Event
from shared.events.examples import example, least

_WORDS = ("title", "description")


def described(contracts: Iterable[type[Event]]) -> list[dict[str, Any]]:
    """Each contract with its JSON Schema, the words about it, and two samples.

    The first sample has every field, the second only those that must be there.
    """
    return [
        {
            "type": contract.TYPE,
            "version": contract.SCHEMA_VERSION,
            "words": inspect.cleandoc(contract.__doc__ or ""),
            "schema": json_schema(contract),
            "words_of_parts": _words_of_parts(contract),
            "samples": [
                example(contract).model_dump(mode="json"),
                least(contract).model_dump(mode="json", exclude_unset=True),
            ],
        }
        for contract in contracts
    ]


def json_schema(contract: type[Event]) -> dict[str, Any]:
    """What a reader of this version accepts, without words, so that words can be improved."""
    schema: dict[str, Any] = _bare(contract.model_json_schema(mode="validation"))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _words_of_parts(contract: type[Event]) -> dict[str, str]:
    parts = contract.model_json_schema().get("$defs", {})
    return {name: part.get("description", "") for name, part in parts.items()}


def _bare(part: Any, *, is_schema: bool = True) -> Any:
    """Without titles and descriptions; the names of fields are not among them."""
    if isinstance(part, list):
        return [_bare(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _bare(value, is_schema=not is_schema or key not in ("properties", "$defs"))
        for key, value in part.items()
        if not (is_schema and key in _WORDS)
    }

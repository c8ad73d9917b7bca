"""The chain of hashes over the audit log, as plain calls."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from identity_service.audit.chain import BEGINNING, COVERED, Head, canonical, checked

ENTRY: dict[str, Any] = {
    **dict.fromkeys(COVERED),
    "id": 7,
    "occurred_at": datetime(2026, 11, 24, 3, 0, 0, 120, tzinfo=UTC),
    "action": "role.changed",
    "actor_kind": "staff",
    "actor_id": UUID(int=1),
    "client_address": "203.0.113.7",
    "client_agent": "Firefox",
    "after": {"permissions": ["b", "a"]},
}


def sealed(head: Head, entry: dict[str, Any]) -> dict[str, Any]:
    following = head.next(entry)
    return {
        **entry,
        "position": following.position,
        "entry_id": entry["id"],
        "hash": following.hash,
    }


def test_the_canonical_form_names_all_that_is_there_in_one_order() -> None:
    assert json.loads(canonical(ENTRY)) == {
        "id": 7,
        "occurred_at": "2026-11-24T03:00:00.000120+00:00",
        "action": "role.changed",
        "actor_kind": "staff",
        "actor_id": str(UUID(int=1)),
        "client_address": "203.0.113.7",
        "client_agent": "Firefox",
        "after": {"permissions": ["b", "a"]},
    }
    assert canonical(dict(reversed(ENTRY.items()))) == canonical(ENTRY)


def test_a_column_that_is_added_later_leaves_old_entries_as_they_were() -> None:
    assert b"null" not in canonical(ENTRY)


def test_the_chain_begins_with_nothing_and_counts() -> None:
    first = Head().next(ENTRY)

    assert (Head().position, Head().hash) == (0, BEGINNING)
    assert first.position == 1
    assert first.next(ENTRY).hash != first.hash


def test_a_seal_that_fits_carries_the_chain_on() -> None:
    verdict = checked(Head(), sealed(Head(), ENTRY))

    assert verdict.fault == ""
    assert verdict.head == Head().next(ENTRY)


@pytest.mark.parametrize("column", COVERED)
def test_a_change_in_any_column_breaks_the_chain(column: str) -> None:
    row = sealed(Head(), ENTRY) | {column: "something else"}

    assert checked(Head(), row).fault == "seal 1 (entry 7): the entry or its seal was changed"


def test_a_missing_entry_and_a_missing_seal_are_named() -> None:
    row = sealed(Head(), ENTRY)

    assert checked(Head(), row | {"id": None}).fault == "seal 1 (entry 7): the entry is missing"
    assert checked(Head(), row | {"position": 3}).fault == "seal 1 is missing"


def test_a_head_can_be_noted_and_read_again() -> None:
    head = Head().next(ENTRY)

    assert Head.parse(str(head)) == head
    with pytest.raises(ValueError, match="invalid"):
        Head.parse("seven")

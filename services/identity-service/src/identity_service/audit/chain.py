"""The chain of hashes: what a seal covers, and what is wrong where seals and entries disagree."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import orjson

# What a seal covers. A column that is added later is null in older entries, and nulls are left out,
# so it can be appended here without breaking the seals that exist.
COVERED = (
    "id",
    "occurred_at",
    "action",
    "actor_kind",
    "actor_id",
    "as_id",
    "session_id",
    "client_address",
    "client_agent",
    "request_id",
    "target_kind",
    "target_id",
    "target_label",
    "before",
    "after",
)
BEGINNING = bytes(32)


@dataclass(frozen=True, slots=True)
class Head:
    """How far the chain reaches; `0:0…` before the first entry."""

    position: int = 0
    hash: bytes = BEGINNING

    def __str__(self) -> str:
        return f"{self.position}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `position:hash`; raises `ValueError`."""
        position, _, digits = text.partition(":")
        return cls(int(position), bytes.fromhex(digits))

    def next(self, entry: Mapping[str, Any]) -> Self:
        """The head once this entry is sealed: SHA-256 of the hash before and the canonical form."""
        digest = hashlib.sha256(self.hash + canonical(entry)).digest()
        return type(self)(self.position + 1, digest)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far the chain is whole; `fault` says what is wrong right behind, where something is."""

    head: Head
    fault: str = ""


def canonical(entry: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys, no space and no null, of an entry as the database gives it back."""
    covered = {name: entry[name] for name in COVERED if entry[name] is not None}
    # asyncpg's own kind of UUID is written as any other.
    return orjson.dumps(covered, default=str, option=orjson.OPT_SORT_KEYS)


def checked(head: Head, row: Mapping[str, Any]) -> Verdict:
    """The chain with one more seal, a row of seal and entry; the entry is null where it is missing."""
    where = f"seal {row['position']} (entry {row['entry_id']})"
    if row["position"] != head.position + 1:
        return Verdict(head, f"seal {head.position + 1} is missing")
    if row["id"] is None:
        return Verdict(head, f"{where}: the entry is missing")
    following = head.next(row)
    if following.hash != row["hash"]:
        return Verdict(head, f"{where}: the entry or its seal was changed")
    return Verdict(following)

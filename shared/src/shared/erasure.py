"""Making forget a person what lies between services: the outbox, what is parked or dead, kept answers.

An event keeps its place and its version, or its readers would wait for it for ever; only what it says
of the person goes. The log of the broker itself forgets by its retention.
"""

from typing import Any, Final
from uuid import UUID

import orjson

from shared.db import Tx

# Under one of these a fact names the person whom it is about.
_OWNERS: Final = ("id", "user_id", "requester_id", "recipient_id")
_PERSONAL: Final[dict[str, Any]] = {
    "name": "",
    "email": "",
    "phone": None,
    "address": "",
    "requester_name": "",
    "requester_phone": None,
    "owner_name": "",
    "customer": "",
    "lat": None,
    "lon": None,
    "latitude": None,
    "longitude": None,
    "avatar_id": None,
    "about": {},
}
# What they or others wrote in an event about them.
_WORDS: Final = ("description", "body", "note", "comment", "subject")


async def forget_in_transit(tx: Tx, person: UUID, called: str = "") -> None:
    """Take a person out of everything that this service has written down to be sent or tried again.

    Changes name the colleagues whom a ticket was given to: `called` finds those, too.
    """
    await _redact_outbox(tx, person, called)
    await _redact_parked(tx, person)
    await _redact_dead_letters(tx, person)
    await _redact_answers(tx, person)


def redacted(value: Any, person: str, called: str = "") -> Any:
    """The decoded JSON of an event or answer without what it says of a person; their ids stay."""
    if isinstance(value, list):
        return [redacted(each, person, called) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {name: redacted(each, person, called) for name, each in value.items()}
    if called and isinstance(kept.get("assignee"), list):
        kept["assignee"] = ["" if each == called else each for each in kept["assignee"]]
    for role in ("assignee", "via"):
        if value.get(f"{role}_id") == person and f"{role}_name" in kept:
            kept[f"{role}_name"] = ""
    is_about = any(value.get(owner) == person for owner in _OWNERS)
    if is_about:
        kept |= {name: blank for name, blank in _PERSONAL.items() if name in kept}
    if is_about or any(_is_about(name, each, person) for name, each in value.items()):
        kept |= {name: "" for name in _WORDS if isinstance(kept.get(name), str)}
        kept |= {"changes": _facts_of(kept["changes"])} if "changes" in kept else {}
    return kept


def _is_about(name: str, part: Any, person: str) -> bool:
    """Whether a part of an event names the person as more than the one who did something."""
    if name in ("actor", "assignee") or not isinstance(part, dict):
        return False
    return any(part.get(owner) == person for owner in _OWNERS)


def _facts_of(changes: dict[str, Any]) -> dict[str, Any]:
    """Changes without those of a person's data or words."""
    return {name: pair for name, pair in changes.items() if name not in (*_PERSONAL, *_WORDS)}


def redacted_bytes(raw: bytes, person: str, called: str = "") -> bytes:
    """As `redacted`, of a record as it came; what cannot be read is given up."""
    try:
        return orjson.dumps(redacted(orjson.loads(raw), person, called))
    except orjson.JSONDecodeError:
        return b"{}"


async def _redact_outbox(tx: Tx, person: UUID, called: str) -> None:
    rows = await tx.fetch(
        """
        SELECT id, payload FROM outbox
        WHERE payload LIKE '%' || $1 || '%'
           OR ($2 <> '' AND strpos(payload, to_json($2)::text) > 0)
        """,
        str(person),
        called,
    )
    await tx.executemany(
        "UPDATE outbox SET payload = $2 WHERE id = $1",
        [(row["id"], _text(row["payload"], person, called)) for row in rows],
    )


async def _redact_parked(tx: Tx, person: UUID) -> None:
    rows = await tx.fetch(
        """
        SELECT consumer, aggregate_id, version, value FROM parked
        WHERE position($1::bytea IN value) > 0
        """,
        str(person).encode(),
    )
    await tx.executemany(
        """
        UPDATE parked SET value = $4
        WHERE consumer = $1 AND aggregate_id = $2 AND version = $3
        """,
        [
            (
                r["consumer"],
                r["aggregate_id"],
                r["version"],
                redacted_bytes(r["value"], str(person)),
            )
            for r in rows
        ],
    )


async def _redact_dead_letters(tx: Tx, person: UUID) -> None:
    """The message of an error may quote what it failed on, so only its kind stays."""
    rows = await tx.fetch(
        "SELECT id, value FROM dead_letter WHERE position($1::bytea IN value) > 0",
        str(person).encode(),
    )
    await tx.executemany(
        "UPDATE dead_letter SET value = $2, error = split_part(error, '(', 1) WHERE id = $1",
        [(row["id"], redacted_bytes(row["value"], str(person))) for row in rows],
    )


async def _redact_answers(tx: Tx, person: UUID) -> None:
    """Their own answers go; those to others about them stay, so that nothing is done twice."""
    await tx.execute("DELETE FROM idempotency_key WHERE principal = $1", str(person))
    rows = await tx.fetch(
        """
        SELECT principal, key, body FROM idempotency_key
        WHERE body LIKE '%' || $1 || '%'
        """,
        str(person),
    )
    await tx.executemany(
        "UPDATE idempotency_key SET body = $3 WHERE principal = $1 AND key = $2",
        [(row["principal"], row["key"], _text(row["body"], person)) for row in rows],
    )


def _text(payload: str, person: UUID, called: str = "") -> str:
    return redacted_bytes(payload.encode(), str(person), called).decode()

"""A fingerprint of what a service knows: one hash per table, the same for the same rows in any order."""

import hashlib

from tests.faults import evidence

# Not what a service knows but how it works: what waits, who holds a lease, what was asked before, what
# a clock chains.
WORKINGS = frozenset(
    {
        "schema_migration",
        "outbox",
        "outbox_lease",
        "broker_seen",
        "idempotency_key",
        "sender",
        "session",
        "try_count",
        "audit_seal",
        "audit_waiting",
    }
)

# A refused log-in is noted beside what events tell; only the latter must not come twice.
PARTS = {"audit_entry": "WHERE action LIKE 'ticket.%'"}


async def digest(dsn: str) -> dict[str, str]:
    """Table → number of rows and their hash."""
    async with evidence.connected(dsn) as connection:
        rows = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        )
        found = {}
        for table in (row["tablename"] for row in rows if row["tablename"] not in WORKINGS):
            part = PARTS.get(table, "")
            texts = await connection.fetch(f'SELECT t::text AS text FROM "{table}" t {part}')
            lines = sorted(row["text"] for row in texts)
            hashed = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
            found[table] = f"{len(lines)} rows, {hashed}"
    return found


def differences(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> list[str]:
    """Every table of every service that is not as it was."""
    return [
        f"{service}.{table}: {tables.get(table)} became {after[service].get(table)}"
        for service, tables in before.items()
        for table in tables.keys() | after[service].keys()
        if tables.get(table) != after[service].get(table)
    ]

"""A consumer that writes down what it is given, to see what was applied, how often, in which order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from shared.db import Database, Row, Tx
from shared.events import ticket
from shared.events.base import Envelope, Event
from shared.inbox import Handler, Inbox
from tests.fixtures.databases import DatabaseFactory

# What a story of a ticket consists of, with its snapshot; other types have no handler.
HANDLED: tuple[type[Event], ...] = (
    ticket.TicketCreated,
    ticket.TicketReplied,
    ticket.TicketSolved,
    ticket.TicketClosed,
    ticket.TicketSnapshot,
)


class Broken(RuntimeError):
    """A handler that cannot cope."""


@dataclass
class Ledger:
    """The table `ledger` and the handlers that fill it; `breaks_on` makes some of them fail."""

    db: Database
    name: str = "ledger"
    breaks_on: set[UUID] = field(default_factory=set)

    @property
    def handlers(self) -> Mapping[type[Event], Handler]:
        return dict.fromkeys(HANDLED, self.write)

    @property
    def inbox(self) -> Inbox:
        return Inbox(self.db, self.name, self.handlers)

    async def write(self, tx: Tx, envelope: Envelope, _: Any) -> None:
        """Chain each event to the one before, so that the state depends on the order."""
        if envelope.subject in self.breaks_on:
            raise Broken(str(envelope.subject))
        await tx.execute(
            """
            INSERT INTO ledger (aggregate_id, version, type, state)
            SELECT $1, $2, $3, md5(concat($2::bigint, $3::text, (
                SELECT state FROM ledger WHERE aggregate_id = $1 ORDER BY n DESC LIMIT 1)))
            """,
            envelope.subject,
            envelope.sequence,
            envelope.type,
        )

    async def versions(self, aggregate_id: UUID) -> list[int]:
        """The versions of an aggregate in the order in which they were applied."""
        rows = await self.rows(
            "SELECT version FROM ledger WHERE aggregate_id = $1 ORDER BY n", aggregate_id
        )
        return [row["version"] for row in rows]

    async def states(self) -> dict[UUID, str]:
        """The last state of each aggregate."""
        rows = await self.rows(
            "SELECT DISTINCT ON (aggregate_id) * FROM ledger ORDER BY aggregate_id, n DESC"
        )
        return {row["aggregate_id"]: row["state"] for row in rows}

    async def count(self, table: str = "ledger") -> int:
        """How many rows a table has."""
        rows = await self.rows(f"SELECT count(*) AS n FROM {table}")
        return int(rows[0]["n"])

    async def dead_letters(self) -> list[Row]:
        """The open ones."""
        return await self.rows("SELECT * FROM dead_letter WHERE resolved_at IS NULL ORDER BY id")

    async def rows(self, query: str, *values: object) -> list[Row]:
        async with self.db.read() as connection:
            return await connection.fetch(query, *values)


async def new_ledger(db: Database, name: str = "ledger") -> Ledger:
    """A ledger in this database."""
    async with db.transaction() as tx:
        await tx.execute(
            """
            CREATE TABLE ledger (
                n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                aggregate_id uuid NOT NULL, version bigint NOT NULL, type text NOT NULL,
                state text NOT NULL);
            CREATE INDEX ON ledger (aggregate_id, n);
            """
        )
    return Ledger(db, name)


@pytest.fixture
async def ledger(database: DatabaseFactory) -> Ledger:
    return await new_ledger(await database())

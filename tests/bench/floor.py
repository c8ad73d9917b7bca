"""The floor: bare FastAPI and asyncpg storing a ticket and an outbox row in one transaction.

`python -m tests.bench.floor DSN PORT`. No permissions, no checks, no history: nothing on this stack
can be faster, so the portal's figures are given as shares of it.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from shared.ids import uuid7


class Report(BaseModel):
    """The same body as the portal's."""

    subject: str
    description: str
    category: str
    impact: str


class Created(BaseModel):
    """What the floor answers."""

    id: UUID
    subject: str


def create_app(dsn: str) -> FastAPI:
    """The smallest service that stores a ticket with its event."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.pool = await asyncpg.create_pool(dsn, min_size=10, max_size=10)
        await app.state.pool.execute(
            """
            CREATE TABLE IF NOT EXISTS floor_ticket (id uuid PRIMARY KEY, subject text,
                description text, category text, impact text);
            CREATE TABLE IF NOT EXISTS floor_outbox (id bigint GENERATED ALWAYS AS IDENTITY
                PRIMARY KEY, ticket_id uuid, payload text)
            """
        )
        yield
        await app.state.pool.close()

    app = FastAPI(lifespan=lifespan)

    @app.post("/tickets", status_code=201)
    async def create(report: Report) -> Created:
        ticket_id = uuid7()
        async with app.state.pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO floor_ticket VALUES ($1, $2, $3, $4, $5)",
                ticket_id,
                report.subject,
                report.description,
                report.category,
                report.impact,
            )
            await connection.execute(
                "INSERT INTO floor_outbox (ticket_id, payload) VALUES ($1, $2)",
                ticket_id,
                report.model_dump_json(),
            )
        return Created(id=ticket_id, subject=report.subject)

    return app


if __name__ == "__main__":
    uvicorn.run(create_app(sys.argv[1]), port=int(sys.argv[2]), log_level="error", access_log=False)

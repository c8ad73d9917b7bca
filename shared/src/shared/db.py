"""PostgreSQL through asyncpg: one pool a process, transactions that commit before anybody answers."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

from shared.errors import Unavailable
from shared.kill_points import kill_point

Tx = PoolConnectionProxy
Row = asyncpg.Record

# A server that is away, restarting, full or told us to wait: the same call may succeed later.
DEPENDENCY_ERRORS = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.InternalClientError,  # what a killed server leaves in the middle of an answer
    OSError,
    TimeoutError,
)


class DatabaseUnavailable(Unavailable):
    """The database is not available right now. Please try again in a moment."""


class Database:
    """A pool and what to do after a commit; `open` connects, so that no work happens at import.

    `plans_once` keeps one plan for each statement, whatever its parameters: where no plan depends on
    them (a consumer's statements find rows by key) planning again costs as much as running.
    """

    def __init__(self, dsn: str, *, name: str, size: int = 10, plans_once: bool = False) -> None:
        self._dsn = dsn
        self._name = name
        self._size = size
        self._plans = "force_generic_plan" if plans_once else "auto"
        self._pool: asyncpg.Pool[Any] | None = None
        self._after_commit: list[Callable[[], None]] = []

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call this after every commit, to wake what looks for the work that it may have left."""
        self._after_commit.append(listener)

    async def open(self) -> None:
        """Create the pool; connections themselves are made when first needed."""
        self._pool = await asyncpg.create_pool(
            self._dsn,
            min_size=0,
            max_size=self._size,
            timeout=3,
            command_timeout=15,
            max_inactive_connection_lifetime=300,
            init=_prepare_connection,
            reset=_keep_connection,
            server_settings={
                "application_name": self._name,
                "statement_timeout": "10s",
                "lock_timeout": "5s",
                "idle_in_transaction_session_timeout": "20s",
                "plan_cache_mode": self._plans,
                "timezone": "UTC",
            },
        )

    async def close(self) -> None:
        """Wait for running transactions, then close every connection."""
        if self._pool:
            await self._pool.close()

    async def ping(self) -> None:
        """Raise `DatabaseUnavailable` unless the server answers."""
        async with self.read() as connection:
            await connection.execute("SELECT 1")

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A connection for single statements that change nothing."""
        async with self._connection() as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """A connection inside a transaction, committed at the end of the block, rolled back on an error."""
        async with self._connection() as connection:
            async with connection.transaction():
                yield connection
                kill_point("before_commit")
            kill_point("after_commit")
        for listener in self._after_commit:
            listener()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Tx]:
        if self._pool is None:
            raise DatabaseUnavailable
        try:
            async with self._pool.acquire(timeout=3) as connection:
                yield connection
        except DEPENDENCY_ERRORS as error:
            raise DatabaseUnavailable from error
        except asyncpg.InterfaceError as error:
            # Either the connection went away under us, or our own call was wrong.
            if any(word in str(error) for word in ("clos", "released back")):
                raise DatabaseUnavailable from error
            raise


async def _prepare_connection(connection: "asyncpg.Connection[Any]") -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: orjson.dumps(value, default=str).decode(),
        decoder=orjson.loads,
    )


async def _keep_connection(_: "asyncpg.Connection[Any]") -> None:
    """Nothing to reset but an open transaction, which asyncpg ends: nobody changes session state.

    The usual reset would cost every request one more round trip.
    """

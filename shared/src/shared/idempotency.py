"""The same creating request twice has one effect and one answer (`Idempotency-Key`).

The key's row is inserted in the transaction of the effect, so a second request waits for the first
and then finds its answer; it is never kept anywhere else.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg
from pydantic import BaseModel
from starlette.responses import Response

from shared.db import Tx
from shared.errors import Conflict, FieldError, Invalid

MAX_KEY_LENGTH = 200
KEPT_HOURS = 72


class StillRunning(Conflict):
    """The same request is still being worked on. Please try again in a moment."""

    retry_after = 2


class KeyReused(Invalid):
    """This Idempotency-Key was used for another request."""


class KeyTooLong(Invalid):
    """The Idempotency-Key is empty or too long."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route says: a body (already a schema), a status and headers such as `Location`."""

    body: BaseModel
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Once:
    """Runs a command at most once per principal and key; without a key, just runs it."""

    tx: Tx
    principal: str
    key: str | None
    request_hash: bytes

    async def run(self, command: Callable[[], Awaitable[Answer]]) -> Response:
        """The answer of the command, or the stored one of the same request before."""
        if self.key is None:
            return _response(await command())
        if not 1 <= len(self.key) <= MAX_KEY_LENGTH:
            raise KeyTooLong(max_length=MAX_KEY_LENGTH)
        if not await self._is_first():
            stored = await self._stored()
            assert stored is not None
            return stored
        answer = await command()
        body = answer.body.model_dump_json()
        await self.tx.execute(
            """
            UPDATE idempotency_key SET status = $3, headers = $4, body = $5
            WHERE principal = $1 AND key = $2
            """,
            self.principal,
            self.key,
            answer.status,
            answer.headers,
            body,
        )
        return Response(body, answer.status, answer.headers, "application/json")

    async def earlier(self) -> Response | None:
        """The stored answer of the same request before, only read; for work that is dear to begin."""
        return None if self.key is None else await self._stored()

    async def _is_first(self) -> bool:
        try:
            inserted = await self.tx.fetchval(
                """
                INSERT INTO idempotency_key (principal, key, request_hash) VALUES ($1, $2, $3)
                ON CONFLICT DO NOTHING RETURNING true
                """,
                self.principal,
                self.key,
                self.request_hash,
            )
        except asyncpg.LockNotAvailableError:
            raise StillRunning from None
        return bool(inserted)

    async def _stored(self) -> Response | None:
        row = await self.tx.fetchrow(
            """
            SELECT request_hash, status, headers, body FROM idempotency_key
            WHERE principal = $1 AND key = $2
            """,
            self.principal,
            self.key,
        )
        if row is None:
            return None
        if row["request_hash"] != self.request_hash:
            raise KeyReused(FieldError("", KeyReused.title(), "key_reused"))
        return Response(row["body"], row["status"], row["headers"], "application/json")


def request_hash(method: str, path: str, body: bytes) -> bytes:
    """What makes two requests the same."""
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).digest()


async def delete_old_keys(tx: Tx) -> None:
    """Forget answers after 72 hours, a bounded number at a time."""
    await tx.execute(
        """
        DELETE FROM idempotency_key WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM idempotency_key
            WHERE created_at < now() - make_interval(hours => $1) LIMIT 5000))
        """,
        KEPT_HOURS,
    )


def _response(answer: Answer) -> Response:
    return Response(
        answer.body.model_dump_json(), answer.status, answer.headers, "application/json"
    )

"""What a route's signature may ask for: a transaction, a reader, who is asking, what they expect.

Every one is `async`, because FastAPI runs the others in threads, a hop for each.
"""

from collections.abc import AsyncIterator, Callable
from typing import Annotated

from fastapi import Depends, Header, Request

from shared.auth import ANONYMOUS, Actor, TokenVerifier
from shared.db import Database
from shared.db import Tx as Connection
from shared.errors import FieldError, Invalid, Unauthenticated
from shared.idempotency import Once as OnceRunner
from shared.idempotency import request_hash
from shared.permissions import Permission


async def _transaction(request: Request) -> AsyncIterator[Connection]:
    db: Database = request.app.state.db
    async with db.transaction() as tx:
        yield tx


async def _reader(request: Request) -> AsyncIterator[Connection]:
    db: Database = request.app.state.db
    async with db.read() as connection:
        yield connection


async def _anyone(request: Request) -> Actor:
    """The actor of the token, or the anonymous one where there is no token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return ANONYMOUS
    if scheme.lower() != "bearer":
        raise Unauthenticated
    verifier: TokenVerifier = request.app.state.tokens
    return verifier.actor(token)


async def _someone(actor: Annotated[Actor, Depends(_anyone)]) -> Actor:
    """An actor that is a person, an API client or the bearer of a signed link."""
    if actor.kind in ("anonymous", "gateway"):
        raise Unauthenticated
    return actor


async def _gateway(actor: Annotated[Actor, Depends(_anyone)]) -> Actor:
    if actor.kind != "gateway":
        raise Unauthenticated
    return actor


class Permitted:
    """`Annotated[Actor, Depends(Permitted(Permission.X))]`: an actor who holds the permission."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, actor: Annotated[Actor, Depends(_someone)]) -> Actor:
        """The actor, or `NotPermitted`."""
        actor.need(self.permission)
        return actor


# scope="function": the transaction commits before the answer leaves, not after it.
Tx = Annotated[Connection, Depends(_transaction, scope="function")]
Reader = Annotated[Connection, Depends(_reader, scope="function")]
Anyone = Annotated[Actor, Depends(_anyone)]
Someone = Annotated[Actor, Depends(_someone)]
Gateway = Annotated[Actor, Depends(_gateway)]


async def _expected_version(if_match: Annotated[str | None, Header()] = None) -> int | None:
    """The version in `If-Match: "7"`; None when the caller does not care."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isdigit():
        raise Invalid(FieldError("If-Match", 'Give the ETag as it was, like "7".', "if_match"))
    return int(text)


ExpectedVersion = Annotated[int | None, Depends(_expected_version)]


async def _known(if_none_match: Annotated[str | None, Header()] = None) -> frozenset[str]:
    """The entity tags in `If-None-Match`; weak ones count as strong (RFC 9110, 13.1.2)."""
    tags = if_none_match.split(",") if if_none_match else ()
    return frozenset(tag.strip().removeprefix("W/") for tag in tags)


# What the caller has already: a route answers 304 when the tag of its answer is among these.
Known = Annotated[frozenset[str], Depends(_known)]


async def _request_hash(request: Request) -> bytes:
    return request_hash(request.method, request.url.path, await request.body())


async def _once_of(
    actor: Anyone,
    idempotency_key: Annotated[str | None, Header()] = None,
    x_principal: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Callable[[Connection, bytes], OnceRunner]:
    """Before login the gateway names the pre-session as the principal."""
    principal = str(actor.id) if actor.id else f"pre:{x_principal or '-'}"
    return lambda tx, digest: OnceRunner(tx, principal, idempotency_key, digest)


# For a route whose body is another one each time, as multipart is: it says what makes two the same.
OnceOf = Annotated[Callable[[Connection, bytes], OnceRunner], Depends(_once_of)]


async def _once_in(
    once_of: OnceOf, digest: Annotated[bytes, Depends(_request_hash)]
) -> Callable[[Connection], OnceRunner]:
    return lambda tx: once_of(tx, digest)


# For a route that opens its transaction itself, because it has slow work to do before.
OnceIn = Annotated[Callable[[Connection], OnceRunner], Depends(_once_in)]


async def _once(tx: Tx, once_in: OnceIn) -> OnceRunner:
    return once_in(tx)


Once = Annotated[OnceRunner, Depends(_once, scope="function")]


def etag(version: int) -> str:
    """The strong entity tag of an aggregate's version."""
    return f'"{version}"'

"""Who sits behind a cookie: asked once, known for seconds, never guessed."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from gateway.sessions import KNOWN_SECONDS, MAX_KNOWN, Sessions, Tokens
from shared.auth import ANONYMOUS, Actor, TokenMinter
from shared.errors import Unavailable
from tests.unit.gateway import samples

TOKEN = "an-opaque-session-token"


class Identity:
    """Stands where identity-service is; counts the questions."""

    def __init__(self, answer: dict[str, Any] | None = None) -> None:
        self.answer = answer
        self.asked = 0
        self.is_away = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def resolve(self, _: str) -> dict[str, Any] | None:
        self.asked += 1
        await self.gate.wait()
        if self.is_away:
            raise Unavailable
        return self.answer


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_a_session_is_asked_for_once_in_five_seconds() -> None:
    identity, clock = Identity(samples.session()), Clock()
    sessions = Sessions(identity.resolve, clock)
    for _ in range(3):
        found = await sessions.find(TOKEN)
        assert found is not None
        assert found.user["name"] == "Budi Santoso"
    assert identity.asked == 1
    clock.now += KNOWN_SECONDS + 0.1
    await sessions.find(TOKEN)
    assert identity.asked == 2
    assert KNOWN_SECONDS <= 5


async def test_many_requests_at_once_ask_one_question() -> None:
    identity = Identity(samples.session())
    identity.gate.clear()
    sessions = Sessions(identity.resolve)
    waiting = [asyncio.create_task(sessions.find(TOKEN)) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    identity.gate.set()
    found = await asyncio.gather(*waiting[1:])
    assert identity.asked == 1
    assert all(found)


async def test_a_logout_is_known_at_once_even_while_an_answer_is_under_way() -> None:
    identity = Identity(samples.session())
    sessions = Sessions(identity.resolve)
    identity.gate.clear()
    asking = asyncio.create_task(sessions.find(TOKEN))
    await asyncio.sleep(0)
    sessions.forget(TOKEN)
    identity.gate.set()
    await asking
    identity.answer = None
    assert await sessions.find(TOKEN) is None


async def test_nobody_is_let_in_while_identity_is_away() -> None:
    identity = Identity(samples.session())
    identity.is_away = True
    sessions = Sessions(identity.resolve)
    with pytest.raises(Unavailable):
        await sessions.find(TOKEN)
    identity.is_away = False
    assert await sessions.find(TOKEN) is not None


@pytest.mark.parametrize(
    "token", [None, "", "short", "x" * 300, "with space in the token", "ü" * 20]
)
async def test_what_cannot_be_a_token_is_not_asked_for(token: str | None) -> None:
    identity = Identity(samples.session())
    assert await Sessions(identity.resolve).find(token) is None
    assert identity.asked == 0


async def test_the_memory_is_bounded() -> None:
    sessions = Sessions(Identity(None).resolve)
    for number in range(MAX_KNOWN + 50):
        await sessions.find(f"session-token-number-{number}")
    assert len(sessions._known) == MAX_KNOWN


def test_a_service_token_is_used_again_for_half_its_life() -> None:
    now = [datetime(2026, 11, 24, tzinfo=UTC)]
    key = OKPKey.generate_key("Ed25519", {"kid": "test"})
    tokens = Tokens(TokenMinter(key), lambda: now[0])
    first = tokens.token(ANONYMOUS, "ticket-service")
    assert tokens.token(ANONYMOUS, "ticket-service") == first
    assert tokens.token(ANONYMOUS, "identity-service") != first
    assert tokens.token(Actor(id=None, kind="gateway"), "ticket-service") != first
    now[0] += timedelta(seconds=31)
    assert tokens.token(ANONYMOUS, "ticket-service") != first

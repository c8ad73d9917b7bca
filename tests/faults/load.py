"""Customers and agents at work: writers who ask until they are answered, and remember what they were told."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import aiohttp

from shared.auth import Actor
from tests.faults.checker import Acknowledged
from tests.fixtures.http import Tokens

ATTEMPT_SECONDS = 8.0
PATIENCE_SECONDS = 90.0
TOKEN_SECONDS = 40.0

# What each wish does to a ticket in each state: the events it writes, in order, and the state after.
# Written down from the list of allowed transitions, not taken from the code that is tested.
STORY: dict[str, dict[str, tuple[tuple[str, ...], str]]] = {
    "customer_reply": {
        "new": (("ticket.replied",), "new"),
        "open": (("ticket.replied",), "open"),
        "pending": (("ticket.replied", "ticket.updated"), "open"),
        "on_hold": (("ticket.replied", "ticket.updated"), "open"),
        "solved": (("ticket.replied", "ticket.reopened"), "open"),
    },
    "staff_reply": {
        "new": (("ticket.replied", "ticket.updated"), "open"),
        "open": (("ticket.replied",), "open"),
        "pending": (("ticket.replied",), "pending"),
        "on_hold": (("ticket.replied",), "on_hold"),
        "solved": (("ticket.replied",), "solved"),
    },
    "note": {
        state: (("ticket.replied",), state)
        for state in ("new", "open", "pending", "on_hold", "solved")
    },
    "assign": {
        "new": (("ticket.updated",), "open"),
        "open": (("ticket.updated",), "open"),
    },
    "pend": {"open": (("ticket.pended",), "pending")},
    "hold": {"open": (("ticket.held",), "on_hold")},
    "solve": {"open": (("ticket.solved",), "solved"), "pending": (("ticket.solved",), "solved")},
    "reopen": {"solved": (("ticket.reopened",), "open")},
    "close": {"solved": (("ticket.closed",), "closed")},
}
WISHES = tuple(STORY)
WEIGHTS = (5, 5, 1, 2, 2, 1, 3, 1, 1)
_PATHS = {"customer_reply": "replies", "staff_reply": "replies", "note": "notes"}


class Refused(AssertionError):
    """The service said no to something that it had to accept."""


@dataclass
class Known:
    """A ticket as its writer believes it to be."""

    id: UUID
    number: str
    status: str
    version: int
    is_assigned: bool = False


@dataclass
class Writer:
    """A customer and the agent who serves them; nobody else touches their tickets.

    Every request carries an Idempotency-Key (or, for a verb, the version it is about) and is
    repeated, the same, until it is acknowledged.
    """

    session: aiohttp.ClientSession
    url: str
    tokens: Tokens
    customer: Actor
    agent: Actor
    run: str
    dice: random.Random
    pause_seconds: float
    tickets: list[Known] = field(default_factory=list)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    attempts: int = 0
    _minted: dict[UUID, tuple[float, str]] = field(default_factory=dict)

    async def work(self, stop: asyncio.Event) -> None:
        """Do one thing after the other until told to stop; what was begun is finished."""
        while not stop.is_set():
            await self._do_something()
            await asyncio.sleep(self.dice.expovariate(1 / self.pause_seconds))

    async def _do_something(self) -> None:
        choices = [t for t in self.tickets if t.status != "closed"]
        if len(choices) < 3 or self.dice.random() < 0.25:
            await self._open()
            return
        ticket = self.dice.choice(choices)
        wish = self.dice.choices(WISHES, WEIGHTS)[0]
        if ticket.status in STORY[wish] and not (wish == "assign" and ticket.is_assigned):
            await self._act(ticket, wish)

    async def _open(self) -> None:
        tag = self._tag()
        body = {"subject": tag, "description": f"Lampu LOS merah {tag}", "category": "down"}
        answer, _ = await self._ask("POST", "/tickets", self.customer, body, key=tag)
        ticket = Known(UUID(answer["id"]), answer["number"], answer["status"], answer["version"])
        self.tickets.append(ticket)
        self._note("open", ticket, tag, ("ticket.created",), answer["version"])

    async def _act(self, ticket: Known, wish: str) -> None:
        events, status = STORY[wish][ticket.status]
        expected = ticket.version + len(events)
        tag = self._tag()
        if wish in _PATHS:
            actor = self.customer if wish == "customer_reply" else self.agent
            path = f"/tickets/{ticket.number}/{_PATHS[wish]}"
            answer, _ = await self._ask("POST", path, actor, {"body": tag}, key=tag)
        else:
            answer = await self._change(ticket, wish, tag, expected)
            ticket.is_assigned |= wish == "assign"
        ticket.version, ticket.status = answer["version"], status
        self._note(wish, ticket, tag, events, expected)

    async def _change(self, ticket: Known, wish: str, tag: str, expected: int) -> dict[str, Any]:
        """A verb has no key: asked again after a lost answer it is refused, and a look tells why."""
        path = f"/tickets/{ticket.number}/{wish}"
        body = {"assignee_id": str(self.agent.id)} if wish == "assign" else {"note": tag}
        answer, status = await self._ask("POST", path, self.agent, body, version=ticket.version)
        if status == 412:
            answer, _ = await self._ask("GET", f"/tickets/{ticket.number}", self.agent)
            if answer["version"] != expected:
                raise Refused(f"{path}: version {answer['version']}, expected {expected}")
        return answer

    def _note(
        self, wish: str, ticket: Known, tag: str, events: Sequence[str], version: int
    ) -> None:
        self.acknowledged.append(
            Acknowledged(
                wish=wish,
                tag=tag,
                ticket_id=ticket.id,
                version=version,
                told_version=ticket.version,
                events=tuple(events),
            )
        )

    def _tag(self) -> str:
        return f"{self.run} {uuid4()}"

    async def _ask(
        self,
        method: str,
        path: str,
        actor: Actor,
        body: object = None,
        *,
        key: str | None = None,
        version: int | None = None,
    ) -> tuple[dict[str, Any], int]:
        """Ask the same until it is answered; 412 counts as an answer after a try that got lost."""
        until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        lost = False
        while True:
            headers = {"Authorization": f"Bearer {self._token(actor)}"}
            headers |= {"Idempotency-Key": key} if key else {}
            headers |= {"If-Match": f'"{version}"'} if version is not None else {}
            self.attempts += 1
            try:
                async with self.session.request(
                    method, self.url + path, json=body, headers=headers
                ) as answer:
                    if answer.status < 300 or (answer.status == 412 and lost):
                        return await answer.json(content_type=None), answer.status
                    if answer.status != 503 and "retry-after" not in answer.headers:
                        raise Refused(f"{method} {path}: {answer.status} {await answer.text()}")
                    lost = True
            except (aiohttp.ClientError, TimeoutError, OSError):
                lost = True
            if asyncio.get_running_loop().time() > until:
                raise Refused(f"{method} {path}: no answer for {PATIENCE_SECONDS:g} s")
            await asyncio.sleep(self.dice.uniform(0.02, 0.08))

    def _token(self, actor: Actor) -> str:
        """A token as the gateway mints them, used while it is good."""
        assert actor.id
        now = asyncio.get_running_loop().time()
        minted = self._minted.get(actor.id)
        if minted is None or minted[0] + TOKEN_SECONDS < now:
            minted = (now, self.tokens.token_for(actor, "ticket-service"))
            self._minted[actor.id] = minted
        return minted[1]


@dataclass
class Load:
    """All writers of one run, at work from `start` to `stop`."""

    writers: list[Writer]
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Let everybody begin."""
        self._tasks = [asyncio.create_task(w.work(self._stop)) for w in self.writers]

    async def stop(self) -> list[Acknowledged]:
        """Let everybody finish what they began; gives what was acknowledged."""
        self._stop.set()
        await asyncio.gather(*self._tasks)
        return [a for writer in self.writers for a in writer.acknowledged]

    async def cancel(self) -> None:
        """Send everybody home."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def acknowledged(self) -> int:
        """How much was acknowledged so far; raises what made a writer give up."""
        if failure := self.failure():
            raise failure
        return sum(len(writer.acknowledged) for writer in self.writers)

    def failure(self) -> BaseException | None:
        """Why a writer gave up, if one did."""
        return next((e for t in self._tasks if t.done() and (e := t.exception())), None)

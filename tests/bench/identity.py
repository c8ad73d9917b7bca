"""Signing in, being recognised, losing a right."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from gateway.sessions import Sessions
from local.demo import people
from tests.bench import load
from tests.bench.load import Answer, Headers, Run
from tests.bench.portal import Portal
from tests.bench.table import Line

SIGN_INS, SIGN_IN_CLIENTS = 400, 4
OTHERS_PER_SECOND, OTHERS_SECONDS = 40, 10
CHECKS = 20_000
CHANGES = 5
# What the table of SECURITY promises: rights that were taken away end within this time.
WITHIN_SECONDS = 5.0


async def identity_lines(running: Portal) -> list[Line]:
    """The figures that need the running portal."""
    alone, beside, sign_ins = await _sign_ins(running)
    checked = await _session_checks()
    effects = await _permission_changes(running)
    ratio = beside.percentile(0.99) / alone.percentile(0.99)
    return [
        Line(
            "sign-ins (Argon2id, 19 MiB, 2 passes)",
            f"{sign_ins.rate:,.0f}/s, p50 {sign_ins.percentile(0.5):.0f} ms, "
            f"p99 {sign_ins.percentile(0.99):.0f} ms",
        ),
        Line(
            f"other requests to identity-service meanwhile, {OTHERS_PER_SECOND}/s",
            f"p99 {beside.percentile(0.99):.1f} ms, alone {alone.percentile(0.99):.1f} ms "
            f"= {ratio:.1f} ×",
            "≤ 2 ×",
            ratio <= 2,
        ),
        Line(
            "session check at the gateway, known",
            f"p50 {1000 * checked.percentile(0.5):.0f} µs, p99 {checked.percentile(0.99):.3f} ms",
            "p99 < 1 ms",
            checked.percentile(0.99) < 1,
        ),
        Line(
            "permission taken away to refused",
            f"at most {max(effects):.1f} s of {CHANGES}",
            f"< {WITHIN_SECONDS:.0f} s",
            max(effects) < WITHIN_SECONDS,
        ),
    ]


async def _sign_ins(running: Portal) -> tuple[Run, Run, Run]:
    """Others alone, others while people sign in, and those who sign in."""
    session = running.session("customer")
    me = load.request("GET", "/api/v1/me", session)
    account = next(a for a in people.ACCOUNTS if a.role == "agent")
    words = {"email": account.email, "password": people.password(running.stack.keys, account)}
    plain = {"Host": session["Host"], "Content-Type": "application/json"}
    sign_in = load.request("POST", "/api/v1/session", plain, json.dumps(words).encode())
    await load.closed_loop(running.port, lambda _: me, count=200, clients=1)
    alone = await _paced(running.port, me)
    beside, sign_ins = await asyncio.gather(
        _paced(running.port, me),
        load.closed_loop(running.port, lambda _: sign_in, count=SIGN_INS, clients=SIGN_IN_CLIENTS),
    )
    for run, status in ((alone, 200), (beside, 200), (sign_ins, 201)):
        load.all_answered(run, status)
    return alone, beside, sign_ins


async def _paced(port: int, prepared: bytes) -> Run:
    """Requests at fixed times; waiting for a connection counts as waiting for the answer."""
    began: dict[int, float] = {}

    def make(number: int) -> bytes:
        began[number] = time.time()
        return prepared

    answers = await load.open_loop(port, make, per_second=OTHERS_PER_SECOND, seconds=OTHERS_SECONDS)
    run = Run(OTHERS_SECONDS, [at - began[number] for number, at, _ in answers])
    for _, _, answer in answers:
        run.statuses[answer.status] = run.statuses.get(answer.status, 0) + 1
    return run


async def _session_checks() -> Run:
    """How long the gateway takes to know again whose cookie it is."""
    session = {
        "session_id": str(uuid4()),
        "user": {"id": str(uuid4()), "kind": "customer"},
        "perms": [],
        "teams": [],
        "orgs": [],
    }

    async def resolve(_: str) -> dict[str, Any]:
        return session

    sessions, token = Sessions(resolve), "x" * 43
    await sessions.find(token)
    latencies = []
    started = time.perf_counter()
    for _ in range(CHECKS):
        before = time.perf_counter()
        assert await sessions.find(token)
        latencies.append(time.perf_counter() - before)
    return Run(time.perf_counter() - started, latencies)


async def _permission_changes(running: Portal) -> list[float]:
    """Seconds from the answer to an administrator until the agent is refused."""
    admin, agent = running.session("admin"), running.session("agent")
    looking = load.request("GET", "/api/v1/users?limit=1", agent)
    took = []
    for _ in range(CHANGES):
        rights = await _rights(running, admin)
        await _until(running, looking, lambda answer: answer.status == 200)
        await _give(running, admin, [right for right in rights if right != "user.read"])
        began = time.perf_counter()
        await _until(running, looking, lambda answer: answer.status == 403)
        took.append(time.perf_counter() - began)
        await _give(running, admin, rights)
    return took


async def _rights(running: Portal, admin: Headers) -> list[str]:
    role = await _role(running, admin)
    return list(role["permissions"])


async def _role(running: Portal, admin: Headers) -> dict[str, Any]:
    answer = await _once(running, load.request("GET", "/api/v1/roles", admin))
    roles = json.loads(answer.body)["items"]
    return next(role for role in roles if role["name"] == "agent")


async def _give(running: Portal, admin: Headers, rights: list[str]) -> None:
    version = (await _role(running, admin))["version"]
    headers = admin | {"If-Match": f'"{version}"'}
    body = json.dumps({"permissions": rights}).encode()
    answer = await _once(running, load.request("PUT", "/api/v1/roles/agent", headers, body))
    assert answer.status == 200, answer.body


async def _until(running: Portal, asked: bytes, is_so: Callable[[Answer], bool]) -> None:
    async with load.connection(running.port) as kept:
        for _ in range(1_000):
            if is_so(await kept.send(asked)):
                return
            await asyncio.sleep(0.02)
    raise SystemExit("a change of rights has no effect")


async def _once(running: Portal, prepared: bytes) -> Answer:
    async with load.connection(running.port) as kept:
        return await kept.send(prepared)

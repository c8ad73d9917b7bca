"""Services are killed at every named point while sixteen writers go on; nothing may be lost or doubled."""

import asyncio
import random
import signal
import time
from dataclasses import dataclass

import pytest

from tests.faults import checker, report
from tests.faults.field import Field
from tests.faults.victims import NotKilled, Victim

POINT_SECONDS = 120.0
PAUSE_SECONDS = 0.6

# How many passes a life has at most before it is killed, so that a round stays short.
MOST_PASSES = {
    "before_commit": 25,
    "after_commit": 25,
    "before_produce": 8,
    "after_produce": 8,
    "after_mark": 8,
    "before_apply": 40,
    "after_apply": 40,
    "before_offset_commit": 6,
    "after_offset_commit": 6,
    "before_smtp": 20,
    "after_smtp": 20,
    "before_record": 12,
}
# A point that is none: killed from outside, at any moment of its first second or so.
ANYWHERE, ANYWHERE_NAME = "", "anywhere"


@dataclass(frozen=True)
class Plan:
    """Where each victim dies in one test; those not named live on."""

    ticket: str
    notify: str
    analytics: str | None = None
    recorder: str | None = None

    def deaths(self) -> dict[str, str]:
        """The point of each victim that is to die."""
        return {name: point for name, point in vars(self).items() if point is not None}


PLANS = (
    Plan("before_commit", "before_apply", analytics="before_commit"),
    Plan("after_commit", "after_apply", analytics="after_commit"),
    Plan("before_produce", "before_offset_commit", analytics="before_apply"),
    Plan("after_produce", "after_offset_commit", analytics="after_apply"),
    Plan("after_mark", "before_smtp", recorder="before_commit"),
    Plan(ANYWHERE, "after_smtp", recorder="before_offset_commit"),
    Plan(ANYWHERE, "before_record", recorder="after_offset_commit"),
)


def _name(plan: Plan) -> str:
    return ", ".join(f"{name} {point or ANYWHERE_NAME}" for name, point in plan.deaths().items())


@pytest.mark.parametrize("plan", PLANS, ids=_name)
async def test_nothing_is_lost_or_doubled_when_services_are_killed(
    field: Field, plan: Plan, rounds: int, dice: random.Random
) -> None:
    run = f"r{dice.getrandbits(32):08x}"
    began = time.monotonic()
    field.mailbox.clear()
    async with field.load(run, dice, PAUSE_SECONDS) as load:
        load.start()
        killing = [
            asyncio.to_thread(
                _kill_repeatedly, field.victims[name], point, rounds, random.Random(dice.random())
            )
            for name, point in plan.deaths().items()
        ]
        ended = await asyncio.gather(*killing, return_exceptions=True)
        field.revive()
        acknowledged = await load.stop()
    for error in filter(None, ended):
        raise error
    unquiet = await _settle(field)
    figures = checker.compare(await field.collect(run, acknowledged))
    kills = {f"{name} {point or ANYWHERE_NAME}": rounds for name, point in plan.deaths().items()}
    report.note(report.Trial(_name(plan), kills, figures, time.monotonic() - began))
    assert not unquiet, unquiet
    assert not figures.faults, str(figures)
    assert figures.counts["acknowledged"] > 0


def _kill_repeatedly(victim: Victim, point: str, rounds: int, dice: random.Random) -> None:
    """Give a victim so many lives, each of which ends by SIGKILL at the point."""
    if victim.pid:
        victim.kill()
    for _ in range(rounds):
        if point == ANYWHERE:
            victim.start()
            time.sleep(dice.uniform(0.1, 1.2))
            victim.kill()
            continue
        victim.start(point, dice.randint(1, MOST_PASSES[point]))
        code = victim.wait(POINT_SECONDS)
        if code != -signal.SIGKILL:
            raise NotKilled(f"{victim.module}: ended with {code} (log: {victim.log})")
    victim.start()


async def _settle(field: Field) -> str:
    """What keeps the field from being quiet; empty when nothing does."""
    try:
        await field.quiet()
    except AssertionError as reason:
        return str(reason)
    return ""

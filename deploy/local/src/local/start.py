"""The way up: servers, tables, people, programs, demo tickets, each step told."""

import json
import threading
import time
from collections.abc import Callable
from functools import partial

from local import telling
from local.demo import people, tickets
from local.demo.api import Person, Refused
from local.stack import Stack


class Stopped(Exception):
    """Somebody asked to stop before everything ran."""


class Start(threading.Thread):
    """The start beside the main thread, so that Ctrl-C is heard at any moment of it.

    In the end `stack` runs, or `error` says why not, or `stop` was set meanwhile.
    """

    def __init__(self, compose: Callable[[], Stack], stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._compose = compose
        self._stop_asked = stop
        self.stack: Stack | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.stack = self._compose()
            start(self.stack, self._stop_asked)
        except Stopped:
            pass
        except BaseException as error:  # raised again in the main thread
            self.error = error


def start(stack: Stack, stop: threading.Event | None = None) -> None:
    """Bring a composed stack up, with its demo; raises Stopped between two steps when asked to."""
    began = time.monotonic()
    step = partial(_step, stop or threading.Event(), stack.say)
    step("PostgreSQL, Redis, Kafka and mailbox", stack.start_servers)
    if not stack.is_migrated():
        step("Tables and topics", stack.migrate)
    _once(stack, "people", partial(step, "Demo accounts", partial(_seed_people, stack)))
    step("Services and gateway", stack.start_programs)
    _offer_tickets(stack, partial(step, "Demo tickets", partial(_tell_tickets, stack)))
    telling.write_demo(stack)
    telling.write_run(stack)
    telling.announce(stack, time.monotonic() - began)


def _step(
    stop: threading.Event, say: Callable[[str], None], what: str, act: Callable[[], object]
) -> None:
    if stop.is_set():
        raise Stopped
    began = time.monotonic()
    say(f"{what} …")
    act()
    say(f"{what}: ready in {time.monotonic() - began:.1f} s")


def _once(stack: Stack, name: str, act: Callable[[], object]) -> None:
    """Do what only the first start needs; what was cut off is done again, without harm."""
    done = stack.postgres.directory / f"seeded-{name}"
    if not done.exists():
        act()
        done.touch()


def _offer_tickets(stack: Stack, tell: Callable[[], object]) -> None:
    """Nice to have: a portal without demo tickets is still a portal."""
    try:
        _once(stack, "tickets", tell)
    except (Refused, OSError) as error:
        stack.say(f"Demo tickets: not all could be made ({error}); the next start tries again.")


def _seed_people(stack: Stack) -> None:
    stack.data.seed.touch(mode=0o600)
    stack.data.seed.write_text(json.dumps(people.seed_file(stack.keys), indent=1))
    stack.seed(stack.data.seed)


def _log_in(stack: Stack, email: str) -> Person:
    account = next(a for a in people.ACCOUNTS if a.email == email)
    secret = people.password(stack.keys, account)
    return Person(stack.url, stack.ports["portal"], email, secret)


def _tell_tickets(stack: Stack) -> None:
    tickets.tell(partial(_log_in, stack))

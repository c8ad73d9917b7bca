"""Programs that call with a key instead of a cookie: which key counts, from where, for what."""

import re
from contextlib import suppress
from typing import Final

import structlog

from gateway.addresses import is_within, parse_networks
from gateway.csrf import SAFE_METHODS
from gateway.portal import Portal
from gateway.sessions import Session
from gateway.upstream import Caller, Refusal
from shared.errors import Forbidden, Problem, Unauthenticated, Unavailable

log = structlog.get_logger()

_KEY: Final = re.compile(r"tgp_[0-9a-f]{8}_[a-z2-7]{32}")
_SHOWN: Final = len("tgp_01234567")


class ApiKeyNotValid(Unauthenticated):
    """This API key is not valid, or no longer valid."""


class NotByKey(Forbidden):
    """This is not open to API keys."""


class KeyOnlyReads(Forbidden):
    """This API key can only read."""


class KeyFromElsewhere(Forbidden):
    """This API key may not be used from this address."""


async def admit_program(portal: Portal, caller: Caller, authorization: str) -> Session:
    """Whom the key acts for; a wrong one counts as a stranger's call, and a known one is noted."""
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "bearer" or not _KEY.fullmatch(text):
        await portal.limits.spend("stranger", caller.address, portal.rates.stranger)
        raise ApiKeyNotValid
    found = await portal.keys.find(text)
    if found is None or found.key is None:
        await portal.limits.spend("stranger", caller.address, portal.rates.stranger)
        await _note(portal, caller, text, ApiKeyNotValid)
        raise ApiKeyNotValid
    networks = parse_networks(",".join(found.key["networks"]))
    if networks and not is_within(caller.address, networks):
        await portal.limits.spend("stranger", caller.address, portal.rates.stranger)
        await _note(portal, caller, text, KeyFromElsewhere)
        raise KeyFromElsewhere
    return found


async def check_use(
    portal: Portal, caller: Caller, found: Session, method: str, *, takes_key: bool
) -> None:
    """Raise where keys do not come at all, or one that only reads would write."""
    if not takes_key:
        raise NotByKey
    if found.key and found.key["is_read_only"] and method not in SAFE_METHODS:
        await _note(portal, caller, found.token, KeyOnlyReads)
        raise KeyOnlyReads


async def _note(portal: Portal, caller: Caller, key: str, problem: type[Problem]) -> None:
    """The audit log hears of it; without identity-service the refusal stands all the same."""
    log.warning("api_key_refused", prefix=key[:_SHOWN], reason=problem.slug())
    with suppress(Refusal, Unavailable):
        await portal.services.keys.note_refusal(caller, key, problem.slug())

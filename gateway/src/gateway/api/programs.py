"""Programs that call with a key instead of a cookie: which key counts, from where, for what."""

import re
from typing import Any, Final

import structlog

from gateway.addresses import is_within, parse_networks
from gateway.csrf import SAFE_METHODS
from gateway.portal import Portal
from gateway.sessions import Session
from shared.errors import Forbidden, Unauthenticated

log = structlog.get_logger()

_KEY: Final = re.compile(r"tgp_[0-9a-f]{8}_[a-z2-7]{32}")


class ApiKeyNotValid(Unauthenticated):
    """This API key is not valid, or no longer valid."""


class NotByKey(Forbidden):
    """This is not open to API keys."""


class KeyOnlyReads(Forbidden):
    """This API key can only read."""


class KeyFromElsewhere(Forbidden):
    """This API key may not be used from this address."""


async def program_of(
    portal: Portal, authorization: str, address: str
) -> tuple[Session, dict[str, Any]]:
    """Whom the key acts for and what it is held to; a wrong one counts as a stranger's call."""
    scheme, _, text = authorization.partition(" ")
    is_key = scheme.lower() == "bearer" and _KEY.fullmatch(text)
    found = await portal.keys.find(text) if is_key else None
    if found is None or found.key is None:
        await portal.limits.spend("stranger", address, portal.rates.stranger)
        raise ApiKeyNotValid
    networks = parse_networks(",".join(found.key["networks"]))
    if networks and not is_within(address, networks):
        log.warning("api_key_used_from_elsewhere", key_id=found.key["id"], address=address)
        raise KeyFromElsewhere
    return found, found.key


def check_use(key: dict[str, Any], method: str, *, takes_key: bool) -> None:
    """Raise where keys do not come at all, or one that only reads would write."""
    if not takes_key:
        raise NotByKey
    if key["is_read_only"] and method not in SAFE_METHODS:
        raise KeyOnlyReads

"""What makes a sign-in familiar: a program and a place that were seen with this account before."""

import hashlib
import ipaddress
import re
from datetime import timedelta
from uuid import UUID

from identity_service.limits.domain import Visitor
from shared.devices import device_of

REMEMBERED_FOR = timedelta(days=180)
NOTICES_A_DAY = 10
# Mobile providers give a phone another address many times a day, within blocks about this large.
_BLOCK = {4: 16, 6: 32}
# Programs renew themselves every few weeks, and are none the stranger for it.
_VERSIONS = re.compile(r"[\d.]+")


def marks(user_id: UUID, visitor: Visitor) -> tuple[bytes, bytes]:
    """The program and the place, as hashes that mean nothing beside another account."""
    program = _VERSIONS.sub("", visitor.agent)
    return _mark(user_id, "program", program), _mark(user_id, "place", _place(visitor.address))


def about(visitor: Visitor) -> dict[str, str]:
    """What the message tells: only words of ours, for a program may call itself anything."""
    device = device_of(visitor.agent)
    return {"browser": device.browser, "system": device.system, "address": visitor.address}


def _place(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, _BLOCK[parsed.version]), strict=False))


def _mark(user_id: UUID, kind: str, value: str) -> bytes:
    return hashlib.sha256(f"{user_id}\n{kind}\n{value}".encode()).digest()

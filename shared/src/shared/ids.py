"""Identifiers: time-ordered for rows and events, derived for repeatable seeds."""

from uuid import NAMESPACE_URL, UUID, uuid5

from uuid_utils.compat import uuid7

__all__ = ["derived_id", "uuid7"]


def derived_id(kind: str, key: str) -> UUID:
    """The same id for the same kind and key, on every machine (RFC 9562 version 5)."""
    return uuid5(NAMESPACE_URL, f"tanggap:{kind}:{key}")

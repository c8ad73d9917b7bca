"""Links in messages: `link_id.expires.HMAC(key, purpose, link_id, expires)`, so no event holds a secret.

The owner of a link stores its id and announces it; whoever writes the message signs it with the
shared key; the owner checks signature, purpose and time here, and use and revocation in its database.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from shared.errors import NotFound


class LinkNotValid(NotFound):
    """This link is not valid or no longer valid."""


@dataclass(frozen=True, slots=True)
class LinkKeys:
    """Keys by their id; the first one signs, every one verifies, so that keys can rotate."""

    keys: tuple[tuple[str, bytes], ...]

    @classmethod
    def parse(cls, text: str) -> "LinkKeys":
        """Read `kid:base64url[,kid:base64url]`; a key has at least 32 bytes."""
        keys = tuple(_parse_key(part.strip()) for part in text.split(",") if part.strip())
        if not keys:
            raise ValueError("LINK_KEYS is empty: give kid:base64url of 32 random bytes")
        return cls(keys)


def sign_link(keys: LinkKeys, purpose: str, link_id: UUID, expires_at: datetime) -> str:
    """The token that goes into a URL; contains no character that needs escaping."""
    kid, key = keys.keys[0]
    expires = int(expires_at.timestamp())
    return f"{link_id.hex}.{expires}.{kid}.{_mac(key, purpose, link_id, expires)}"


def sign_code(keys: LinkKeys, purpose: str, link_id: UUID, expires_at: datetime) -> str:
    """Six digits to type where a link cannot be followed; whoever takes them counts the tries."""
    return _code(keys.keys[0][1], purpose, link_id, int(expires_at.timestamp()))


def is_code(keys: LinkKeys, purpose: str, link_id: UUID, expires_at: datetime, given: str) -> bool:
    """Whether these digits were made by one of the keys; time and use are the caller's to check."""
    expires = int(expires_at.timestamp())
    made = [_code(key, purpose, link_id, expires) for _, key in keys.keys]
    return any(hmac.compare_digest(code.encode(), given.encode()) for code in made)


def verify_link(keys: LinkKeys, purpose: str, token: str, now: datetime) -> UUID:
    """The link's id; raises `LinkNotValid` on any fault, without saying which."""
    try:
        link_hex, expires_text, kid, mac = token.split(".")
        link_id, expires = UUID(hex=link_hex), int(expires_text)
        key = dict(keys.keys)[kid]
    except (ValueError, KeyError):
        raise LinkNotValid from None
    genuine = hmac.compare_digest(mac.encode(), _mac(key, purpose, link_id, expires).encode())
    if not genuine or now.astimezone(UTC).timestamp() > expires:
        raise LinkNotValid
    return link_id


def _code(key: bytes, purpose: str, link_id: UUID, expires: int) -> str:
    digest = _digest(key, f"{purpose} code", link_id, expires)
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06}"


def _mac(key: bytes, purpose: str, link_id: UUID, expires: int) -> str:
    digest = _digest(key, purpose, link_id, expires)
    return base64.urlsafe_b64encode(digest[:20]).rstrip(b"=").decode()


def _digest(key: bytes, purpose: str, link_id: UUID, expires: int) -> bytes:
    message = f"{purpose}\n{link_id.hex}\n{expires}".encode()
    return hmac.digest(key, message, hashlib.sha256)


def _parse_key(part: str) -> tuple[str, bytes]:
    kid, _, encoded = part.partition(":")
    try:
        key = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except ValueError:
        key = b""
    if not kid.isalnum() or len(key) < 32:
        raise ValueError("LINK_KEYS: each key is kid:base64url of at least 32 random bytes")
    return kid, key

"""Sealing what must be read again and so cannot be hashed: AES-256-GCM under keys outside the database."""

import base64
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.links import LinkKeys

_NONCE_BYTES = 12


class NotOurs(ValueError):
    """Sealed by nobody we know, for something else, or not whole."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Keys by their id; the first one seals, every one opens, so that keys can rotate."""

    keys: tuple[tuple[str, bytes], ...]

    @classmethod
    def parse(cls, text: str) -> "Vault":
        """Read `kid:base64url[,kid:base64url]`, as `LINK_KEYS` is written."""
        return cls(tuple((kid, key[:32]) for kid, key in LinkKeys.parse(text).keys))

    def seal(self, content: bytes, purpose: str) -> bytes:
        """Only a vault with the same key opens it, and only for the same purpose."""
        kid, key = self.keys[0]
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return kid.encode() + b":" + nonce + AESGCM(key).encrypt(nonce, content, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """What was sealed for this purpose; raises `NotOurs`."""
        kid, _, rest = sealed.partition(b":")
        key = dict(self.keys).get(kid.decode(errors="replace"))
        if key is None:
            raise NotOurs
        try:
            return AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError):
            raise NotOurs from None

    def seal_text(self, content: bytes, purpose: str) -> str:
        """As `seal`, as text that needs no escaping in a cookie."""
        return base64.urlsafe_b64encode(self.seal(content, purpose)).rstrip(b"=").decode()

    def open_text(self, sealed: str, purpose: str) -> bytes:
        """What `seal_text` sealed; raises `NotOurs`."""
        try:
            raw = base64.urlsafe_b64decode(sealed.encode() + b"=" * (-len(sealed) % 4))
        except ValueError:
            raise NotOurs from None
        return self.open(raw, purpose)

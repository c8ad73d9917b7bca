"""The secrets of one machine's portal: made once, kept in .data/secrets, readable by the owner."""

import base64
import json
import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


def token() -> str:
    """For programs: 256 random bits, base64url."""
    return secrets.token_urlsafe(32)


def phrase() -> str:
    """For people to type: three groups of four, no letters that look alike, 59 random bits."""
    groups = ("".join(secrets.choice(READABLE) for _ in range(4)) for _ in range(3))
    return "-".join(groups)


class Keys:
    """Named secrets; one that is asked for the first time is made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "keys.json"
        self._lock = threading.Lock()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._known: dict[str, str] = (
            json.loads(self._file.read_text()) if self._file.exists() else {}
        )

        self.token_key_file = folder / "gateway-token-key.json"
        self.token_jwks_file = folder / "token-jwks.json"
        self._ensure_token_keys()

    def secret(self, name: str, make: Callable[[], str] = token) -> str:
        with self._lock:
            if name not in self._known:
                self._known[name] = make()
                write_secret(self._file, self._known)
            return self._known[name]

    @property
    def link_keys(self) -> str:
        """The value of LINK_KEYS: `kid:base64url`."""
        return f"k1:{self.secret('link')}"

    @property
    def vault_keys(self) -> str:
        """The value of IDENTITY_VAULT_KEYS, written alike."""
        return f"k1:{self.secret('vault')}"

    def _ensure_token_keys(self) -> None:
        """The gateway's private Ed25519 key as JWK (RFC 8037), and its public half for services."""
        if not self.token_key_file.exists() or not self.token_jwks_file.exists():
            key = new_token_key()
            write_secret(self.token_jwks_file, {"keys": [public_half(key)]})
            write_secret(self.token_key_file, key)


def new_token_key() -> dict[str, str]:
    """An Ed25519 key as JWK (RFC 8037), named as the tokens name its algorithm (RFC 9864)."""
    key = Ed25519PrivateKey.generate()
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "Ed25519",
        "use": "sig",
        "kid": secrets.token_hex(4),
        "x": _base64url(key.public_key().public_bytes_raw()),
        "d": _base64url(key.private_bytes_raw()),
    }


def public_half(key: dict[str, str]) -> dict[str, str]:
    """What a service may know of a key."""
    return {name: key[name] for name in key if name != "d"}


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def write_secret(path: Path, content: Any) -> None:
    """Complete or not at all, and never readable by others, not even for a moment."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=1)
    draft.rename(path)

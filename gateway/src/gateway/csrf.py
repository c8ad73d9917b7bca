"""Proof that a form or call comes from our own pages: a keyed token and what browsers say of the origin."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from functools import lru_cache

from shared.errors import Forbidden

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ForeignOrigin(Forbidden):
    """This request did not come from our own pages."""


class TokenMismatch(Forbidden):
    """The form was open for too long."""


@lru_cache(maxsize=4096)
def csrf_token(secret: bytes, browser_id: str) -> str:
    """The token for a session or, before login, for the pre-session id of a browser."""
    digest = hmac.digest(secret, b"csrf\n" + browser_id.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def check_csrf_token(secret: bytes, browser_id: str | None, given: str | None) -> None:
    """Raise `TokenMismatch` unless the token was made for this browser."""
    if not browser_id or not given:
        raise TokenMismatch
    if not hmac.compare_digest(given.encode(), csrf_token(secret, browser_id).encode()):
        raise TokenMismatch


def check_origin(headers: Mapping[str, str], own_origin: str) -> None:
    """Raise `ForeignOrigin` when the browser says that another site sends this.

    Programs that are not browsers send neither header and carry no cookie that others could use.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise ForeignOrigin
    origin = headers.get("origin")
    if origin is not None and origin != own_origin:
        raise ForeignOrigin

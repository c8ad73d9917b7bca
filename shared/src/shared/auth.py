"""Who is asking: short-lived EdDSA tokens (RFC 8037) that the gateway mints and services verify."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from shared.errors import Forbidden, Unauthenticated
from shared.permissions import Permission

Kind = Literal["customer", "staff", "api_client", "anonymous", "link", "gateway"]

MAX_TOKEN_SECONDS = 60
_CLOCK_SKEW_SECONDS = 5
_CACHED_TOKENS = 4096


class NotPermitted(Forbidden):
    """You do not have the right to do this."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or program behind a request, as the gateway resolved it.

    `link` is the ticket that a signed link opened; such an actor may touch that ticket only. `orgs`
    are the organisations whose tickets they see, `manages` those of them that they also act for.
    `impersonator` is the employee who acts in this person's place.
    """

    id: UUID | None
    kind: Kind
    perms: frozenset[str] = frozenset()
    teams: tuple[UUID, ...] = ()
    orgs: tuple[UUID, ...] = ()
    link: UUID | None = None
    manages: tuple[UUID, ...] = ()
    impersonator: UUID | None = None

    def may(self, permission: Permission) -> bool:
        """Whether the role behind this actor holds the permission."""
        return permission in self.perms

    def need(self, permission: Permission) -> None:
        """Raise `NotPermitted` unless the actor holds the permission."""
        if permission not in self.perms:
            raise NotPermitted(permission=str(permission))

    @property
    def is_staff(self) -> bool:
        """Whether this is an employee, who may see what is marked internal."""
        return self.kind == "staff"


ANONYMOUS = Actor(id=None, kind="anonymous")


@dataclass(frozen=True, slots=True)
class TokenMinter:
    """Signs tokens; only the gateway holds the private key."""

    key: OKPKey

    @classmethod
    def from_file(cls, path: str) -> "TokenMinter":
        """Read a private Ed25519 JWK that has a `kid`."""
        return cls(OKPKey.import_key(_json(Path(path))))

    def mint(self, actor: Actor, audience: str, now: datetime, seconds: int = 60) -> str:
        """A compact JWS for one service, good for at most 60 seconds."""
        issued = int(now.timestamp())
        claims: dict[str, Any] = {
            "sub": str(actor.id) if actor.id else "",
            "kind": actor.kind,
            "perms": sorted(actor.perms),
            "teams": [str(team) for team in actor.teams],
            "orgs": [str(org) for org in actor.orgs],
            "aud": audience,
            "iat": issued,
            "exp": issued + min(seconds, MAX_TOKEN_SECONDS),
        }
        if actor.link:
            claims["link"] = str(actor.link)
        if actor.manages:
            claims["manages"] = [str(org) for org in actor.manages]
        if actor.impersonator:
            # RFC 8693, 4.1: who acts for the subject.
            claims["act"] = {"sub": str(actor.impersonator)}
        header = {"alg": "Ed25519", "kid": self.key.kid}
        return jwt.encode(header, claims, self.key, algorithms=["Ed25519"])


@dataclass(slots=True)
class TokenVerifier:
    """Checks tokens against the mounted JWKS, which is read again when it changed or a `kid` is new."""

    audience: str
    jwks_file: Path
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _keys: KeySet | None = None
    _modified: float = 0.0
    _verified: dict[str, tuple[float, Actor]] = field(default_factory=dict)

    def actor(self, token: str) -> Actor:
        """The actor a token names; raises `Unauthenticated` on any fault."""
        self._key_set()  # forgets what was verified by a key that is gone
        known = self._verified.get(token)
        if known and known[0] > self.now().timestamp():
            return known[1]
        claims, actor = self._verify(token)
        if len(self._verified) >= _CACHED_TOKENS:
            self._verified.clear()
        self._verified[token] = (claims["exp"], actor)
        return actor

    def _verify(self, token: str) -> tuple[dict[str, Any], Actor]:
        try:
            claims = jwt.decode(token, self._key_set(), algorithms=["Ed25519"]).claims
            _check_times(claims, self.now().timestamp())
            actor = _actor(claims)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError):
            raise Unauthenticated from None
        if claims.get("aud") != self.audience or actor.kind not in get_args(Kind):
            raise Unauthenticated
        return claims, actor

    def _key_set(self) -> KeySet:
        modified = self.jwks_file.stat().st_mtime
        if self._keys is None or modified != self._modified:
            self._keys = KeySet.import_key_set(_json(self.jwks_file))
            self._modified = modified
            self._verified.clear()
        return self._keys


def _check_times(claims: dict[str, Any], now: float) -> None:
    issued, expires = float(claims["iat"]), float(claims["exp"])
    lives_too_long = expires - issued > MAX_TOKEN_SECONDS
    if lives_too_long or expires < now or issued > now + _CLOCK_SKEW_SECONDS:
        raise ValueError("token times")


def _actor(claims: dict[str, Any]) -> Actor:
    return Actor(
        id=UUID(claims["sub"]) if claims["sub"] else None,
        kind=claims["kind"],
        perms=frozenset(claims["perms"]),
        teams=_uuids(claims["teams"]),
        orgs=_uuids(claims["orgs"]),
        link=UUID(claims["link"]) if claims.get("link") else None,
        manages=_uuids(claims.get("manages", ())),
        impersonator=UUID(claims["act"]["sub"]) if "act" in claims else None,
    )


def _uuids(values: Iterable[str]) -> tuple[UUID, ...]:
    return tuple(UUID(value) for value in values)


def _json(path: Path) -> Any:
    return json.loads(path.read_text())

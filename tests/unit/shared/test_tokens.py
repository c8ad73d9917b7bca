"""Only tokens that the gateway minted for this very service, moments ago, are believed."""

import base64
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from shared.auth import Actor, TokenMinter, TokenVerifier
from shared.errors import Forbidden, Unauthenticated
from shared.ids import uuid7
from shared.permissions import Permission
from tests.builders import GATEWAY, customer, staff
from tests.fixtures.http import Tokens, new_tokens

NOW = datetime(2026, 1, 15, 8, 30, tzinfo=UTC)
HERE = "ticket-service"


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return new_tokens(tmp_path / "jwks.json", "one")


@pytest.fixture
def verifier(tokens: Tokens) -> TokenVerifier:
    return TokenVerifier(HERE, tokens.jwks_file, now=lambda: NOW)


def signed(key: Any, claims: dict[str, Any], alg: str = "Ed25519", **header: Any) -> str:
    return jwt.encode({"alg": alg, "kid": "one", **header}, claims, key, algorithms=[alg])


def claims(**changes: Any) -> dict[str, Any]:
    issued = int(NOW.timestamp())
    usual = {
        "sub": str(uuid7()),
        "kind": "staff",
        "perms": ["report.read"],
        "teams": [],
        "orgs": [],
        "aud": HERE,
        "iat": issued,
        "exp": issued + 60,
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    "actor",
    [
        GATEWAY,
        customer(),
        customer(orgs=(uuid7(),)),
        staff(Permission.REPORT_READ, Permission.TEAM_EDIT, teams=(uuid7(), uuid7())),
        Actor(id=uuid7(), kind="link", link=uuid7()),
    ],
    ids=lambda actor: actor.kind,
)
def test_an_actor_arrives_as_it_left(tokens: Tokens, verifier: TokenVerifier, actor: Actor) -> None:
    assert verifier.actor(tokens.minter.mint(actor, HERE, NOW)) == actor


def test_a_token_for_another_service_is_refused(tokens: Tokens, verifier: TokenVerifier) -> None:
    with pytest.raises(Unauthenticated):
        verifier.actor(tokens.minter.mint(customer(), "identity-service", NOW))


@pytest.mark.parametrize("audience", [[HERE], [HERE, "x"], "", None, "TICKET-SERVICE"])
def test_an_audience_is_one_exact_name(
    tokens: Tokens, verifier: TokenVerifier, audience: Any
) -> None:
    with pytest.raises(Unauthenticated):
        verifier.actor(signed(tokens.minter.key, claims(aud=audience)))


@pytest.mark.parametrize("age", [61, 62, 3600])
def test_an_old_token_is_refused(tokens: Tokens, verifier: TokenVerifier, age: int) -> None:
    with pytest.raises(Unauthenticated):
        verifier.actor(tokens.minter.mint(customer(), HERE, NOW - timedelta(seconds=age)))


def test_a_token_from_the_future_is_refused(tokens: Tokens, verifier: TokenVerifier) -> None:
    with pytest.raises(Unauthenticated):
        verifier.actor(tokens.minter.mint(customer(), HERE, NOW + timedelta(seconds=30)))


def test_no_token_lives_longer_than_a_minute(tokens: Tokens, verifier: TokenVerifier) -> None:
    issued = int(NOW.timestamp())
    with pytest.raises(Unauthenticated):
        verifier.actor(signed(tokens.minter.key, claims(exp=issued + 61)))
    minted = tokens.minter.mint(customer(), HERE, NOW - timedelta(seconds=61), seconds=3600)
    with pytest.raises(Unauthenticated):
        verifier.actor(minted)


def test_a_token_that_was_good_is_refused_when_its_time_is_over(tokens: Tokens) -> None:
    clock = [NOW]
    verifier = TokenVerifier(HERE, tokens.jwks_file, now=lambda: clock[0])
    token = tokens.minter.mint(customer(), HERE, NOW)
    assert verifier.actor(token).kind == "customer"
    clock[0] = NOW + timedelta(seconds=61)
    with pytest.raises(Unauthenticated):
        verifier.actor(token)


@pytest.mark.parametrize("missing", ["sub", "kind", "perms", "teams", "orgs", "aud", "iat", "exp"])
def test_a_token_without_one_of_its_claims_is_refused(
    tokens: Tokens, verifier: TokenVerifier, missing: str
) -> None:
    with pytest.raises(Unauthenticated):
        verifier.actor(signed(tokens.minter.key, claims(**{missing: None})))


@pytest.mark.parametrize(
    "strange",
    [
        {"sub": "me"},
        {"exp": "soon"},
        {"iat": []},
        {"teams": ["x"]},
        {"kind": "god"},
        {"perms": 7},
        {"kind": [1]},
    ],
    ids=repr,
)
def test_a_token_with_a_strange_claim_is_refused(
    tokens: Tokens, verifier: TokenVerifier, strange: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated):
        verifier.actor(signed(tokens.minter.key, claims(**strange)))


def test_another_key_of_the_same_name_is_refused(verifier: TokenVerifier) -> None:
    with pytest.raises(Unauthenticated):
        verifier.actor(signed(OKPKey.generate_key("Ed25519", {"kid": "one"}), claims()))


def test_an_unknown_key_is_refused(tokens: Tokens, verifier: TokenVerifier) -> None:
    with pytest.raises(Unauthenticated):
        verifier.actor(signed(tokens.minter.key, claims(), kid="other"))


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        ("HS256", OctKey.generate_key(256)),
        ("ES256", ECKey.generate_key("P-256")),
        ("RS256", RSAKey.generate_key(2048)),
    ],
)
def test_another_algorithm_is_refused(verifier: TokenVerifier, alg: str, key: Any) -> None:
    with pytest.raises(Unauthenticated):
        verifier.actor(signed(key, claims(), alg))


def test_the_public_key_is_no_secret_to_sign_with(tokens: Tokens, verifier: TokenVerifier) -> None:
    public = tokens.minter.key.as_dict(private=False)["x"]
    assert isinstance(public, str)
    raw = base64.urlsafe_b64decode(public + "=")
    with pytest.raises(Unauthenticated):
        verifier.actor(signed(OctKey.import_key(raw), claims(), "HS256"))


def test_an_unsigned_token_is_refused(tokens: Tokens, verifier: TokenVerifier) -> None:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    payload = part(claims())
    good = tokens.minter.mint(customer(), HERE, NOW)
    for header in ({"alg": "none"}, {"alg": "none", "kid": "one"}, {"kid": "one"}, {}):
        for signature in ("", good.split(".")[2]):
            with pytest.raises(Unauthenticated):
                verifier.actor(f"{part(header)}.{payload}.{signature}")


def test_a_changed_token_is_refused(tokens: Tokens, verifier: TokenVerifier) -> None:
    head, body, signature = tokens.minter.mint(customer(), HERE, NOW).split(".")
    forged = base64.urlsafe_b64encode(json.dumps(claims()).encode()).rstrip(b"=").decode()
    with pytest.raises(Unauthenticated):
        verifier.actor(f"{head}.{forged}.{signature}")
    with pytest.raises(Unauthenticated):
        verifier.actor(f"{head}.{body}.{signature[:-4]}AAAA")


@pytest.mark.parametrize("text", ["", ".", "..", "a.b", "a.b.c.d", "\x00", "é", "x" * 9000])
def test_what_is_no_token_is_refused(verifier: TokenVerifier, text: str) -> None:
    with pytest.raises(Unauthenticated):
        verifier.actor(text)


def test_a_new_key_is_believed_as_soon_as_it_is_mounted(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    old = new_tokens(file, "old")
    verifier = TokenVerifier(HERE, file, now=lambda: NOW)
    early = old.minter.mint(customer(), HERE, NOW)
    assert verifier.actor(early).kind == "customer"
    new = TokenMinter(OKPKey.generate_key("Ed25519", {"kid": "new"}))
    late = new.mint(customer(), HERE, NOW)
    with pytest.raises(Unauthenticated):
        verifier.actor(late)
    mount(file, old.minter.key, new.key)
    assert verifier.actor(late).kind == "customer"
    assert verifier.actor(early).kind == "customer"


def test_a_key_that_was_taken_away_is_believed_no_more(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    old = new_tokens(file, "old")
    verifier = TokenVerifier(HERE, file, now=lambda: NOW)
    new = TokenMinter(OKPKey.generate_key("Ed25519", {"kid": "new"}))
    mount(file, new.key)
    with pytest.raises(Unauthenticated):
        verifier.actor(old.minter.mint(customer(), HERE, NOW))
    assert verifier.actor(new.mint(customer(), HERE, NOW)).kind == "customer"


def test_a_permission_that_is_not_held_is_named(tokens: Tokens) -> None:
    actor = staff(Permission.REPORT_READ)
    actor.need(Permission.REPORT_READ)
    with pytest.raises(Forbidden) as refused:
        actor.need(Permission.ROLE_EDIT)
    assert refused.value.params == {"permission": "role.edit"}


def mount(file: Path, *keys: OKPKey) -> None:
    """Replace the file as a mounted secret is replaced."""
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(KeySet(list(keys)).as_dict(private=False)))
    stamp = file.stat().st_mtime + 1
    os.utime(draft, (stamp, stamp))
    draft.replace(file)

"""Keys change without a moment in which a genuine token is refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from local import rotate
from local.keys import Keys
from shared.auth import ANONYMOUS, TokenMinter, TokenVerifier
from shared.errors import Unauthenticated
from shared.links import LinkKeys

AUDIENCE = "ticket-service"


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


def minted(keys: Keys) -> str:
    minter = TokenMinter.from_file(str(keys.token_key_file))
    return minter.mint(ANONYMOUS, AUDIENCE, datetime.now(UTC))


def test_old_and_new_tokens_are_good_until_the_old_key_is_dropped(
    keys: Keys, tmp_path: Path
) -> None:
    before = minted(keys)
    rotate.add(tmp_path)
    meanwhile = minted(keys)
    rotate.use(tmp_path)
    after = minted(keys)

    verifier = TokenVerifier(AUDIENCE, keys.token_jwks_file)
    assert [verifier.actor(token).kind for token in (before, meanwhile, after)] == ["anonymous"] * 3

    rotate.drop(tmp_path)
    verifier = TokenVerifier(AUDIENCE, keys.token_jwks_file)
    assert verifier.actor(after).kind == "anonymous"
    with pytest.raises(Unauthenticated):
        verifier.actor(before)


def test_files_keep_their_rights(keys: Keys, tmp_path: Path) -> None:
    keys.token_jwks_file.chmod(0o444)
    rotate.add(tmp_path)
    rotate.use(tmp_path)
    assert keys.token_jwks_file.stat().st_mode & 0o777 == 0o444
    assert keys.token_key_file.stat().st_mode & 0o777 == 0o600


def test_a_new_link_key_stands_beside_the_old_one(keys: Keys) -> None:
    both = LinkKeys.parse(f"{rotate.link_key()},{keys.link_keys}")
    assert len(dict(both.keys)) == 2

"""The secrets of one machine."""

import base64
import json
import re
import stat
from pathlib import Path

from local.keys import Keys, phrase


def test_a_secret_is_made_once_and_found_again(tmp_path: Path) -> None:
    made = Keys(tmp_path).secret("redis")

    assert Keys(tmp_path).secret("redis") == made
    assert Keys(tmp_path).secret("gateway") != made


def test_nobody_else_can_read_a_secret(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    keys = Keys(folder)
    keys.secret("redis")
    files = [folder / "keys.json", keys.token_key_file, keys.token_jwks_file]

    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * 3
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_services_get_the_public_half_of_the_gateways_key_only(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    private = json.loads(keys.token_key_file.read_text())
    (public,) = json.loads(keys.token_jwks_file.read_text())["keys"]

    assert public == {name: value for name, value in private.items() if name != "d"}
    assert private["crv"] == "Ed25519"


def test_a_link_key_has_256_bits(tmp_path: Path) -> None:
    kid, _, encoded = Keys(tmp_path).link_keys.partition(":")

    assert kid == "k1"
    assert len(base64.urlsafe_b64decode(encoded + "=")) == 32


def test_a_password_for_people_has_no_letters_that_look_alike() -> None:
    assert all(
        re.fullmatch(r"([a-km-np-z2-9]{4}-){2}[a-km-np-z2-9]{4}", phrase()) for _ in range(50)
    )

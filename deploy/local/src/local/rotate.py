"""`python -m local.rotate`: new keys without a moment in which a genuine token is refused.

`add FOLDER` lets services know a new key beside the present one; when they do, `use FOLDER` lets the
gateway sign with it; a minute later `drop FOLDER` lets services forget the old one. FOLDER holds
gateway-token-key.json and token-jwks.json. `link-key` prints a key for LINK_KEYS.
"""

import argparse
import json
import secrets
import sys
from pathlib import Path
from typing import Any

from local.keys import new_token_key, public_half, token, write_secret


def main(arguments: list[str] | None = None) -> int:
    """Take one step and say which one follows."""
    parser = argparse.ArgumentParser(prog="python -m local.rotate", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in STEPS:
        commands.add_parser(name).add_argument("folder", type=Path)
    commands.add_parser("link-key")
    chosen = parser.parse_args(arguments)
    print(STEPS[chosen.command](chosen.folder) if chosen.command in STEPS else link_key())
    return 0


def add(folder: Path) -> str:
    """The new key waits beside the present one, its public half is published."""
    key, jwks = new_token_key(), _read(_public(folder))
    _replace(_public(folder), {"keys": [*jwks["keys"], public_half(key)]})
    write_secret(_next(folder), key)
    return f"{key['kid']} is published in {_public(folder)}: give it to every service, then `use`."


def use(folder: Path) -> str:
    """The new key becomes the present one."""
    key = _read(_next(folder))
    _replace(_private(folder), key)
    _next(folder).unlink()
    return f"{key['kid']} signs: restart the gateway, wait a minute, then `drop`."


def drop(folder: Path) -> str:
    """Only the present key stays published."""
    key = _read(_private(folder))
    _replace(_public(folder), {"keys": [public_half(key)]})
    return f"Only {key['kid']} is published: give {_public(folder)} to every service."


def link_key() -> str:
    """A key with a name of its own, as LINK_KEYS holds them."""
    return f"k{secrets.token_hex(3)}:{token()}"


STEPS = {"add": add, "use": use, "drop": drop}


def _private(folder: Path) -> Path:
    return folder / "gateway-token-key.json"


def _next(folder: Path) -> Path:
    return folder / "gateway-token-key.next.json"


def _public(folder: Path) -> Path:
    return folder / "token-jwks.json"


def _read(path: Path) -> Any:
    return json.loads(path.read_text())


def _replace(path: Path, content: Any) -> None:
    """Write a file anew under the rights that it has."""
    mode = path.stat().st_mode
    write_secret(path, content)
    path.chmod(mode)


if __name__ == "__main__":
    sys.exit(main())

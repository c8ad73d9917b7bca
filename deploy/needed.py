"""The part of requirements.lock that one image needs: `needed.py LOCK NAME…` prints it.

A name is a folder with a pyproject.toml, whose dependencies count, or a package. The lock says below
each entry who asked for it (`# via …`): what the names ask for in turn is kept, hashes and all.
Runs in the first stage of every image, so it uses the standard library alone.
"""

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

_NAME = re.compile(r"^([A-Za-z0-9._-]+)")
_ENTRY = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==")
_ASKED_BY = re.compile(r"^    #(?: via|  ) +([A-Za-z0-9._-]+)")
_OURS = "tanggap-"


class NotInLock(ValueError):
    """The lock does not have what was asked for: make it again with `make lock`."""


def needed(lock: str, packages: Iterable[str]) -> str:
    """The lines of these packages and of all that they ask for."""
    entries = _entries(lock)
    kept = set(packages)
    if unknown := kept - set(entries):
        raise NotInLock(f"not in the lock: {', '.join(sorted(unknown))}")
    while more := {name for name, lines in entries.items() if kept & _askers(lines)} - kept:
        kept |= more
    return "".join(lines for name, lines in entries.items() if name in kept)


def dependencies(folder: Path) -> set[str]:
    """What the pyproject.toml of a member asks for, other members left out."""
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    names = {_normal(_NAME.match(text)[1]) for text in project["dependencies"]}  # type: ignore[index]
    return {name for name in names if not name.startswith(_OURS)}


def _entries(lock: str) -> dict[str, str]:
    """Each package of the lock with its lines; one for several Pythons has several entries."""
    found: dict[str, str] = {}
    name = ""
    for line in lock.splitlines(keepends=True):
        if match := _ENTRY.match(line):
            name = _normal(match[1])
        if name:
            found[name] = found.get(name, "") + line
    return found


def _askers(lines: str) -> set[str]:
    return {_normal(m[1]) for line in lines.splitlines() if (m := _ASKED_BY.match(line))}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main(arguments: list[str]) -> int:
    """Print the lines; what the lock does not have is an error."""
    lock, *names = arguments
    packages: set[str] = set()
    for name in names:
        packages |= dependencies(Path(name)) if Path(name).is_dir() else {name}
    try:
        print(needed(Path(lock).read_text(), packages), end="")
    except NotInLock as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

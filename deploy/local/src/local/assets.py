"""Scripts and styles of others: npm fetches them after the lock, the gateway serves copies.

What goes where is told by package.json: `vendor` names a file below node_modules and its place below
gateway/src/gateway/static/vendor; `sprites` names the pictures of each sprite, ours to Tabler's.
Without npm or its registry the portal runs without scripts and with the plainer pictures of its own.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from local.folders import PROJECT

VENDOR = PROJECT / "gateway" / "src" / "gateway" / "static" / "vendor"
STAMP = VENDOR / ".complete"
MODULES = PROJECT / "node_modules"
PICTURES = MODULES / "@tabler" / "icons" / "icons" / "outline"
LEAST_NODE = 18
MISSING = (
    "Assets: {why}. The portal runs without scripts; once that is mended, "
    "`make assets` fetches them."
)


class AssetsMissing(Exception):
    """The files cannot be had now; the message says why."""


def main() -> int:
    """Bring the files up to date; says so when it cannot, which stops nothing."""
    wanted = digest(PROJECT)
    if STAMP.exists() and STAMP.read_text() == wanted:
        return 0
    try:
        print("Assets: npm fetches scripts and styles …", flush=True)
        fetch_packages(PROJECT)
        _copy()
        _draw_sprites()
    except AssetsMissing as reason:
        print(MISSING.format(why=reason), flush=True)
        return 0
    STAMP.write_text(wanted)
    print("Assets: scripts and styles are in place.", flush=True)
    return 0


def lock() -> int:
    """Pin what each package.json names; whom its authors ask for money is no part of it."""
    for folder in (PROJECT, PROJECT / "tests" / "browser"):
        subprocess.run([*_npm(), "install", "--package-lock-only"], cwd=folder, check=True)
        file = folder / "package-lock.json"
        pinned = json.loads(file.read_text())
        for package in pinned["packages"].values():
            package.pop("funding", None)
        file.write_text(json.dumps(pinned, indent=2) + "\n")
    return 0


def digest(folder: Path) -> str:
    """Of what npm is asked for in a folder."""
    parts = (folder / name for name in ("package.json", "package-lock.json"))
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


def _npm() -> list[str]:
    """The command that is npm here; Node.js comes from the package index where there is none."""
    own = Path(sys.prefix) / "bin"
    if not (own / "npm").exists():
        if (npm := shutil.which("npm")) and _node_version(shutil.which("node")) >= LEAST_NODE:
            return [npm]
        _install_node()
    return ["env", f"PATH={own}:/usr/bin:/bin", str(own / "npm")]


def _node_version(node: str | None) -> int:
    if node is None:
        return 0
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = done.stdout.lstrip("v").partition(".")[0]
    return int(major) if major.isdecimal() else 0


def _install_node() -> None:
    print("Assets: no Node.js here, installing it into .venv (60 MB) …", flush=True)
    command = [sys.executable, str(PROJECT / "deploy" / "local" / "install.py"), "--node"]
    if subprocess.run(command, check=False).returncode:
        raise AssetsMissing("Node.js could not be installed")


def fetch_packages(folder: Path) -> None:
    """Install what the lock in a folder names; raises AssetsMissing."""
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    retries = ["--fetch-retries=1", "--fetch-timeout=60000"]
    done = subprocess.run(
        command + retries, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = done.stderr.strip().splitlines() or ["it said nothing"]
        raise AssetsMissing(f"npm could not fetch them ({words[0]})")


def _copy() -> None:
    table = json.loads((PROJECT / "package.json").read_text())["vendor"]
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in table.items():
        place = VENDOR / target
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(MODULES / source, place)


def _draw_sprites() -> None:
    """Each sprite as one file, so that a page fetches all of its pictures at once."""
    for name, pictures in json.loads((PROJECT / "package.json").read_text())["sprites"].items():
        symbols = [_symbol(ours, PICTURES / f"{theirs}.svg") for ours, theirs in pictures.items()]
        head = '<svg xmlns="http://www.w3.org/2000/svg">'
        (VENDOR / name).write_text("\n".join([head, *symbols, "</svg>"]) + "\n")


def _symbol(name: str, file: Path) -> str:
    """A picture's strokes without the invisible square that each of them begins with."""
    drawn = re.findall(r"<(?:path|circle|rect|line)[^>]*/>", file.read_text())
    strokes = [re.sub(r"\s*/>$", "/>", one) for one in drawn if 'stroke="none"' not in one]
    return f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(strokes)}</symbol>'


if __name__ == "__main__":
    sys.exit(lock() if sys.argv[1:] == ["--lock"] else main())

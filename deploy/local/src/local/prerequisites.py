"""What tests need beside Python: Maven, Java, Chromium, and the checkers of pages from npm.

Root on Debian gets what is missing, an ordinary user is told. Nothing here fails the run: the tests
that cannot be run say so themselves.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from local import assets, folders
from local.errors import CannotStart
from local.kafka.apache import POM, java

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHECKERS = folders.PROJECT / "tests" / "browser"


@dataclass(frozen=True, slots=True)
class Need:
    """A program, how to see that it is there, the Debian package that brings it."""

    what: str
    package: str
    is_met: Callable[[], bool]


def main() -> int:
    missing = [need for need in needs() if not need.is_met()]
    if missing and folders.is_root() and shutil.which("apt-get"):
        _apt_get([need.package for need in missing])
        missing = [need for need in missing if not need.is_met()]
    for need in missing:
        print(f"Missing: {need.what} (Debian: apt-get install {need.package}).", flush=True)
    _fetch_checkers()
    return 0


def needs() -> list[Need]:
    """Java and Maven only where no Kafka is given; Maven only until it has fetched the jars."""
    browser = Need("Chromium, for the tests of pages", "chromium", _has_browser)
    if os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        return [browser]
    return [
        Need("Java 17 or newer, for Apache Kafka", "default-jre-headless", _has_java),
        Need("Maven, for Apache Kafka", "maven", _has_maven_or_jars),
        browser,
    ]


def _fetch_checkers() -> None:
    """axe and Lighthouse, apart from what the portal is made of."""
    stamp = CHECKERS / "node_modules" / ".complete"
    wanted = assets.digest(CHECKERS)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("Tests: npm fetches axe and Lighthouse …", flush=True)
    try:
        assets.fetch_packages(CHECKERS)
    except assets.AssetsMissing as reason:
        print(f"Missing: axe and Lighthouse, for the tests of pages ({reason}).", flush=True)
    else:
        stamp.write_text(wanted)


def _apt_get(packages: list[str]) -> None:
    print(f"Installing from Debian: {', '.join(packages)} …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends"]):
        names = packages if command[0] == "install" else []
        done = subprocess.run(
            ["apt-get", *command, *names],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print(f"apt-get {command[0]}: {done.stderr.strip()[-300:]}", flush=True)


def _has_java() -> bool:
    try:
        return bool(java())
    except CannotStart:
        return False


def _has_maven_or_jars() -> bool:
    return shutil.which("mvn") is not None or (POM.parent / "target" / "complete").exists()


def _has_browser() -> bool:
    return any(shutil.which(name) for name in BROWSERS)


if __name__ == "__main__":
    sys.exit(main())

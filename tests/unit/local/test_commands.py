"""What make tells about the commands."""

import re
import subprocess

from local.folders import PROJECT

PROMISED = {
    *("run", "down", "status", "logs", "reset", "resync", "replay", "audit-verify"),
    *("test", "check", "bench", "faults", "docs", "assets", "lock", "help"),
}


def test_make_help_lists_every_command_with_its_purpose() -> None:
    done = subprocess.run(["make"], cwd=PROJECT, capture_output=True, text=True, check=True)

    listed = dict(re.findall(r"^  make ([a-z-]+) +(\S.*)$", done.stdout, re.MULTILINE))
    assert set(listed) >= PROMISED


def test_locks_name_no_host() -> None:
    for path in (*PROJECT.glob("*.lock"), PROJECT / "package-lock.json", PROJECT / ".npmrc"):
        assert "://" not in path.read_text(), path.name

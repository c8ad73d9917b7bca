"""Lighthouse on the pages that matter most: `python -m tests.browser.lighthouse` prints its table."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from local.prerequisites import CHECKERS
from tests.browser.browsing import FLAGS, chromium_path
from tests.browser.pages import Shown, page_named
from tests.browser.scene import Scene
from tests.fixtures.system import System, started

LIGHTHOUSE = CHECKERS / "node_modules" / "lighthouse" / "cli" / "index.js"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
PAGES = ("submit", "ticket", "dashboard")
LEAST = 95
# On a machine that does other things at the same time a single look can be unlucky.
LOOKS = 3


@dataclass(frozen=True, slots=True)
class Report:
    """Points from 0 to 100 by category, and the titles of what cost some."""

    points: dict[str, int]
    flaws: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether every category has enough."""
        return all(points >= LEAST for points in self.points.values())


def missing() -> str:
    """Why Lighthouse cannot look here; empty when it can."""
    if not LIGHTHOUSE.exists():
        return "Lighthouse could not be fetched from npm"
    return "" if _node() and chromium_path() else "there is no Node.js or no Chromium"


def look(system: System, shown: Shown, scene: Scene) -> Report:
    """The first good look of a few at a page, else the last one; raises AssertionError for none."""
    failure, report = "", None
    for _ in range(LOOKS):
        seen = _look(system, shown, scene)
        if isinstance(seen, str):
            failure = seen
            continue
        report = seen
        if report.is_good:
            break
    assert report, f"Lighthouse failed: {failure}"
    return report


def _look(system: System, shown: Shown, scene: Scene) -> Report | str:
    """What it found, or what it said when it found no way to look."""
    cookie = system.logged_in(shown.who).browser.cookies["session"]
    command = [
        str(_node()),
        str(LIGHTHOUSE),
        system.url + shown.at(scene),
        "--quiet",
        "--output=json",
        f"--only-categories={','.join(CATEGORIES)}",
        f"--extra-headers={json.dumps({'Cookie': f'session={cookie}'})}",
        f"--chrome-flags={' '.join(('--headless', *FLAGS))}",
        "--no-enable-error-reporting",
    ]
    desktop = ["--preset=desktop"] if shown.who != "customer" else []
    done = subprocess.run(
        command + desktop,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CHROME_PATH": str(chromium_path())},
        timeout=180,
    )
    if done.returncode:
        return done.stderr[-2000:]
    return _read(json.loads(done.stdout))


def _read(found: dict[str, object]) -> Report:
    categories: dict[str, dict[str, object]] = found["categories"]  # type: ignore[assignment]
    audits: dict[str, dict[str, object]] = found["audits"]  # type: ignore[assignment]
    weighty = {
        str(ref["id"])
        for category in categories.values()
        for ref in category["auditRefs"]  # type: ignore[attr-defined]
        if ref["weight"]
    }
    flaws = (
        f"{audit['title']} {audit.get('displayValue', '')}".strip()
        for name, audit in audits.items()
        if name in weighty and isinstance(audit["score"], int | float) and audit["score"] < 0.9
    )
    points = {name: round(100 * float(str(c["score"] or 0))) for name, c in categories.items()}
    return Report(points, tuple(flaws))


def _node() -> str | None:
    own = Path(sys.prefix) / "bin"
    return shutil.which("node", path=f"{own}{os.pathsep}{os.environ.get('PATH', '')}")


def main() -> int:
    """Start a portal, look, print; fails when a page has too few points."""
    if reason := missing():
        print(f"Not looked at: {reason}.")
        return 1
    with tempfile.TemporaryDirectory(prefix="tanggap-lighthouse-") as folder:
        Path(folder).chmod(0o755)
        with started(Path(folder) / "data") as system:
            scene = Scene.prepared(system)
            reports = {name: look(system, page_named(name), scene) for name in PAGES}
            system.close()
    print(f"{'page':<12}" + "".join(f"{category:>16}" for category in CATEGORIES))
    for name, report in reports.items():
        print(f"{name:<12}" + "".join(f"{report.points[each]:>16}" for each in CATEGORIES))
        for flaw in report.flaws:
            print(f"  {flaw}")
    return int(not all(report.is_good for report in reports.values()))


if __name__ == "__main__":
    sys.exit(main())

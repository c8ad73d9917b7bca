"""Pictures of every page, small and wide, light and dark: `python -m tests.browser.screenshots`.

With names of pages only theirs are taken again.
"""

import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Page

from local.folders import PROJECT
from tests.browser.browsing import Browsing, chromium, chromium_path
from tests.browser.pages import PAGES, page_named
from tests.browser.scene import Scene
from tests.fixtures.system import System, started

FOLDER = PROJECT / "docs" / "screenshots"
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = {360: 740, 1440: 900}
# Taller pages are cut: a picture shows how a page looks, not all that it says.
TALLEST = 2.2
QUALITY = 62


def take(system: System, browsing: Browsing, folder: Path, names: list[str]) -> None:
    """One file for each page, width and theme; with all of them, files of pages that are gone go too."""
    scene = Scene.prepared(system)
    folder.mkdir(parents=True, exist_ok=True)
    for old in () if names else folder.glob("*.webp"):
        old.unlink()
    for shown in [page_named(name) for name in names] or PAGES:
        for width, height in WIDTHS.items():
            page = browsing(shown.who, width=width, height=height, reduced_motion="reduce")
            page.goto(shown.at(scene))
            whole = int(page.evaluate("document.documentElement.scrollHeight"))
            # A taller window, not a full-page picture: what sticks to the bottom shall be there.
            tall = min(max(whole, height), int(height * TALLEST))
            page.set_viewport_size({"width": width, "height": tall})
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                _save(page, folder / f"{shown.name}-{width}-{theme}.webp")
            browsing.close()


def _save(page: Page, file: Path) -> None:
    picture = Image.open(BytesIO(page.screenshot()))
    picture.convert("RGB").save(file, "WEBP", quality=QUALITY, method=6)


def main() -> int:
    """Start a portal with its demo and take all pictures."""
    path = chromium_path()
    if path is None:
        print("Pictures need Chromium (Debian: apt-get install chromium).")
        return 1
    with tempfile.TemporaryDirectory(prefix="tanggap-screenshots-") as folder:
        Path(folder).chmod(0o755)
        with started(Path(folder) / "data") as system, chromium(path) as browser:
            take(system, Browsing(browser, system, {}), FOLDER, sys.argv[1:])
            system.close()
    pictures = sorted(FOLDER.glob("*.webp"))
    size = sum(picture.stat().st_size for picture in pictures) / 2**20
    print(f"{len(pictures)} pictures, {size:.1f} MB, in {FOLDER.relative_to(PROJECT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

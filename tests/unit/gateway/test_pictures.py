"""Pictures: a page carries those that it shows; one that changes fetches them all once."""

import json
import re
from pathlib import Path

from gateway.assets import STATIC_DIR
from tests.unit.gateway.conftest import Visitor

PROJECT = Path(__file__).parents[3]


async def test_a_page_carries_each_picture_that_it_shows_once(visitor: Visitor) -> None:
    page = await visitor.as_customer().get("/tickets/new")
    shown = set(re.findall(r'<use href="#i-([\w-]+)"', page.text))
    carried = re.findall(r'<symbol id="i-([\w-]+)"', page.text)
    assert {"wifi-off", "send", "camera"} <= shown
    assert sorted(carried) == sorted(shown)
    assert "icons.svg" not in page.text


async def test_a_picture_that_somebody_only_typed_does_no_harm(visitor: Visitor) -> None:
    typed = visitor.portal.assets.url("icons.svg") + "#nothing"
    page = await visitor.post("/register", name=typed, email=typed)
    assert page.status_code < 500
    assert "#nothing" in page.text or "#i-nothing" in page.text


async def test_a_page_that_changes_names_the_file_of_pictures(visitor: Visitor) -> None:
    page = await visitor.as_customer().get("/tickets")
    assert "data-live=" in page.text
    assert visitor.portal.assets.url("icons.svg") + "#list" in page.text
    assert "<symbol" not in page.text


def test_what_is_fetched_is_what_we_drew_ourselves() -> None:
    wanted = json.loads((PROJECT / "package.json").read_text())["sprites"]["icons.svg"]
    drawn = re.findall(r'<symbol id="([\w-]+)"', (STATIC_DIR / "icons.svg").read_text())
    assert sorted(wanted) == sorted(drawn)

"""Lighthouse thinks well of the pages that matter most."""

import pytest

from tests.browser import lighthouse
from tests.browser.pages import page_named
from tests.browser.scene import Scene
from tests.fixtures.system import System


@pytest.mark.browser
@pytest.mark.parametrize("name", lighthouse.PAGES)
def test_lighthouse_gives_at_least_95_in_all_categories(
    system: System, scene: Scene, name: str
) -> None:
    if reason := lighthouse.missing():
        pytest.skip(reason)
    report = lighthouse.look(system, page_named(name), scene)
    assert report.is_good, report

"""A portal of these tests' own: what they do to it is nobody else's business."""

from collections.abc import Iterator

import pytest

from local.start import start
from tests.fixtures.system import System, new_stack
from tests.security.crawl import Crawl
from tests.security.world import made


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The whole system, with its demo."""
    stack = new_stack(tmp_path_factory.mktemp("security") / "data")
    try:
        start(stack)
        system = System(stack)
        yield system
        system.close()
    finally:
        stack.stop()
        stack.postgres.remove()


@pytest.fixture(scope="session")
def crawl(portal: System) -> Crawl:
    """The table's people at the portal."""
    return Crawl(made(portal))

"""What pip says, in one sentence a person can act on."""

import importlib.util
from types import ModuleType

import pytest

from local.folders import PROJECT


@pytest.fixture(scope="module")
def install() -> ModuleType:
    """The script that runs before there is an environment; it is no module of a package."""
    spec = importlib.util.spec_from_file_location("install", PROJECT / "deploy/local/install.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("output", "remedy"),
    [
        ("ERROR: No matching distribution found for aiohttp==3", "index cannot be reached"),
        ("Temporary failure in name resolution", "index cannot be reached"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "other files than the lock"),
        ("[Errno 13] Permission denied: '.venv/bin'", "run as its owner"),
    ],
)
def test_each_trouble_has_its_remedy(install: ModuleType, output: str, remedy: str) -> None:
    assert remedy in install.explain(output)


def test_every_member_of_the_workspace_is_on_the_path(install: ModuleType) -> None:
    members = {
        path.parent for pattern in install.MEMBERS for path in PROJECT.glob(pattern + "/src")
    }

    assert len(members) == 7

"""What people read first: every link leads somewhere, every command is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HOME = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
DOCUMENTS = [
    *HOME,
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "deploy").rglob("README.md")),
    *sorted((ROOT / "services").glob("*/README.md")),
]


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)", document.read_text()):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_commands_are_there(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for line in re.findall(r"`make ([a-z-]+)|^make ([a-z-]+)", document.read_text(), re.M):
        assert set(filter(None, line)) <= targets, line


def test_every_decision_is_listed_with_its_title() -> None:
    listed = (ROOT / "docs/adr/README.md").read_text()
    for decision in sorted((ROOT / "docs" / "adr").glob("[0-9]*.md")):
        title = decision.read_text().partition("\n")[0].removeprefix("# ")
        assert f"- [{title}]({decision.name})" in listed


def test_every_service_says_what_it_is() -> None:
    for service in sorted((ROOT / "services").iterdir()):
        assert len((service / "README.md").read_text().splitlines()) >= 10

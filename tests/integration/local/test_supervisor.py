"""What ends by itself is started again; one portal per folder; what was left behind is found."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import run_file
from local.errors import CannotStart
from local.folders import PROJECT, Data
from local.processes import Child, Files, write_pid_file
from local.redis import Redis
from local.run_file import AlreadyRunning
from local.server import Part
from local.supervisor import Supervisor
from local.up import stop_leftovers
from tests.fixtures.waiting import wait_for

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
END = [sys.executable, "-c", "raise SystemExit('no more ink')"]


class Printer(Part):
    """A real process, the smallest there is."""

    name = "printer"

    def __init__(self, folder: Path, command: list[str]) -> None:
        self.child = Child(self.name, command, Files(folder / "printer.log"))

    def start(self) -> None:
        self.child.start()


class Office:
    """As much of a stack as the supervisor sees."""

    def __init__(self, part: Part) -> None:
        self.parts = [part]

    def revive(self, part: Part) -> None:
        part.start()


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[Printer]:
    part = Printer(tmp_path, SLEEP)
    part.start()
    yield part
    part.stop()


@pytest.fixture
def data(tmp_path: Path) -> Data:
    folder = Data(tmp_path / ".data")
    folder.create()
    return folder


@pytest.fixture
def watched() -> Iterator[Callable[[Part], list[str]]]:
    """Have a part supervised; what is said about it is collected."""
    stop, threads = threading.Event(), []

    def watch(part: Part) -> list[str]:
        said: list[str] = []
        supervisor = Supervisor(Office(part), said.append, lambda: said.append("changed"))
        threads.append(threading.Thread(target=supervisor.watch, args=[stop]))
        threads[-1].start()
        return said

    yield watch
    stop.set()
    for thread in threads:
        thread.join()


def test_a_killed_process_comes_back_and_its_new_pid_is_told(
    printer: Printer, watched: Callable[[Part], list[str]]
) -> None:
    said = watched(printer)
    before = printer.pid

    os.kill(before, signal.SIGKILL)

    wait_for(lambda: "changed" in said)
    assert printer.alive and printer.pid != before
    assert said[0].startswith("printer was ended by SIGKILL; starting it again in 1 s")
    assert said[1] == "printer is ready again"


def test_a_process_that_keeps_ending_is_started_ever_more_slowly(
    tmp_path: Path, watched: Callable[[Part], list[str]]
) -> None:
    broken = Printer(tmp_path, END)
    broken.start()

    said = watched(broken)

    wait_for(lambda: any("in 2 s" in line for line in said))
    endings = [line for line in said if "ended by itself" in line]
    assert "no more ink" in endings[0] and "starting it again in 1 s" in endings[0]


def test_a_second_portal_over_the_same_folder_is_refused(data: Data) -> None:
    with run_file.claimed(data):
        assert run_file.supervisor_pid(data) == os.getpid()
        with pytest.raises(AlreadyRunning), run_file.claimed(data):
            pass

    assert run_file.supervisor_pid(data) is None


def test_what_a_killed_supervisor_left_running_is_stopped(data: Data, printer: Printer) -> None:
    write_pid_file(data.pids / "printer.json", printer.pid)
    said: list[str] = []

    stop_leftovers(data, said.append)

    assert not printer.alive
    assert said == ["Stopping what an earlier run left behind: printer …"]
    assert run_file.leftovers(data) == {}


def command(data: Data, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local", "--data", str(data.root), *arguments],
        cwd=PROJECT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_commands_say_when_there_is_no_portal(data: Data) -> None:
    assert "The portal is not running" in command(data, "status").stdout
    assert command(data, "status").returncode == 1
    assert "The portal was not running." in command(data, "down").stdout
    assert "start it with make run first" in command(data, "replay").stderr


@pytest.mark.parametrize("port", ["eighty", "0", "70000"])
def test_a_port_that_is_none_is_one_clear_sentence(data: Data, port: str) -> None:
    done = command(data, "up", PORT=port)

    assert done.returncode == 1
    assert done.stderr.strip() == f"PORT={port} is not a port: give a number from 1 to 65535."


def test_a_taken_port_is_one_clear_sentence(data: Data, taken_port: int) -> None:
    done = command(data, "up", PORT=str(taken_port))

    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"Port {taken_port} is taken or not allowed: stop what uses it, or choose another with "
        "make run PORT=…"
    )


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_stranger_on_the_port_is_not_taken_for_our_own_process(
    tmp_path: Path, taken_port: int
) -> None:
    redis = Redis(tmp_path / "redis", taken_port)

    with pytest.raises(CannotStart, match=f"Port {taken_port}, meant for redis, was taken"):
        redis.start()


def test_reset_deletes_the_folder_and_what_it_links_to(data: Data) -> None:
    home = data.root.parent / "home"
    home.mkdir()
    data.server("postgres").symlink_to(home)

    done = command(data, "reset")

    assert done.returncode == 0
    assert not data.root.exists()
    assert not home.exists()


def test_an_error_of_a_child_names_its_log(tmp_path: Path) -> None:
    broken = Printer(tmp_path, END)
    broken.start()

    with pytest.raises(CannotStart, match=r"no more ink \(all of it in .*printer.log\)"):
        broken.child.wait_until(lambda: False, 10)

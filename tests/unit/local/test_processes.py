"""Children: started, stopped, killed, and told apart from strangers with the same pid."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from local.errors import CannotStart
from local.processes import Child, Files, running_pid, write_pid_file

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""
PATIENT = "import time; print('up', flush=True); time.sleep(60)"


def child(folder: Path, program: str) -> Child:
    files = Files(folder / "log", folder / "child.json")
    return Child("child", [sys.executable, "-c", program], files)


def started(folder: Path, program: str) -> Child:
    process = child(folder, program)
    process.start()
    process.wait_until(lambda: "up" in (folder / "log").read_text(), 10)
    return process


def test_a_running_child_is_written_down_and_forgotten_when_it_is_stopped(tmp_path: Path) -> None:
    process = started(tmp_path, PATIENT)
    assert running_pid(tmp_path / "child.json") == process.pid

    process.stop()

    assert not process.alive
    assert running_pid(tmp_path / "child.json") is None
    assert not (tmp_path / "child.json").exists()


def test_a_child_that_does_not_listen_is_killed_in_the_end(tmp_path: Path) -> None:
    process = started(tmp_path, STUBBORN)

    process.stop(timeout=0.2)

    assert process.exit_code == -signal.SIGKILL


def test_a_child_that_ends_while_starting_is_quoted(tmp_path: Path) -> None:
    process = child(tmp_path, "raise SystemExit('the port is taken')")
    process.start()

    with pytest.raises(CannotStart, match=r"child ended while starting: the port is taken"):
        process.wait_until(lambda: False, 10)


def test_a_pid_that_was_given_to_another_process_is_not_ours(tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    write_pid_file(file, os.getpid())
    noted = json.loads(file.read_text())
    file.write_text(json.dumps({**noted, "started": noted["started"] - 3600}))

    assert running_pid(file) is None

"""Trouble is one sentence with its remedy."""

import errno
from pathlib import Path

import pytest

from local.errors import CannotStart, explain


def test_a_full_disk_is_told_as_such() -> None:
    full = "The disk is full: free some space, then start again."

    assert explain(OSError(errno.ENOSPC, "No space left on device", "/data/x")) == full
    assert explain(CannotStart("initdb: FATAL: could not write: No space left on device")) == full


def test_what_cannot_start_says_why() -> None:
    assert explain(CannotStart("Port 80 is taken.")) == "Port 80 is taken."


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_missing_permission_names_the_owner_of_the_folder(number: int, tmp_path: Path) -> None:
    path = tmp_path / "not-there" / "file"

    sentence = explain(OSError(number, "Permission denied", str(path)))

    assert sentence == (
        f"No permission to write {path}: it belongs to {tmp_path.owner()}; "
        "start as that user, or work in a copy of your own."
    )


def test_another_error_keeps_its_own_words() -> None:
    assert explain(OSError(errno.EIO, "Input/output error", "/x")) == "/x: Input/output error."

"""Trouble is one sentence with its remedy."""

import errno
from pathlib import Path

import pytest

from local.errors import explain


def test_a_full_disk_is_told_as_such() -> None:
    assert explain(OSError(errno.ENOSPC, "No space left on device", "/data/x")) == (
        "The disk is full (/data/x): free some space, then start again."
    )


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

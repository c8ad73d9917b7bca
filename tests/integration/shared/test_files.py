"""A folder and a bucket behave the same: what is kept comes back, what is away is said to be away."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.files import FileIsGone, Files, FilesUnavailable
from tests.fixtures.buckets import BUCKET, aws_variables
from tests.fixtures.environment import NOWHERE


async def test_what_was_kept_comes_back(files_url: str) -> None:
    files = Files.at(files_url)
    content = bytes(range(256)) * 5_000
    await files.put("attachments/ab/abc", content)
    assert await files.get("attachments/ab/abc") == content
    assert await Files.at(files_url).get("attachments/ab/abc") == content


async def test_keeping_it_again_changes_nothing_but_the_content(files_url: str) -> None:
    files = Files.at(files_url)
    await files.put("one", b"1")
    await files.put("one", b"2")
    assert await files.get("one") == b"2"


async def test_what_was_never_there_is_gone_and_not_a_fault_of_the_store(files_url: str) -> None:
    with pytest.raises(FileIsGone):
        await Files.at(files_url).get("nothing")


async def test_removing_takes_away_what_is_there_and_minds_nothing_else(files_url: str) -> None:
    files = Files.at(files_url)
    await files.put("here", b"1")
    await files.delete(["never", "here", "here"])
    with pytest.raises(FileIsGone):
        await files.get("here")


@pytest.mark.parametrize(
    "call",
    [
        lambda files: files.put("key", b"content"),
        lambda files: files.get("key"),
        lambda files: files.delete(["key"]),
    ],
)
async def test_a_bucket_that_does_not_answer_is_unavailable(
    call: Callable[[Files], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in aws_variables(f"http://{NOWHERE}").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(FilesUnavailable):
        await call(Files.at(f"s3://{BUCKET}/away"))  # type: ignore[misc]


async def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    files = Files.at((tmp_path / "files").as_uri())
    (tmp_path / "files" / "attachments").write_text("a file where a folder has to be")
    with pytest.raises(FilesUnavailable):
        await files.put("attachments/key", b"content")


async def test_a_key_cannot_lead_out_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("not yours")
    files = Files.at((tmp_path / "files").as_uri())
    for key in ("../secret", "a/../../secret"):
        with pytest.raises(ValueError, match="path"):
            await files.get(key)


@pytest.mark.parametrize("url", ["", "/var/lib/files", "ftp://files.example/x", "memory:///"])
def test_an_address_of_another_kind_stops_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="FILES_URL"):
        Files.at(url)

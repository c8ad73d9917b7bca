"""The mails on disk: one file each, the newest kept, the index in memory."""

import json
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

SUFFIX = ".mail"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the envelope told; `id` grows with time."""

    id: str
    sender: str
    recipients: list[str]
    received_at: str


class Store:
    """At most `keep` mails in `directory`; the oldest make room."""

    def __init__(self, directory: Path, keep: int) -> None:
        self._directory = directory
        self._keep = keep
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._last = 0
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in sorted(directory.glob(f"*{SUFFIX}")):
            self._remember(_read_entry(path))

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, sender: str, recipients: list[str], raw: bytes) -> Entry:
        """Keep a mail; it is on disk when this returns."""
        self._last = max(self._last + 1, time.time_ns())
        moment = datetime.fromtimestamp(self._last / 1e9, UTC)
        entry = Entry(f"{self._last:020d}", sender, recipients, moment.isoformat())
        draft = self._path(entry.id).with_suffix(".draft")
        draft.write_bytes(json.dumps(asdict(entry)).encode() + b"\n" + raw)
        draft.rename(self._path(entry.id))
        self._remember(entry)
        return entry

    def entries(self, to: str | None = None, before: str | None = None) -> Iterator[Entry]:
        """Newest first; those of one recipient; those older than `before`."""
        wanted = to.lower() if to else None
        for entry in reversed(self._entries.values()):
            if before and entry.id >= before:
                continue
            if wanted is None or wanted in (r.lower() for r in entry.recipients):
                yield entry

    def entry(self, mail_id: str) -> Entry | None:
        return self._entries.get(mail_id)

    def raw(self, entry: Entry) -> bytes:
        """The mail as it came in."""
        return self._path(entry.id).read_bytes().partition(b"\n")[2]

    def clear(self) -> None:
        for mail_id in list(self._entries):
            self._forget(mail_id)

    def _remember(self, entry: Entry) -> None:
        self._entries[entry.id] = entry
        while len(self._entries) > self._keep:
            self._forget(next(iter(self._entries)))

    def _forget(self, mail_id: str) -> None:
        del self._entries[mail_id]
        self._path(mail_id).unlink(missing_ok=True)

    def _path(self, mail_id: str) -> Path:
        return self._directory / f"{mail_id}{SUFFIX}"


def _read_entry(path: Path) -> Entry:
    with path.open("rb") as file:
        return Entry(**json.loads(file.readline()))

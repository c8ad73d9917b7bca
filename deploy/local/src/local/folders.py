"""Where things lie: the project, its .data folder, folders that an unprivileged user reaches."""

import hashlib
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from local.errors import CannotStart

PROJECT = Path(__file__).resolve().parents[4]
ORIGIN = ".origin"
SHARED_PARENTS = (Path("/var/lib"), Path("/var/tmp"), Path("/tmp"))  # noqa: S108 - last resort, 0711


@dataclass(frozen=True)
class Data:
    """The .data folder of one portal: everything that survives a restart."""

    root: Path = PROJECT / ".data"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def pids(self) -> Path:
        return self.root / "pids"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def demo(self) -> Path:
        return self.root / "demo.json"

    @property
    def seed(self) -> Path:
        return self.root / "demo-seed.json"

    def create(self) -> None:
        """Make the folders; only the owner may look inside."""
        for folder in (self.root, self.logs, self.pids, self.secrets):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def server(self, name: str) -> Path:
        return self.root / name


def is_root() -> bool:
    return os.geteuid() == 0


def shared_folder() -> Path:
    """A folder of ours that an unprivileged user can traverse; needed only when we are root."""
    for parent in SHARED_PARENTS:
        if parent.is_dir() and os.access(parent, os.W_OK) and _world_can_enter(parent):
            folder = parent / "tanggap"
            folder.mkdir(mode=0o711, exist_ok=True)
            _refuse_foreign(folder)
            return folder
    raise CannotStart(
        "PostgreSQL needs a folder that an unprivileged user can reach: "
        "make /var/lib writable, or start as an ordinary user."
    )


def reachable(directory: Path, uid: int) -> Path:
    """A folder owned by `uid` that stands for `directory`, which links to it."""
    if not directory.is_symlink():
        home = shared_folder() / _slug(directory)
        _remove_lost(home.parent)
        home.mkdir(mode=0o700, exist_ok=True)
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.symlink_to(home, target_is_directory=True)
        _note(home).write_text(str(directory))
    home = directory.readlink()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(home, uid, -1)
    return home


def remove(directory: Path) -> None:
    """Delete a server's folder, and what it links to."""
    if directory.is_symlink():
        home = directory.readlink()
        shutil.rmtree(home, ignore_errors=True)
        _note(home).unlink(missing_ok=True)
        directory.unlink()
    elif directory.exists():
        shutil.rmtree(directory)


def _remove_lost(shared: Path) -> None:
    """Delete what stood for temporary folders that are gone: nobody can want it any more."""
    for note in shared.glob(f"*{ORIGIN}"):
        origin = Path(note.read_text())
        if not origin.is_symlink() and origin.is_relative_to(tempfile.gettempdir()):
            shutil.rmtree(note.with_name(note.name.removesuffix(ORIGIN)), ignore_errors=True)
            note.unlink(missing_ok=True)


def _note(home: Path) -> Path:
    """The file beside a home that says what it stands for."""
    return home.with_name(home.name + ORIGIN)


def _slug(directory: Path) -> str:
    digest = hashlib.sha256(str(directory.absolute()).encode()).hexdigest()[:12]
    return f"{directory.parent.name.lstrip('.') or 'data'}-{digest}"


def _world_can_enter(folder: Path) -> bool:
    return all(p.stat().st_mode & stat.S_IXOTH for p in (folder, *folder.parents))


def _refuse_foreign(folder: Path) -> None:
    """In a folder that anybody may write, somebody else's `tanggap` is not ours to use."""
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise CannotStart(f"{folder} belongs to somebody else: remove it, then start again.")

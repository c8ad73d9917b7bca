"""Where things lie: the project, its .data folder, folders that an unprivileged user reaches."""

import hashlib
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from local.errors import CannotStart

PROJECT = Path(__file__).resolve().parents[4]
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
        home.mkdir(mode=0o700, exist_ok=True)
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.symlink_to(home, target_is_directory=True)
    home = directory.readlink()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(home, uid, -1)
    return home


def remove(directory: Path) -> None:
    """Delete a server's folder, and what it links to."""
    if directory.is_symlink():
        shutil.rmtree(directory.readlink(), ignore_errors=True)
        directory.unlink()
    elif directory.exists():
        shutil.rmtree(directory)


def _slug(directory: Path) -> str:
    digest = hashlib.sha256(str(directory.absolute()).encode()).hexdigest()[:12]
    return f"{directory.parent.name.lstrip('.') or 'data'}-{digest}"


def _world_can_enter(folder: Path) -> bool:
    return all(p.stat().st_mode & stat.S_IXOTH for p in (folder, *folder.parents))


def _refuse_foreign(folder: Path) -> None:
    """In a folder that anybody may write, somebody else's `tanggap` is not ours to use."""
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise CannotStart(f"{folder} belongs to somebody else: remove it, then start again.")

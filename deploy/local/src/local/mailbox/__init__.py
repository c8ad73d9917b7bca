"""A mail server that keeps what it receives, for people to read and programs to ask."""

import json
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from local.ports import LOOPBACK, can_connect, free_port
from local.processes import Child, Files
from local.server import Server

KEPT = 2000
START_SECONDS = 20.0


class Mailbox(Server):
    """The mailbox as a process: SMTP on one port, pages and API on another."""

    name = "mailbox"

    def __init__(
        self,
        directory: Path,
        port: int = 0,
        smtp_port: int = 0,
        keep: int = KEPT,
        files: Files | None = None,
    ) -> None:
        self.directory = directory.absolute()
        self.port = port or free_port()
        self.smtp_port = smtp_port or free_port()
        command = [sys.executable, "-m", "local.mailbox", str(self.directory)]
        ports = ["--port", str(self.port), "--smtp-port", str(self.smtp_port)]
        self.child = Child(
            name=self.name,
            command=[*command, *ports, "--keep", str(keep)],
            files=files or Files.beside(self.directory),
        )

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def smtp_url(self) -> str:
        return f"smtp://{LOOPBACK}:{self.smtp_port}"

    def start(self) -> None:
        self.child.start()
        ports = (self.port, self.smtp_port)
        self.child.wait_until_listening(ports, self.answers, START_SECONDS)

    def answers(self) -> bool:
        return can_connect(self.port) and can_connect(self.smtp_port)

    def messages(self, to: str | None = None, limit: int = 1000) -> list[dict[str, Any]]:
        """What was received, newest first; `to` asks for one recipient only."""
        question = {"limit": str(limit), **({"to": to} if to else {})}
        items: list[dict[str, Any]] = self._call("GET", f"/api/messages?{urlencode(question)}")[
            "items"
        ]
        return items

    def clear(self) -> None:
        self._call("DELETE", "/api/messages")

    def set_faults(self, **faults: object) -> None:
        """Misbehave as `local.mailbox.faults.Faults` says, until told otherwise; none: behave."""
        self._call("PUT", "/api/faults", faults)

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://{LOOPBACK}:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own http
            content: dict[str, Any] = json.loads(answer.read() or b"{}")
            return content

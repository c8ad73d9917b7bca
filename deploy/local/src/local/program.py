"""A process of the portal: a service or the gateway, ready when /readyz says so."""

import http.client
import sys
from collections.abc import Mapping, Sequence

from local.ports import LOOPBACK
from local.processes import Child, Files


class Program:
    """`python -m <package> <arguments>`, with the port on which it tells how it is."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        env: Mapping[str, str],
        port: int,
        files: Files,
        ops_port: int | None = None,
    ) -> None:
        self.name = name
        self.port = port
        self.ops_port = ops_port or port
        self.child = Child(
            name=name,
            command=[sys.executable, "-m", *arguments],
            env=env,
            files=files,
        )

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        return self.child.pid

    @property
    def alive(self) -> bool:
        return self.child.alive

    def start(self, timeout: float = 60.0) -> None:
        """Start it; return when it is ready."""
        self.child.start()
        self.child.wait_until(self.is_ready, timeout)

    def stop(self) -> None:
        self.child.stop(timeout=30)

    def kill(self) -> None:
        self.child.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def is_ready(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.ops_port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

"""A process of the portal: a service or the gateway, ready when /readyz says so."""

import http.client
import sys
from collections.abc import Mapping, Sequence

from local.ports import LOOPBACK
from local.processes import Child, Files
from local.server import Part

START_SECONDS = 60.0
# Longer than a service takes at most to finish what is in hand.
STOP_SECONDS = 45.0


class Program(Part):
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

    def start(self) -> None:
        self.child.start()
        ports = {self.port, self.ops_port}
        self.child.wait_until_listening(ports, self.is_ready, START_SECONDS)

    def stop(self) -> None:
        self.child.stop(STOP_SECONDS)

    def is_ready(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.ops_port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

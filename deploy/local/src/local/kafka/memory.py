"""The in-memory broker inside librdkafka: the real protocol, for a try-out, all forgotten on stop.

Its limits: one member per consumer group, four partitions per topic whatever is asked, no
administration, a new port after each start.
"""

import sys
import uuid
from pathlib import Path

from local.processes import Child, Files
from local.server import Server

START_SECONDS = 15.0


class MemoryKafka(Server):
    """The broker in a process of its own, so that it can be stopped and killed like a server."""

    name = "kafka"
    kind = "memory"

    def __init__(self, directory: Path, files: Files | None = None) -> None:
        self._ready = directory.absolute().with_name(f"{directory.name}.address")
        self.child = Child(
            name=self.name,
            command=[sys.executable, "-m", "local.kafka.memory_broker", str(self._ready)],
            files=files or Files.beside(directory),
        )

    @property
    def bootstrap_servers(self) -> str:
        return self._ready.read_text()

    def identity(self) -> str:
        """Never the same: each start forgets all topics."""
        return str(uuid.uuid4())

    def start(self) -> None:
        self._ready.parent.mkdir(parents=True, exist_ok=True)
        self._ready.unlink(missing_ok=True)
        self.child.start()
        self.child.wait_until(self._ready.exists, START_SECONDS)

    def remove(self) -> None:
        self.stop()
        self._ready.unlink(missing_ok=True)
        self.child.files.log.unlink(missing_ok=True)

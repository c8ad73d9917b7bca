"""Kafka in three kinds of one shape: Apache Kafka, librdkafka's in-memory broker, one elsewhere."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from local.errors import CannotStart
from local.kafka.apache import ApacheKafka
from local.kafka.external import ExternalKafka
from local.kafka.memory import MemoryKafka
from local.processes import Files

__all__ = ["ApacheKafka", "ExternalKafka", "Kafka", "MemoryKafka", "choose"]

MEMORY_NOTICE = (
    "Kafka: the in-memory broker stands in for Apache Kafka (one copy of each service, all "
    "forgotten on stop; the outbox keeps the truth). For the real one: {remedy}"
)


class Kafka(Protocol):
    """What the portal and its tests need to know of a broker, whichever kind it is."""

    name: str
    kind: str

    @property
    def bootstrap_servers(self) -> str: ...
    @property
    def pid(self) -> int: ...
    @property
    def alive(self) -> bool: ...
    def start(self, timeout: float = ...) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def restart(self) -> None: ...
    def remove(self) -> None: ...


def choose(
    directory: Path,
    port: int = 0,
    say: Callable[[str], None] = print,
    files: Files | None = None,
) -> Kafka:
    """The broker of this machine: the address in the environment, Apache Kafka, or the stand-in."""
    if address := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        return ExternalKafka(address)
    try:
        return ApacheKafka(directory, port, say=say, files=files)
    except CannotStart as missing:
        say(MEMORY_NOTICE.format(remedy=missing))
        return MemoryKafka(directory, files)

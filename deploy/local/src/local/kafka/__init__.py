"""Kafka in three kinds of one shape: Apache Kafka, librdkafka's in-memory broker, one elsewhere."""

import os
from collections.abc import Callable
from pathlib import Path

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


Kafka = ApacheKafka | MemoryKafka | ExternalKafka


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

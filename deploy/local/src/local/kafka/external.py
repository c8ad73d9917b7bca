"""A Kafka that somebody else runs, named by KAFKA_BOOTSTRAP_SERVERS."""

import uuid

from local.errors import CannotStart
from local.ports import can_connect
from local.server import Server

CONNECT_SECONDS = 5.0


class ExternalKafka(Server):
    """Only an address: starting checks that it answers, everything else leaves it alone."""

    name = "kafka"
    kind = "external"
    pid = 0
    alive = True

    def __init__(self, bootstrap_servers: str) -> None:
        self.bootstrap_servers = bootstrap_servers

    def identity(self) -> str:
        """Never the same: whether somebody else's broker still has its topics must be asked."""
        return str(uuid.uuid4())

    def start(self) -> None:
        addresses = [address.rpartition(":") for address in self.bootstrap_servers.split(",")]
        if not any(can_connect(int(p or 9092), host, CONNECT_SECONDS) for host, _, p in addresses):
            raise CannotStart(
                f"No Kafka answers at {self.bootstrap_servers}: start it, "
                "or unset KAFKA_BOOTSTRAP_SERVERS to have one run here."
            )

    def stop(self) -> None:
        """Somebody else's server keeps running."""

    kill = restart = pause = resume = remove = stop

    def ending(self) -> str:
        return "is not ours to watch"

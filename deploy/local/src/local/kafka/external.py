"""A Kafka that somebody else runs, named by KAFKA_BOOTSTRAP_SERVERS."""

from local.errors import CannotStart
from local.ports import can_connect


class ExternalKafka:
    """Only an address: starting checks that it answers, stopping leaves it alone."""

    name = "kafka"
    kind = "external"
    pid = 0

    def __init__(self, bootstrap_servers: str) -> None:
        self.bootstrap_servers = bootstrap_servers

    @property
    def alive(self) -> bool:
        return True

    def start(self, timeout: float = 5.0) -> None:
        addresses = [address.rpartition(":") for address in self.bootstrap_servers.split(",")]
        if not any(can_connect(int(port or 9092), host, timeout) for host, _, port in addresses):
            raise CannotStart(
                f"No Kafka answers at {self.bootstrap_servers}: start it, "
                "or unset KAFKA_BOOTSTRAP_SERVERS to have one run here."
            )

    def stop(self) -> None:
        """Somebody else's server keeps running."""

    kill = restart = remove = stop

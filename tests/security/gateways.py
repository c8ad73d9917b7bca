"""More gateways in front of the same services, with settings of their own."""

from collections.abc import Iterator
from contextlib import contextmanager

from local.environment import random_ports
from local.processes import Files
from local.program import Program
from tests.fixtures.system import System


@contextmanager
def another_gateway(portal: System, name: str, **settings: str) -> Iterator[Program]:
    """A gateway process beside the portal's own, until the end of the block."""
    ports, folder = random_ports(), portal.stack.data.root
    environment = {
        **portal.stack.environment().gateway(),
        "GATEWAY_PORT": str(ports["portal"]),
        "GATEWAY_OPS_PORT": str(ports["gateway-ops"]),
        **settings,
    }
    files = Files(folder / f"{name}.log", folder / f"{name}.json")
    gateway = Program(name, ["gateway"], environment, ports["portal"], files, ports["gateway-ops"])
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.stop()

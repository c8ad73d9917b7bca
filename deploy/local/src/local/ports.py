"""Free TCP ports on the loopback interface."""

import random
import socket
from collections.abc import Iterable

LOOPBACK = "127.0.0.1"
# Below the kernel's range for outgoing connections, so that none of those takes a chosen port.
RANGE = range(20000, 30000)


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server can listen on the port, on IPv4 and, for loopback, on IPv6 too."""
    if not _can_bind(socket.AF_INET, host, port):
        return False
    return host != LOOPBACK or not _has_ipv6_loopback() or _can_bind(socket.AF_INET6, "::1", port)


def free_port(preferred: Iterable[int] = ()) -> int:
    """The first free one of `preferred`, else any."""
    candidates = [*preferred, *random.sample(RANGE, 200)]
    for port in candidates:
        if is_free(port):
            return port
    raise OSError("no free port on this machine")


def can_connect(port: int, host: str = LOOPBACK, timeout: float = 1.0) -> bool:
    try:
        socket.create_connection((host, port), timeout).close()
    except OSError:
        return False
    return True


def _has_ipv6_loopback() -> bool:
    return socket.has_ipv6 and _can_bind(socket.AF_INET6, "::1", 0)


def _can_bind(family: socket.AddressFamily, host: str, port: int) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True

"""Forwarding headers count from configured proxies only."""

import pytest

from gateway.addresses import client_address, parse_networks

PROXIES = parse_networks("10.0.0.0/8, ::1/128")


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "6.6.6.6, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.2", "10.1.1.1", "10.1.1.1"),
        ("10.0.0.2", "not an address", "10.0.0.2"),
        ("10.0.0.2", "198.51.100.1, not an address", "10.0.0.2"),
        ("10.0.0.2", None, "10.0.0.2"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("testclient", "198.51.100.1", "testclient"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_counts(
    peer: str, forwarded: str | None, found: str
) -> None:
    assert client_address(peer, forwarded, PROXIES) == found


def test_without_proxies_nobody_can_choose_their_address() -> None:
    assert client_address("10.0.0.2", "198.51.100.1", ()) == "10.0.0.2"

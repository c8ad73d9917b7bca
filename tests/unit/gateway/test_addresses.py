"""Forwarding headers count from configured proxies only."""

from dataclasses import replace

import pytest
from starlette.requests import Request

from gateway.addresses import client_address, parse_networks
from gateway.callers import caller_of
from gateway.portal import Portal
from shared.auth import ANONYMOUS

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
        ("10.0.0.2", "", "10.0.0.2"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("testclient", "198.51.100.1", "testclient"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_counts(peer: str, forwarded: str, found: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == found


def test_without_proxies_nobody_can_choose_their_address() -> None:
    assert client_address("10.0.0.2", "198.51.100.1", ()) == "10.0.0.2"


async def test_every_line_of_the_header_counts(portal: Portal) -> None:
    scope = {
        "type": "http",
        "client": ("10.0.0.2", 1),
        "headers": [(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"198.51.100.1")],
    }
    caller = caller_of(replace(portal, trusted=PROXIES), Request(scope), ANONYMOUS)
    assert caller.address == "198.51.100.1"

"""The embedded Redis server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import AuthenticationError
from redis import Redis as Client

from local.redis import Redis


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Redis]:
    redis = Redis(tmp_path / "redis")
    redis.start()
    yield redis
    redis.remove()


def test_what_was_written_survives_a_restart(server: Redis) -> None:
    with Client.from_url(server.url) as client:
        client.set("fact", "42")
    server.restart()

    with Client.from_url(server.url) as client:
        assert client.get("fact") == b"42"


def test_nobody_gets_in_without_the_password(server: Redis) -> None:
    with Client(port=server.port) as stranger, pytest.raises(AuthenticationError):
        stranger.ping()


def test_a_killed_server_starts_again_on_the_same_address(server: Redis) -> None:
    url = server.url
    server.kill()
    assert not server.alive

    server.start()

    assert server.url == url
    assert server.answers()

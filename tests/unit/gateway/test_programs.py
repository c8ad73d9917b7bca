"""Programs call with a key: as whom, from where, what for, how often."""

from typing import Any

import httpx
import pytest

from gateway.api.routes import TABLE
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream

RESOLVE = "/api-keys/resolve"


@pytest.fixture
def key(upstream: Upstream) -> str:
    """A key that may read and write, forty times a minute."""
    return _given(upstream)


def _given(upstream: Upstream, **limits: Any) -> str:
    upstream.answers("POST", RESOLVE, samples.program(**limits))
    return samples.API_KEY


async def _call(
    visitor: Visitor, key: str, method: str = "GET", path: str = "/tickets", **headers: str
) -> httpx.Response:
    given = {"Authorization": f"Bearer {key}", **headers}
    body = None if method == "GET" else {}
    return await visitor.client.request(method, f"/api/v1{path}", json=body, headers=given)


def _slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("urn:tanggap:")


async def test_a_key_acts_for_its_maker_without_cookie_or_form_token(
    visitor: Visitor, upstream: Upstream, key: str
) -> None:
    upstream.answers("POST", "/tickets", {"number": samples.NUMBER}, 201)
    assert (await _call(visitor, key)).status_code == 200
    assert (await _call(visitor, key, "POST")).status_code == 201
    assert upstream.last("POST", RESOLVE).json() == {"key": key}
    assert "set-cookie" not in (await _call(visitor, key)).headers


async def test_a_key_counts_and_not_the_cookie_that_came_along(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.answers("POST", RESOLVE, {"type": "urn:tanggap:x", "title": "x"}, 401)
    answer = await _call(visitor.as_agent(), samples.API_KEY)
    assert (answer.status_code, _slug(answer)) == (401, "api-key-not-valid")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer x", "Basic YTpi", "Bearer tgp_0a1b2c3d_", f"Bearer {'x' * 5000}"],
)
async def test_what_is_no_key_is_asked_nobody_about(
    visitor: Visitor, upstream: Upstream, authorization: str
) -> None:
    answer = await visitor.client.get("/api/v1/tickets", headers={"Authorization": authorization})
    assert (answer.status_code, _slug(answer)) == (401, "api-key-not-valid")
    assert not upstream.all("POST", "/api-keys/.*")


async def test_a_key_is_asked_about_once_in_some_seconds(
    visitor: Visitor, upstream: Upstream, key: str
) -> None:
    for _ in range(3):
        await _call(visitor, key)
    assert len(upstream.all("POST", RESOLVE)) == 1


async def test_a_key_that_only_reads_writes_nothing(visitor: Visitor, upstream: Upstream) -> None:
    key = _given(upstream, is_read_only=True)
    assert (await _call(visitor, key)).status_code == 200
    refused = await _call(visitor, key, "POST")
    assert (refused.status_code, _slug(refused)) == (403, "key-only-reads")
    assert not upstream.all("POST", "/tickets")
    noted = upstream.last("POST", "/api-keys/refused")
    assert noted.json() == {"key": key, "reason": "key-only-reads"}
    assert noted.headers["X-Client-Address"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("networks", "status"),
    [
        ([], 200),
        (["127.0.0.1/32"], 200),
        (["10.0.0.0/8", "127.0.0.0/8"], 200),
        (["203.0.113.0/24"], 403),
        (["::1/128"], 403),
    ],
)
async def test_a_key_is_good_from_its_addresses_only(
    visitor: Visitor, upstream: Upstream, networks: list[str], status: int
) -> None:
    key = _given(upstream, networks=networks)
    answer = await _call(visitor, key, **{"X-Forwarded-For": "203.0.113.9"})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/session"),
        ("DELETE", "/session"),
        ("PATCH", "/me"),
        ("PUT", "/me/password"),
        ("GET", "/me/sessions"),
        ("GET", "/api-keys"),
        ("POST", "/api-keys"),
        ("PUT", "/roles/agent"),
        ("POST", "/registrations"),
    ],
)
async def test_a_key_does_not_come_to_accounts_and_keys(
    visitor: Visitor, key: str, method: str, path: str
) -> None:
    answer = await _call(visitor, key, method, path)
    assert (answer.status_code, _slug(answer)) == (403, "not-by-key")


def test_what_keys_open_is_named_and_all_else_is_closed() -> None:
    open_to_keys = {row.template for row in TABLE for m in row.methods if row.takes_key(m)}
    assert "/me" in open_to_keys and "/tickets/{number}/replies" in open_to_keys
    for row in TABLE:
        if row.is_open or row.is_login or row.template.startswith(("/me/", "/roles", "/api-keys")):
            assert row.template not in open_to_keys


async def test_every_answer_says_how_much_is_left(visitor: Visitor, upstream: Upstream) -> None:
    key = _given(upstream, calls_per_minute=3)
    answers = [await _call(visitor, key) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    left = [answer.headers["ratelimit"].partition(";t=")[0] for answer in answers]
    assert left == ['"minute";r=2', '"minute";r=1', '"minute";r=0', '"minute";r=0', '"minute";r=0']
    assert {a.headers["ratelimit-policy"] for a in answers} == {'"minute";q=3;w=60'}
    for answer in answers[3:]:
        seconds = answer.headers["ratelimit"].partition(";t=")[2]
        assert answer.headers["retry-after"] == seconds and 1 <= int(seconds) <= 61


async def test_people_are_told_nothing_of_rates(visitor: Visitor) -> None:
    answer = await visitor.as_agent().get("/api/v1/tickets")
    assert "ratelimit" not in answer.headers


async def test_each_key_has_its_own_share(visitor: Visitor, upstream: Upstream) -> None:
    first = _given(upstream, calls_per_minute=1)
    assert [(await _call(visitor, first)).status_code for _ in range(2)] == [200, 429]
    _given(upstream, id=samples.TEAM_ID)
    other = first.replace("tgp_0a", "tgp_0b")
    assert (await _call(visitor, other)).status_code == 200


async def test_wrong_keys_count_against_their_address(portal: Any, visitor: Visitor) -> None:
    await portal.limits.spend("stranger", "127.0.0.1", portal.rates.stranger)
    before = await portal.limits.spend("stranger", "127.0.0.1", portal.rates.stranger)
    await _call(visitor, "tgp_no")
    after = await portal.limits.spend("stranger", "127.0.0.1", portal.rates.stranger)
    assert before.left - after.left == 2

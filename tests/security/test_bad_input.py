"""Bad input at the running portal: each answer is the one that docs/bad-input.md writes down."""

import re
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from local.folders import PROJECT
from shared.links import LinkKeys, sign_link
from tests.fixtures.system import System
from tests.photos import photo, pixel_bomb
from tests.security.crawl import Crawl
from tests.security.world import World

pytestmark = pytest.mark.e2e

_PASSWORD = "gurita-memeluk-terumbu-4"
_DOCUMENT = PROJECT / "docs" / "bad-input.md"
_ROW = re.compile(
    r"^\|.*?\| (\d{3}) \| (.*?) \| `[^`]*test_bad_input\.py::[\w]+\[(.+?)\]` \|$", re.M
)


def _call(world: World, path: str, body: object, **headers: str) -> httpx.Response:
    """A call of somebody who is not logged in, in English."""
    client = world.system.client().browser
    return client.post(f"/api/v1{path}", json=body, headers={"Accept-Language": "en"} | headers)


def _upload(world: World, name: str, content: bytes, path: str = "/attachments") -> httpx.Response:
    owner = world.visitors["owner"]
    method = "PUT" if path == "/me/avatar" else "POST"
    headers = {"X-CSRF-Token": owner.csrf_token, "Accept-Language": "en"}
    files = {"file": (name, content, "image/png")}
    return owner.browser.request(method, f"/api/v1{path}", files=files, headers=headers)


def _token(world: World) -> str:
    """A fresh link of somebody who registers, as it stands in their mail."""
    address = f"{secrets.token_hex(6)}@matriks.example"
    body = {"name": "Baru", "email": address, "password": _PASSWORD}
    assert _call(world, "/registrations", body).status_code == 202
    return world.system.mail_to(address).link("/verify/").rpartition("/")[2]


def _used(world: World) -> httpx.Response:
    token = _token(world)
    assert _call(world, "/registrations/verify", {"token": token}).status_code == 200
    return _call(world, "/registrations/verify", {"token": token})


def _expired(world: World) -> httpx.Response:
    keys = LinkKeys.parse(world.system.stack.keys.link_keys)
    token = sign_link(keys, "verify", uuid4(), datetime.now(UTC) - timedelta(seconds=1))
    return _call(world, "/registrations/verify", {"token": token})


def _foreign(world: World) -> httpx.Response:
    body = {"token": _token(world), "password": _PASSWORD}
    return _call(world, "/invitations/accept", body)


def _wrong_log_in(world: World, address: str, **headers: str) -> httpx.Response:
    return _call(world, "/session", {"email": address, "password": "salah-salah"}, **headers)


def _all_at_once(world: World) -> httpx.Response:
    """More wrong passwords than are allowed, none waiting for the one before."""
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: _wrong_log_in(world, "serentak@x.example"), range(12)))
    assert sum(answer.status_code == 401 for answer in answers) <= 10
    return max(answers, key=lambda answer: answer.status_code)


def _from_everywhere(world: World) -> httpx.Response:
    """As many wrong passwords, each with another address in the header of proxies."""
    answers = [
        _wrong_log_in(world, "mana-mana@x.example", **{"X-Forwarded-For": f"198.51.100.{last}"})
        for last in range(12)
    ]
    return answers[-1]


def _evil_host(world: World) -> httpx.Response:
    return _call(world, "/password-resets", {"email": "a@b.example"}, Host="jahat.example")


def _look_alike(world: World) -> httpx.Response:
    # The first letter is Cyrillic.
    body = {"name": "Budi", "email": "\u043ewner@matriks.example", "password": _PASSWORD}
    return _call(world, "/registrations", body)


def _verify(token: object) -> Callable[[World], httpx.Response]:
    return lambda world: _call(world, "/registrations/verify", {"token": token})


def _picture(
    name: str, content: Callable[[], bytes], path: str
) -> Callable[[World], httpx.Response]:
    return lambda world: _upload(world, name, content(), path)


def _table(content: bytes) -> Callable[[World], httpx.Response]:
    def send(world: World) -> httpx.Response:
        admin = world.visitors["admin"]
        headers = {"X-CSRF-Token": admin.csrf_token, "Accept-Language": "en"}
        files = {"kind": (None, b"customers"), "file": ("a.csv", content, "text/csv")}
        return admin.browser.post("/api/v1/imports", files=files, headers=headers)

    return send


def _eleven_megabytes() -> bytes:
    return photo() + bytes(11_000_000)


def _svg() -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


CASES: dict[str, Callable[[World], httpx.Response]] = {
    "used token": _used,
    "expired token": _expired,
    "foreign token": _foreign,
    "empty token": _verify(""),
    "array as token": _verify([]),
    "look-alike address": _look_alike,
    "wrong passwords at once": _all_at_once,
    "rotating forwarded-for": _from_everywhere,
    "evil host": _evil_host,
    "photo of 11 MB": _picture("a.png", _eleven_megabytes, "/attachments"),
    "pixel bomb": _picture("a.png", pixel_bomb, "/attachments"),
    "svg": _picture("a.png", _svg, "/attachments"),
    "picture of 11 MB": _picture("a.png", _eleven_megabytes, "/me/avatar"),
    "pixel bomb as picture": _picture("a.png", pixel_bomb, "/me/avatar"),
    "svg as picture": _picture("a.png", _svg, "/me/avatar"),
    "table in Latin-1": _table("email,name\na@b.example,Andr\u00e9\n".encode("latin-1")),
    "table in UTF-16": _table("email,name\na@b.example,Ani\n".encode("utf-16")),
    "table without rows": _table(b"email,name\n"),
    "table that does not end": _table(b'email,name\na@b.example,"Ani\n'),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_answered_as_documented(portal: System, crawl: Crawl, case: str) -> None:
    answer = CASES[case](crawl.world)
    problem = answer.json()
    first = (problem.get("errors") or [{}])[0].get("detail") or problem["title"]
    documented = {name: (int(status), words) for status, words, name in _ROW.findall(_text())}
    assert (answer.status_code, first) == documented[case]
    assert answer.headers["content-type"] == "application/problem+json"


def _text() -> str:
    return _DOCUMENT.read_text()

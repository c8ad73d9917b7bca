"""What every answer says about itself, at every address and to everybody, error pages included."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import httpx
import pytest

from tests.fixtures.system import System
from tests.security.crawl import Answer, Crawl, filled
from tests.security.gateways import another_gateway
from tests.security.table import Row
from tests.security.test_authorisation import BY_NAME, ROWS

pytestmark = pytest.mark.e2e

_SECURE_URL = "https://portal.matriks.example"
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"
# The only ones whose answers a browser may keep: the same for everybody, known or not.
_FOR_EVERYBODY = re.compile(r"/static/|/api/openapi\.json|/api/docs")
_STRANGE = (
    ("GET", "/tidak-ada"),
    ("GET", "/admin/tidak-ada"),
    ("GET", "/api/tidak-ada"),
    ("GET", "/api/v1/tidak-ada"),
    ("GET", "/static/tidak-ada.css"),
    ("GET", "/static/../settings.py"),
    ("GET", "/static/%2e%2e/settings.py"),
    ("GET", "/tickets/%00"),
    ("GET", "/tickets/..%2f..%2fetc"),
    ("GET", "/.git/config"),
    ("GET", "/metrics"),
    ("GET", "/healthz"),
    ("GET", "/favicon.ico"),
    ("GET", "/robots.txt"),
    ("HEAD", "/"),
    ("HEAD", "/api/v1/tickets"),
    ("OPTIONS", "/api/v1/tickets"),
    ("TRACE", "/"),
    ("TRACE", "/api/v1/tickets"),
    ("PUT", "/login"),
    ("DELETE", "/tickets"),
    ("PATCH", "/api/v1/tickets"),
    ("POST", "/login"),
    ("POST", "/api/v1/session"),
)


def check(response: httpx.Response, *, is_secure: bool = False, has_session: bool = True) -> None:
    """Raise an AssertionError about the first thing that is missing or too much."""
    headers = response.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert ("strict-transport-security" in headers) == is_secure
    assert not {"server", "x-powered-by", "access-control-allow-origin"} & set(headers)
    _check_policy(response)
    _check_cache(response, has_session=has_session)
    for cookie in headers.get_list("set-cookie"):
        _check_cookie(cookie, is_secure=is_secure)
    if response.status_code in (301, 302, 303, 307, 308):
        assert headers["location"].startswith("/") and not headers["location"].startswith("//")
    if _has_body(response):
        assert re.search(r"text/\w+; charset=utf-8|json$|image/|octet", headers["content-type"])


def _check_policy(response: httpx.Response) -> None:
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy and "*" not in policy and "http" not in policy
    assert policy.startswith("default-src 'none'")
    if response.headers.get("content-type", "").startswith("text/html"):
        assert re.search(r"script-src 'nonce-[\w-]{16,}'(;|$)", policy)
        for directive in ("object-src", "base-uri", "frame-ancestors"):
            assert f"{directive} 'none'" in policy
    elif "sandbox" not in policy:
        assert policy == _API_POLICY


def _check_cache(response: httpx.Response, *, has_session: bool) -> None:
    rule = response.headers["cache-control"].removesuffix(", no-transform")
    if _FOR_EVERYBODY.match(response.url.path) and response.status_code == 200:
        return
    # A picture of a person may lie in their own browser, which asks each time whether it still may.
    allowed = {"no-store", "private, no-cache"}
    if "image/" in response.headers.get("content-type", ""):
        allowed |= {"private, no-cache", "private, max-age=0, must-revalidate"}
    elif has_session:
        allowed = {"no-store"}
    assert rule in allowed, rule


def _check_cookie(cookie: str, *, is_secure: bool) -> None:
    ((name, morsel),) = SimpleCookie(cookie).items()
    assert morsel["httponly"] is True
    assert (morsel["samesite"].lower(), morsel["path"], morsel["domain"]) == ("lax", "/", "")
    assert (morsel["secure"] is True) == is_secure
    assert name.startswith("__Host-") == is_secure


def _has_body(response: httpx.Response) -> bool:
    return response.headers.get("content-length", "0") != "0"


@pytest.mark.parametrize("row", BY_NAME)
def test_every_answer_has_safe_headers(crawl: Crawl, row: Row) -> None:
    for answer in crawl.of(row).values():
        check(answer.response, has_session=_is_logged_in(answer))


def _is_logged_in(answer: Answer) -> bool:
    return answer.actor not in ("anonymous", "revoked", "key")


@pytest.mark.parametrize("method, path", _STRANGE)
def test_strange_requests_are_refused_with_the_same_headers(
    portal: System, method: str, path: str
) -> None:
    visitor = portal.client()
    request = visitor.browser.build_request(method, "/", headers={"Accept": "text/html"})
    request.url = request.url.copy_with(raw_path=path.encode())
    answer = visitor.browser.send(request)
    assert answer.status_code < 500
    assert method == "HEAD" or answer.status_code >= 400 or _asks_to_log_in(answer)
    check(answer, has_session=False)


def _asks_to_log_in(answer: httpx.Response) -> bool:
    return answer.headers.get("location", "").startswith("/login?next=")


def test_an_evil_host_is_named_nowhere(portal: System) -> None:
    visitor = portal.client()
    evil = {"Host": "jahat.example", "X-Forwarded-Host": "jahat.example", "Accept": "text/html"}
    for path in ("/", "/login", "/api/v1/tickets", "/register/sent"):
        answer = visitor.browser.get(path, headers=evil)
        assert answer.status_code == 308
        assert answer.headers["location"].startswith(portal.url + "/")
        assert "jahat" not in answer.text + repr(answer.headers)
    body = {"email": "owner@matriks.example"}
    refused = visitor.browser.post("/api/v1/registrations/resend", json=body, headers=evil)
    assert refused.status_code == 421
    # A proxy's header that nobody configured changes nothing either.
    forwarded = {"X-Forwarded-Host": "jahat.example", "X-Forwarded-Proto": "gopher"}
    assert "jahat" not in visitor.browser.get("/login", headers=forwarded).text


@dataclass(frozen=True)
class SecureVisitor:
    """Somebody at a portal whose address is https; `cookie` is what their browser sends."""

    client: httpx.Client
    cookie: str

    def get(self, path: str) -> httpx.Response:
        """A page or an answer of the API; an open stream is closed at once."""
        headers = {"Cookie": self.cookie, "Accept": "text/html"}
        with self.client.stream("GET", path, headers=headers) as answer:
            if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                answer.read()
            return answer


@pytest.fixture(scope="module")
def secure(portal: System, crawl: Crawl) -> Iterator[list[SecureVisitor]]:
    """A second gateway of the same portal, whose public address is https: a stranger, the owner, staff."""
    headers = {"Host": urlsplit(_SECURE_URL).netloc}
    with (
        another_gateway(portal, "gateway-secure", PUBLIC_URL=_SECURE_URL) as gateway,
        httpx.Client(base_url=gateway.url, headers=headers, timeout=30) as client,
    ):
        cookies = [_secure_session(crawl, client, actor) for actor in ("owner", "admin")]
        yield [SecureVisitor(client, cookie) for cookie in ("", *cookies)]


def _secure_session(crawl: Crawl, client: httpx.Client, actor: str) -> str:
    email, password = crawl.world.account(actor)
    answer = client.post("/api/v1/session", json={"email": email, "password": password})
    check(answer, is_secure=True, has_session=False)
    client.cookies.clear()
    return answer.headers["set-cookie"].partition(";")[0]


def test_with_https_every_cookie_is_bound_to_it(secure: list[SecureVisitor], crawl: Crawl) -> None:
    pages = [filled(row.path, crawl.world.things.known) for row in ROWS if row.method == "GET"]
    for visitor in secure:
        for path in (*pages, "/api/v1/tidak-ada", "/login?lang=en"):
            check(visitor.get(path), is_secure=True, has_session=bool(visitor.cookie))
        # Made without asking who comes.
        check(visitor.get("/tidak-ada"), is_secure=True, has_session=False)


def test_a_session_cookie_without_its_prefix_opens_nothing(secure: list[SecureVisitor]) -> None:
    owner = secure[1]
    assert owner.get("/account").status_code == 200
    plain = SecureVisitor(owner.client, owner.cookie.removeprefix("__Host-"))
    assert plain.get("/account").status_code == 303

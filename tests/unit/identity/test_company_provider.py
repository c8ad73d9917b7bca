"""What a provider may say, and what nobody else may say in its name."""

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from identity_service.company_accounts.clients import Provider, must_be_safe
from identity_service.company_accounts.domain import (
    CompanyLoginAway,
    CompanyLoginFailed,
    Flow,
    new_flow,
)

CLIENT, SECRET = "tanggap", "rahasia penyedia akun uji coba"
FLOW = new_flow(datetime.now(UTC))
NOW = int(datetime.now(UTC).timestamp())


@dataclass
class Company:
    """A provider whose every answer a test can change."""

    issuer: str = ""
    key: Any = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "ES256", "kid": "one"})
    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)
    signer: Any = None
    asked: list[dict[str, str]] = field(default_factory=list)

    def id_token(self) -> str:
        usual = {"iss": self.issuer, "aud": CLIENT, "sub": "77", "iat": NOW, "exp": NOW + 7200}
        claims = usual | {"nonce": FLOW.nonce} | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        key, algorithm = self.signer or self.key, self.header["alg"]
        return jwt.encode(self.header, claims, key, algorithms=[algorithm])

    async def discovery(self, _: web.Request) -> web.Response:
        usual = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/me",
        }
        return web.json_response(usual | self.described)

    async def keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.as_dict(private=False)]})

    async def token(self, request: web.Request) -> web.Response:
        self.asked.append({k: str(v) for k, v in (await request.post()).items()})
        answer = {"access_token": "a", "token_type": "Bearer", "id_token": self.id_token()}
        return web.json_response(answer)

    async def me(self, _: web.Request) -> web.Response:
        usual = {"sub": "77", "email": "Budi@Example.test", "email_verified": True}
        return web.json_response(usual | self.userinfo)


@pytest.fixture
async def company() -> AsyncIterator[Company]:
    """The provider, running."""
    company, app = Company(), web.Application()
    app.router.add_get("/.well-known/openid-configuration", company.discovery)
    app.router.add_get("/keys", company.keys)
    app.router.add_post("/token", company.token)
    app.router.add_get("/me", company.me)
    async with TestServer(app) as server:
        company.issuer = str(server.make_url("")).rstrip("/")
        yield company


def provider_of(company: Company) -> Provider:
    return Provider(company.issuer, "Kantor", CLIENT, SECRET, "https://portal.test/return")


async def test_who_comes_back_is_known_by_subject_and_proven_address(company: Company) -> None:
    found = await provider_of(company).identify("kode", FLOW)
    assert (found.issuer, found.subject, found.email) == (company.issuer, "77", "budi@example.test")
    (asked,) = company.asked
    assert asked["code_verifier"] == FLOW.verifier
    assert asked["redirect_uri"] == "https://portal.test/return"


async def test_the_challenge_is_that_of_the_verifier(company: Company) -> None:
    url = await provider_of(company).authorization_url(FLOW)
    digest = hashlib.sha256(FLOW.verifier.encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() in url
    assert FLOW.verifier not in url


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.test"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": ["tanggap", "another-client"], "azp": "another-client"},
        {"aud": None},
        {"nonce": "of another browser"},
        {"nonce": None},
        {"exp": NOW - 3600},
        {"exp": None},
        {"sub": None},
        {"iat": NOW + 3600},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_us_and_for_now_is_refused(
    company: Company, claims: dict[str, Any]
) -> None:
    company.claims = claims
    with pytest.raises(CompanyLoginFailed):
        await provider_of(company).identify("kode", FLOW)


async def test_a_token_by_another_key_is_refused(company: Company) -> None:
    company.signer = ECKey.generate_key("P-256", {"kid": "one"})
    with pytest.raises(CompanyLoginFailed):
        await provider_of(company).identify("kode", FLOW)


async def test_a_token_signed_with_the_shared_secret_is_refused(company: Company) -> None:
    company.signer = OctKey.import_key(SECRET)
    company.header = {"alg": "HS256", "kid": "one"}
    with pytest.raises(CompanyLoginFailed):
        await provider_of(company).identify("kode", FLOW)


async def test_new_keys_of_the_provider_are_fetched(company: Company) -> None:
    provider = provider_of(company)
    await provider.identify("kode", FLOW)
    company.key = ECKey.generate_key("P-256", {"kid": "two"})
    company.header = {"alg": "ES256", "kid": "two"}
    assert (await provider.identify("kode", FLOW)).subject == "77"


@pytest.mark.parametrize("told", [False, None, "true", 1])
async def test_an_address_counts_only_where_the_provider_says_it_is_proven(
    company: Company, told: object
) -> None:
    company.userinfo = {"email_verified": told}
    assert (await provider_of(company).identify("kode", FLOW)).email is None


@pytest.mark.parametrize(
    "userinfo", [{"sub": "78"}, {"email": "no address"}, {"email": "bũdi@example.test"}]
)
async def test_what_is_told_of_somebody_else_or_no_address_is_refused(
    company: Company, userinfo: dict[str, Any]
) -> None:
    company.userinfo = userinfo
    with pytest.raises(CompanyLoginFailed):
        await provider_of(company).identify("kode", FLOW)


async def test_a_provider_that_calls_itself_otherwise_is_not_asked(company: Company) -> None:
    company.described = {"issuer": "https://evil.test"}
    with pytest.raises(CompanyLoginFailed):
        await provider_of(company).authorization_url(FLOW)


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
async def test_a_provider_that_sends_us_elsewhere_without_tls_is_not_asked(
    company: Company, name: str
) -> None:
    company.described = {name: "http://login.example.com/x"}
    with pytest.raises(CompanyLoginFailed):
        await provider_of(company).authorization_url(FLOW)


async def test_a_provider_that_does_not_answer_is_away() -> None:
    provider = Provider("http://127.0.0.1:1", "Kantor", CLIENT, SECRET, "https://portal.test/")
    with pytest.raises(CompanyLoginAway):
        await provider.identify("kode", Flow("s", "n", "v", datetime.now(UTC)))


@pytest.mark.parametrize("issuer", ["http://login.example.com", "ftp://x", "login.example.com"])
def test_a_provider_is_reached_over_tls(issuer: str) -> None:
    with pytest.raises(ValueError, match="https"):
        must_be_safe(issuer)


@pytest.mark.parametrize("issuer", ["https://login.example.com/realms/x", "http://127.0.0.1:9000"])
def test_a_provider_on_this_machine_or_over_tls_is_fine(issuer: str) -> None:
    must_be_safe(issuer)

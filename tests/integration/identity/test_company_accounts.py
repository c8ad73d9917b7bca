"""Company accounts, before a real provider of OpenID Connect."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.fixtures.http import ApiFactory
from tests.fixtures.provider import OpenIdProvider, running_provider
from tests.integration.identity.conftest import PASSWORD, House, faults, settled, slug, user_id
from tests.integration.identity.test_second_factor import delete, set_up, type_code

AGENT = "agent@example.test"

pytestmark = pytest.mark.provider


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[OpenIdProvider]:
    """The company's login."""
    async with running_provider(tmp_path) as provider:
        yield provider


@pytest.fixture
async def house(api: ApiFactory, tmp_path: Path, provider: OpenIdProvider) -> House:
    """The service, told of the provider."""
    return await settled(api, tmp_path, **provider.settings)


async def leave(house: House) -> dict[str, Any]:
    """Begin the way to the provider."""
    answer = await house.post("/sessions/company")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def come_back(house: House, way: dict[str, Any], back: dict[str, str]) -> httpx.Response:
    """What the gateway sends when the browser is back."""
    body = {"flow": way["flow"], "code": back["code"], "state": back["state"]}
    return await house.post("/sessions/company/return", body)


async def log_in(house: House, provider: OpenIdProvider, email: str = AGENT) -> httpx.Response:
    """All the way there and back."""
    way = await leave(house)
    return await come_back(house, way, await provider.visited(way["url"], email))


async def linked(house: House, provider: OpenIdProvider, email: str = AGENT) -> dict[str, Any]:
    """Agree to the link with the password."""
    asked = await log_in(house, provider, email)
    assert asked.json()["email"] == email
    body = {"claim": asked.json()["claim"], "current_password": PASSWORD}
    answer = await house.post("/sessions/company/link", body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_whoever_agreed_once_logs_in_with_the_company_account(
    house: House, provider: OpenIdProvider
) -> None:
    before = await house.token(AGENT)
    begun = await linked(house, provider)
    assert (await house.resolve(before)).status_code == 401
    assert (await house.resolve(begun["token"])).status_code == 200
    answer = await log_in(house, provider)
    resolved = (await house.resolve(answer.json()["token"])).json()
    assert resolved["user"]["email"] == AGENT
    (shown,) = (await house.api.get("/me/company-accounts", house.act("agent"))).json()["items"]
    assert shown["email"] == AGENT
    assert shown["last_used_at"]
    changes = [event["change"] for event in await house.events("user.security_changed")]
    assert changes == ["company_account_linked"]


async def test_a_proven_address_alone_links_nothing(house: House, provider: OpenIdProvider) -> None:
    asked = (await log_in(house, provider)).json()
    assert set(asked) == {"claim", "email", "expires_at"}
    body = {"claim": asked["claim"], "current_password": "salah sekali"}
    for _ in range(2):
        answer = await house.post("/sessions/company/link", body)
        assert faults(answer) == {"/current_password": "password_wrong"}
    assert await house.fetch("SELECT 1 FROM company_account") == []
    unknown = (await log_in(house, provider, "orang.baru@example.test")).json()
    body = {"claim": unknown["claim"], "current_password": PASSWORD}
    answer = await house.post("/sessions/company/link", body)
    assert faults(answer) == {"/current_password": "password_wrong"}


async def test_an_address_without_proof_leads_nowhere(
    house: House, provider: OpenIdProvider
) -> None:
    answer = await log_in(house, provider, "nobody@example.test")
    assert slug(answer) == "company-address-not-proven"


async def test_the_second_step_is_asked_for_here_too(
    house: House, provider: OpenIdProvider
) -> None:
    app = await set_up(house)
    asked = (await log_in(house, provider)).json()
    body = {"claim": asked["claim"], "current_password": PASSWORD}
    answer = await house.post("/sessions/company/link", body)
    assert faults(answer) == {"/code": "code_needed"}
    answer = await house.post("/sessions/company/link", body | {"code": await app.code()})
    assert answer.status_code == 200
    answer = await log_in(house, provider)
    assert set(answer.json()) == {"pending_token", "expires_at"}
    done = await type_code(house, answer.json()["pending_token"], await app.code())
    assert done.status_code == 201


async def test_the_way_out_carries_state_nonce_and_a_challenge(house: House) -> None:
    first, second = [parse_qs(urlsplit((await leave(house))["url"]).query) for _ in range(2)]
    assert first["response_type"] == ["code"]
    assert first["code_challenge_method"] == ["S256"]
    assert set(first["scope"][0].split()) >= {"openid", "email"}
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 43
        assert first[name] != second[name]


async def test_what_comes_back_must_belong_to_this_browser(
    house: House, provider: OpenIdProvider
) -> None:
    way, other = await leave(house), await leave(house)
    back = await provider.visited(way["url"], AGENT)
    for wrong in (
        await come_back(house, other, back),
        await come_back(house, way, back | {"state": "x"}),
        await come_back(house, way | {"flow": way["flow"][:-4] + "AAAA"}, back),
        await come_back(house, way | {"flow": "x"}, back),
    ):
        assert slug(wrong) == "company-login-failed"
    assert (await come_back(house, way, back)).status_code == 200
    again = await come_back(house, way, back)
    assert slug(again) == "company-login-failed"
    way = await leave(house)
    guessed = await come_back(house, way, {"code": "tebakan", "state": _state(way)})
    assert slug(guessed) == "company-login-failed"


async def test_a_claim_is_ours_and_nobody_elses(house: House, provider: OpenIdProvider) -> None:
    asked = (await log_in(house, provider)).json()
    way = await leave(house)
    for claim in ("x", asked["claim"][:-4] + "AAAA", way["flow"]):
        body = {"claim": claim, "current_password": PASSWORD}
        answer = await house.post("/sessions/company/link", body)
        assert slug(answer) == "company-login-failed"


async def test_one_company_account_opens_one_account(
    house: House, provider: OpenIdProvider
) -> None:
    asked = (await log_in(house, provider)).json()
    await linked(house, provider)
    body = {"claim": asked["claim"], "current_password": PASSWORD}
    answer = await house.post("/sessions/company/link", body)
    assert slug(answer) == "company-account-taken"


async def test_a_link_holds_only_while_the_account_has_its_address(
    house: House, provider: OpenIdProvider
) -> None:
    thief = "pencuri@example.test"
    await house.execute("UPDATE app_user SET email = $1 WHERE email = $2", thief, AGENT)
    await linked(house, provider, thief)
    assert "token" in (await log_in(house, provider, thief)).json()
    await house.execute("UPDATE app_user SET email = $2 WHERE email = $1", thief, AGENT)
    asked = (await log_in(house, provider, thief)).json()
    body = {"claim": asked["claim"], "current_password": PASSWORD}
    answer = await house.post("/sessions/company/link", body)
    assert faults(answer) == {"/current_password": "password_wrong"}
    await linked(house, provider)
    assert len(await house.fetch("SELECT 1 FROM company_account")) == 1


async def test_codes_at_the_consent_are_counted_for_the_account(
    house: House, provider: OpenIdProvider
) -> None:
    await set_up(house)
    asked = (await log_in(house, provider)).json()
    body = {"claim": asked["claim"], "current_password": PASSWORD, "code": "000000"}
    statuses = [
        (await house.post("/sessions/company/link", body, address=f"198.51.100.{n}")).status_code
        for n in range(41)
    ]
    assert statuses == [422] * 40 + [429]


async def test_a_link_is_removed_by_its_owner_with_the_password(
    house: House, provider: OpenIdProvider
) -> None:
    await linked(house, provider)
    agent, customer = house.act("agent"), house.act("customer")
    (shown,) = (await house.api.get("/me/company-accounts", agent)).json()["items"]
    path = f"/me/company-accounts/{shown['id']}"
    proof = {"current_password": PASSWORD}
    assert slug(await delete(house, path, customer, proof)) == "company-account-not-found"
    wrong = await delete(house, path, agent, {"current_password": "salah"})
    assert faults(wrong) == {"/current_password": "password_wrong"}
    assert (await delete(house, path, agent, proof)).status_code == 200
    assert "claim" in (await log_in(house, provider)).json()
    rows = await house.fetch(
        "SELECT action FROM audit_entry WHERE action LIKE 'company_account.%' ORDER BY id"
    )
    assert [row["action"] for row in rows] == ["company_account.linked", "company_account.unlinked"]


async def test_who_is_deactivated_stays_outside(house: House, provider: OpenIdProvider) -> None:
    await linked(house, provider)
    await house.post(f"/users/{user_id('agent')}/deactivate", {}, house.act("admin"))
    assert slug(await log_in(house, provider)) == "account-deactivated"


async def test_a_provider_that_is_away_is_told_as_that(
    api: ApiFactory, tmp_path: Path, provider: OpenIdProvider
) -> None:
    nowhere = provider.settings | {"OIDC_ISSUER": "http://127.0.0.1:1"}
    house = await settled(api, tmp_path, **nowhere)
    answer = await house.post("/sessions/company")
    assert answer.status_code == 503
    assert slug(answer) == "company-login-away"


async def test_without_a_provider_nothing_is_offered(api: ApiFactory, tmp_path: Path) -> None:
    house = await settled(api, tmp_path)
    assert slug(await house.post("/sessions/company")) == "company-login-not-offered"
    body = {"flow": "x", "code": "x", "state": "x"}
    answer = await house.post("/sessions/company/return", body)
    assert slug(answer) == "company-login-not-offered"


def _state(way: dict[str, Any]) -> str:
    return parse_qs(urlsplit(str(way["url"])).query)["state"][0]

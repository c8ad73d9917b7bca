"""Every route × everybody. A route that stands in no row here fails the build."""

from typing import Any

from identity_service.main import SERVICE
from shared.auth import Actor
from shared.ids import derived_id
from shared.service import openapi
from tests.builders import GATEWAY
from tests.integration.identity.conftest import ROLES, SEED, House, slug, user_id

EVERYBODY = ("nobody", "anonymous", "link", *ROLES)
JOKO, TEAM = user_id("joko"), derived_id("team", "noc")
ORGANISATIONS = "/organisations"
ORGANISATION = f"/organisations/{TEAM}"
AREA, LINE = derived_id("area", "sby"), derived_id("line", "PN-002")
PREFERENCES = "/me/notification-preferences"
FACTOR = "/me/second-factor"
PASSKEYS = "/me/passkeys"

# Who gets past authorisation; everybody else gets 401 without an account and 403 with one.
PUBLIC = EVERYBODY[1:]
PEOPLE = ROLES
STAFF = ROLES[1:]
DESK = ("agent", "supervisor", "admin")
HEADS = ("supervisor", "admin")
ADMIN = ("admin",)

ROUTES: dict[tuple[str, str], tuple[str, Any, tuple[str, ...]]] = {
    ("post", "/sessions"): ("/sessions", {}, PUBLIC),
    ("post", "/sessions/resolve"): ("/sessions/resolve", {}, ()),
    ("delete", "/sessions/current"): ("/sessions/current", {}, PUBLIC),
    ("post", "/sessions/second-step"): ("/sessions/second-step", {}, PUBLIC),
    ("post", "/sessions/passkey/options"): ("/sessions/passkey/options", None, PUBLIC),
    ("post", "/sessions/passkey"): ("/sessions/passkey", {}, PUBLIC),
    ("post", "/sessions/company"): ("/sessions/company", None, PUBLIC),
    ("post", "/sessions/company/return"): ("/sessions/company/return", {}, PUBLIC),
    ("post", "/sessions/company/link"): ("/sessions/company/link", {}, PUBLIC),
    ("get", "/me/company-accounts"): ("/me/company-accounts", None, PEOPLE),
    ("delete", "/me/company-accounts/{account_id}"): (f"/me/company-accounts/{LINE}", {}, PEOPLE),
    ("get", PASSKEYS): (PASSKEYS, None, PEOPLE),
    ("post", PASSKEYS): (PASSKEYS, {}, PEOPLE),
    ("post", f"{PASSKEYS}/options"): (f"{PASSKEYS}/options", {}, PEOPLE),
    ("patch", f"{PASSKEYS}/{{passkey_id}}"): (f"{PASSKEYS}/{LINE}", {}, PEOPLE),
    ("delete", f"{PASSKEYS}/{{passkey_id}}"): (f"{PASSKEYS}/{LINE}", {}, PEOPLE),
    ("get", FACTOR): (FACTOR, None, PEOPLE),
    ("put", FACTOR): (FACTOR, {}, PEOPLE),
    ("delete", FACTOR): (FACTOR, {}, PEOPLE),
    ("post", f"{FACTOR}/secret"): (f"{FACTOR}/secret", None, PEOPLE),
    ("get", f"{FACTOR}/secret"): (f"{FACTOR}/secret", None, PEOPLE),
    ("post", f"{FACTOR}/recovery-codes"): (f"{FACTOR}/recovery-codes", {}, PEOPLE),
    ("delete", "/users/{user_id}/second-factor"): (f"/users/{JOKO}/second-factor", None, HEADS),
    ("post", "/registrations"): ("/registrations", {}, PUBLIC),
    ("post", "/registrations/resend"): ("/registrations/resend", {}, PUBLIC),
    ("post", "/registrations/verify"): ("/registrations/verify", {}, PUBLIC),
    ("get", "/invitations/{token}"): ("/invitations/x", None, PUBLIC),
    ("post", "/invitations/accept"): ("/invitations/accept", {}, PUBLIC),
    ("post", "/password-resets"): ("/password-resets", {}, PUBLIC),
    ("get", "/password-resets/{token}"): ("/password-resets/x", None, PUBLIC),
    ("post", "/password-resets/accept"): ("/password-resets/accept", {}, PUBLIC),
    ("get", "/me"): ("/me", None, PEOPLE),
    ("patch", "/me"): ("/me", {"x": 1}, PEOPLE),
    ("put", "/me/password"): ("/me/password", {}, PEOPLE),
    ("put", "/me/phone"): ("/me/phone", {}, PEOPLE),
    ("post", "/me/phone/proof"): ("/me/phone/proof", {}, PEOPLE),
    ("post", "/me/phone/removal"): ("/me/phone/removal", {}, PEOPLE),
    ("put", "/me/email"): ("/me/email", {}, PEOPLE),
    ("get", "/email-changes/{token}"): ("/email-changes/x", None, PUBLIC),
    ("post", "/email-changes/confirm"): ("/email-changes/confirm", {}, PUBLIC),
    ("post", "/recoveries"): ("/recoveries", {}, PUBLIC),
    ("post", "/unsubscriptions"): ("/unsubscriptions", {}, PUBLIC),
    ("get", PREFERENCES): (PREFERENCES, None, PEOPLE),
    ("patch", PREFERENCES): (PREFERENCES, {}, PEOPLE),
    ("get", "/me/sessions"): ("/me/sessions", None, PEOPLE),
    ("delete", "/me/sessions"): ("/me/sessions", None, PEOPLE),
    ("delete", "/me/sessions/{session_id}"): (f"/me/sessions/{LINE}", None, PEOPLE),
    ("put", "/me/avatar"): ("/me/avatar", None, PEOPLE),
    ("delete", "/me/avatar"): ("/me/avatar", None, PEOPLE),
    ("get", "/users/{user_id}/avatar"): (f"/users/{JOKO}/avatar", None, PEOPLE),
    ("get", "/users"): ("/users", None, DESK),
    ("post", "/users"): ("/users", {}, DESK),
    ("get", "/users/{user_id}"): (f"/users/{JOKO}", None, DESK),
    ("patch", "/users/{user_id}"): (f"/users/{JOKO}", {"x": 1}, HEADS),
    ("post", "/users/{user_id}/invitation"): (f"/users/{JOKO}/invitation", None, DESK),
    ("post", "/users/{user_id}/deactivate"): (f"/users/{JOKO}/deactivate", None, HEADS),
    ("post", "/users/{user_id}/reactivate"): (f"/users/{JOKO}/reactivate", None, HEADS),
    ("get", "/roles"): ("/roles", None, HEADS),
    ("put", "/roles/{name}"): ("/roles/agent", {}, ADMIN),
    ("post", "/roles"): ("/roles", {}, ADMIN),
    ("patch", "/roles/{name}"): ("/roles/agent", {}, ADMIN),
    ("delete", "/roles/{name}"): ("/roles/agent", None, ADMIN),
    ("post", "/own-data"): ("/own-data", {}, PEOPLE),
    ("post", "/me/erase"): ("/me/erase", {}, PEOPLE),
    ("post", "/users/{user_id}/erase"): (f"/users/{JOKO}/erase", {}, ADMIN),
    ("get", "/api-keys"): ("/api-keys", None, ADMIN),
    ("post", "/api-keys"): ("/api-keys", {}, ADMIN),
    ("delete", "/api-keys/{key_id}"): (f"/api-keys/{LINE}", None, ADMIN),
    ("post", "/api-keys/resolve"): ("/api-keys/resolve", {}, ()),
    ("post", "/api-keys/refused"): ("/api-keys/refused", {}, ()),
    ("get", "/audit"): ("/audit", None, ADMIN),
    ("get", "/audit/export"): ("/audit/export", None, ADMIN),
    ("post", "/users/{user_id}/impersonation"): (f"/users/{JOKO}/impersonation", {}, ADMIN),
    ("get", ORGANISATIONS): (ORGANISATIONS, None, DESK),
    ("post", ORGANISATIONS): (ORGANISATIONS, {}, HEADS),
    # Who neither manages it nor looks after all of them finds no such organisation.
    ("get", "/organisations/{organisation_id}"): (ORGANISATION, None, PEOPLE),
    ("patch", "/organisations/{organisation_id}"): (ORGANISATION, {}, HEADS),
    ("get", "/organisations/{organisation_id}/members"): (f"{ORGANISATION}/members", None, PEOPLE),
    ("put", "/organisations/{organisation_id}/members/{user_id}"): (
        f"{ORGANISATION}/members/{JOKO}",
        {},
        PEOPLE,
    ),
    ("delete", "/organisations/{organisation_id}/members/{user_id}"): (
        f"{ORGANISATION}/members/{JOKO}",
        None,
        PEOPLE,
    ),
    ("get", "/teams"): ("/teams", None, STAFF),
    ("post", "/teams"): ("/teams", {}, HEADS),
    ("patch", "/teams/{team_id}"): (f"/teams/{TEAM}", {"x": 1}, HEADS),
    ("get", "/areas"): ("/areas", None, STAFF),
    ("post", "/areas"): ("/areas", {}, HEADS),
    ("get", "/areas/{area_id}"): (f"/areas/{AREA}", None, STAFF),
    ("patch", "/areas/{area_id}"): (f"/areas/{AREA}", {"x": 1}, HEADS),
    ("get", "/service-lines"): ("/service-lines", None, PEOPLE),
    ("get", "/service-lines/{line_id}"): (f"/service-lines/{LINE}", None, PEOPLE),
    ("post", "/service-lines"): ("/service-lines", {}, HEADS),
    ("get", "/exports/{kind}"): ("/exports/lines", None, ADMIN),
    ("get", "/imports"): ("/imports", None, ADMIN),
    ("post", "/imports"): ("/imports", None, ADMIN),
    ("get", "/imports/{import_id}"): (f"/imports/{LINE}", None, ADMIN),
    ("post", "/imports/{import_id}/check"): (f"/imports/{LINE}/check", {}, ADMIN),
    ("post", "/imports/{import_id}/start"): (f"/imports/{LINE}/start", {}, ADMIN),
    ("post", "/imports/{import_id}/cancel"): (f"/imports/{LINE}/cancel", {}, ADMIN),
    ("get", "/imports/{import_id}/faults"): (f"/imports/{LINE}/faults", None, ADMIN),
    ("patch", "/service-lines/{line_id}"): (f"/service-lines/{LINE}", {"x": 1}, HEADS),
}


def test_every_route_stands_in_the_table() -> None:
    paths = openapi(SERVICE)["paths"]
    assert {(method, path) for path in paths for method in paths[path]} == set(ROUTES)


async def test_only_these_get_past_authorisation(house: House) -> None:
    wrong = []
    for (method, route), (path, body, allowed) in ROUTES.items():
        for who in EVERYBODY:
            answer = await ask(house, who, method, path, body)
            refused = answer.status_code == 401 or (
                answer.status_code == 403 and slug(answer) in ("not-permitted", "rights-exceeded")
            )
            if refused == (who in allowed) or answer.status_code >= 500:
                wrong.append((method, route, who, answer.status_code, answer.text))
    assert wrong == []


async def test_a_token_for_another_service_or_by_another_key_opens_nothing(house: House) -> None:
    tokens = house.api.tokens
    good = tokens.token_for(house.act("admin"), "identity-service")
    bad = (
        tokens.token_for(house.act("admin"), "ticket-service"),
        good[:-6] + ("AAAAAA" if good[-6:] != "AAAAAA" else "BBBBBB"),
        "x.y.z",
    )
    for (method, _), (path, body, _) in ROUTES.items():
        for token in bad:
            headers = {"Authorization": f"Bearer {token}"}
            answer = await house.api.client.request(
                method.upper(), path, json=body, headers=headers
            )
            assert answer.status_code == 401, (method, path, token)


async def test_the_gateway_alone_is_nobody_in_particular(house: House) -> None:
    for path in ("/me", "/users", "/service-lines"):
        assert (await house.api.get(path, GATEWAY)).status_code == 401


async def test_health_and_metrics_need_no_token(house: House) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert (await house.api.client.get(path)).status_code == 200


async def test_no_answer_to_people_tells_a_secret(house: House) -> None:
    rows = await house.fetch("SELECT password_hash FROM credential")
    for path in ("/me", "/users", f"/users/{JOKO}"):
        answer = await house.api.get(path, house.act("admin"))
        assert "password" not in answer.text
        assert rows[0]["password_hash"] not in answer.text
    assert "password" not in str(await house.events("user.registered"))


async def ask(house: House, who: str, method: str, path: str, body: object) -> Any:
    """Send a request as somebody."""
    if who == "nobody":
        return await house.api.client.request(method.upper(), path, json=body)
    actor = Actor(JOKO, "link", link=LINE) if who == "link" else house.act(who)
    return await house.api.request(method.upper(), path, actor=actor, json=body)


def test_everybody_has_an_account() -> None:
    assert {user.role for user in SEED.users} == set(ROLES)

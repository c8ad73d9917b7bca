"""Malformed, oversized and hostile input, on every route that takes JSON."""

from identity_service.main import SERVICE
from shared.service import openapi
from tests.builders import GATEWAY
from tests.integration.identity.conftest import House, faults, slug
from tests.integration.identity.test_who_may_what import ROUTES

HOSTILE = {
    b"{": (400, "malformed"),
    b"\xff\xfe": (400, "malformed"),
    b"[" * 5000: (400, "malformed"),
    b"[]": (422, "invalid"),
    b"null": (422, "invalid"),
    b'{"surprise": 1}': (422, "invalid"),
    b'{"name": "' + b"x" * 1_100_000 + b'"}': (413, "too-large"),
}
PATHS = openapi(SERVICE)["paths"]
WITH_BODY = [
    route
    for route in ROUTES
    if "application/json" in PATHS[route[1]][route[0]].get("requestBody", {}).get("content", {})
]


async def test_malformed_json_is_400_and_unknown_fields_are_422(house: House) -> None:
    for method, route in WITH_BODY:
        path = ROUTES[method, route][0]
        actor = GATEWAY if route.endswith(("/resolve", "/refused")) else house.act("admin")
        token = house.api.tokens.token_for(actor, "identity-service")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        for content, expected in HOSTILE.items():
            answer = await house.api.client.request(
                method.upper(), path, content=content, headers=headers
            )
            found = (answer.status_code, slug(answer))
            assert found == expected, (method, route, content[:20])


async def test_names_are_text_that_can_be_shown(house: House) -> None:
    odd: tuple[object, ...] = ("a\0b", "a\x07b", "a\u202eb", "", "   ", "x" * 101, 7, None, {})
    for name in odd:
        body = {"name": name, "email": "ani@example.test", "role": "customer"}
        answer = await house.post("/users", body, house.act("admin"))
        assert list(faults(answer)) == ["/name"], name


async def test_half_a_character_is_refused(house: House) -> None:
    token = house.api.tokens.token_for(house.act("admin"), "identity-service")
    answer = await house.api.client.patch(
        "/me",
        content=b'{"name": "\\ud800"}',
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    assert faults(answer) == {"/name": "string_unicode"}


async def test_odd_names_are_kept_as_typed(house: House) -> None:
    odd = ("<b>Ani</b>", "Ani'; DROP TABLE app_user--", "Åsa Öberg", "安妮", "{{ 7 * 7 }}")
    for number, name in enumerate(odd):
        body = {"name": name, "email": f"ani{number}@example.test", "role": "customer"}
        answer = await house.post("/users", body, house.act("admin"))
        assert answer.json()["name"] == name


async def test_ids_that_are_none_are_refused(house: House) -> None:
    for path in ("/users/me", "/users/1", "/service-lines/x"):
        assert (await house.api.get(path, house.act("admin"))).status_code == 422


async def test_an_unreadable_client_address_is_limited_like_any_other(house: House) -> None:
    answers = [await house.log_in("x@example.test", "salah", "not an address") for _ in range(11)]

    assert answers[-1].status_code == 429


async def test_an_odd_etag_is_refused(house: House) -> None:
    for odd in ("x", '"x"', "-1", '"1", "2"'):
        answer = await house.api.patch("/me", {"name": "X"}, house.act("customer"), if_match=odd)
        assert list(faults(answer)) == ["If-Match"], odd

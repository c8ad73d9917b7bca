"""Acting in a customer's place: never unseen, never as staff, never for long."""

from typing import Any

import httpx
import pytest

from identity_service.worker import end_impersonations, tidy_up
from shared.auth import Actor
from tests.fixtures.environment import process_of, service_named
from tests.integration.identity.conftest import House, slug, user_id

JOKO = user_id("joko")
REASON = {"reason": "Membantu lewat telepon"}


@pytest.fixture
async def own(house: House) -> dict[str, Any]:
    """A session of the admin, resolved."""
    found: dict[str, Any] = (await house.resolve(await house.token("admin@example.test"))).json()
    return found


async def begin(
    house: House, own: dict[str, Any], whom: object = JOKO, body: object = REASON
) -> httpx.Response:
    """Begin to act as somebody, from the admin's session."""
    path, admin = f"/users/{whom}/impersonation", house.act("admin")
    return await house.post(path, body, admin, X_Session=own["session_id"])


async def test_an_admin_acts_as_a_customer_and_is_named(house: House, own: dict[str, Any]) -> None:
    begun = await begin(house, own)
    assert begun.status_code == 201, begun.text

    found = (await house.resolve(begun.json()["token"])).json()

    assert found["user"]["id"] == str(JOKO)
    assert found["perms"] == []
    assert found["impersonator"] == {"id": str(user_id("admin")), "name": "Orang Admin"}
    (row,) = await house.fetch(
        "SELECT expires_at - created_at AS life FROM session WHERE impersonator_id IS NOT NULL"
    )
    assert row["life"].total_seconds() <= 30 * 60


async def test_the_log_names_both_from_the_beginning_to_the_end(
    house: House, own: dict[str, Any]
) -> None:
    token = (await begin(house, own)).json()["token"]
    await house.api.request(
        "DELETE", "/sessions/current", actor=Actor(JOKO, "customer"), json={"token": token}
    )

    rows = await house.fetch(
        "SELECT * FROM audit_entry WHERE action LIKE 'impersonation.%' ORDER BY id"
    )
    assert [row["action"] for row in rows] == ["impersonation.begun", "impersonation.ended"]
    assert {row["actor_id"] for row in rows} == {user_id("admin")}
    assert rows[0]["target_id"] == rows[1]["as_id"] == JOKO
    assert slug(await house.resolve(token)) == "session-not-valid"


@pytest.mark.parametrize("whose", ["impersonator_id IS NOT NULL", "impersonator_id IS NULL"])
async def test_the_log_names_the_end_also_where_the_time_ran_out(
    house: House, own: dict[str, Any], whose: str
) -> None:
    await begin(house, own)
    process = process_of(service_named("identity"), house.api.db)
    await end_impersonations(process)
    ended = "SELECT * FROM audit_entry WHERE action = 'impersonation.ended'"
    assert await house.fetch(ended) == []
    await house.execute(
        f"UPDATE session SET expires_at = now() - interval '1 minute' WHERE {whose}"
    )

    await end_impersonations(process)
    await end_impersonations(process)
    await tidy_up(process)

    (row,) = await house.fetch(ended)
    assert (row["actor_id"], row["as_id"]) == (user_id("admin"), JOKO)
    assert "time-is-up" in str(row["after"])


@pytest.mark.parametrize("role", ["agent", "supervisor", "admin"])
async def test_nobody_acts_as_staff(house: House, own: dict[str, Any], role: str) -> None:
    assert slug(await begin(house, own, user_id(role))) == "only-for-customers"


async def test_a_deactivated_customer_cannot_be_acted_for(
    house: House, own: dict[str, Any]
) -> None:
    await house.post(f"/users/{JOKO}/deactivate", None, house.act("admin"))
    assert slug(await begin(house, own)) == "only-for-customers"


async def test_a_reason_is_needed(house: House, own: dict[str, Any]) -> None:
    assert (await begin(house, own, body={"reason": " x "})).status_code == 422


async def test_it_needs_a_session_of_ones_own(house: House, own: dict[str, Any]) -> None:
    path, admin = f"/users/{JOKO}/impersonation", house.act("admin")
    assert slug(await house.post(path, REASON, admin)) == "session-not-valid"
    foreign = (await house.resolve(await house.token("joko@example.test"))).json()
    answer = await house.post(path, REASON, admin, X_Session=foreign["session_id"])
    assert slug(answer) == "session-not-valid"


async def test_it_ends_with_the_session_it_began_in(house: House, own: dict[str, Any]) -> None:
    token = (await begin(house, own)).json()["token"]
    await house.execute("DELETE FROM session WHERE id = $1::uuid", own["session_id"])
    assert slug(await house.resolve(token)) == "session-not-valid"


async def test_it_ends_with_the_right_to_it(house: House, own: dict[str, Any]) -> None:
    token = (await begin(house, own)).json()["token"]
    await house.execute(
        "UPDATE role SET permissions = array_remove(permissions, 'user.impersonate')"
    )
    assert slug(await house.resolve(token)) == "session-not-valid"


async def test_an_account_is_its_owners(house: House) -> None:
    stand_in = Actor(JOKO, "customer", impersonator=user_id("admin"))
    assert (await house.api.get("/me", stand_in)).status_code == 200
    answers = [
        await house.api.request("PATCH", "/me", actor=stand_in, json={"name": "Lain"}),
        await house.put(
            "/me/password", {"current_password": "x", "new_password": "y" * 9}, stand_in
        ),
        await house.api.request("DELETE", "/me/sessions", actor=stand_in),
        await house.api.request("DELETE", "/me/avatar", actor=stand_in),
    ]
    assert {(a.status_code, slug(a)) for a in answers} == {(403, "not-while-impersonating")}


async def test_the_customer_sees_that_somebody_was_there(house: House, own: dict[str, Any]) -> None:
    await begin(house, own)
    sessions = (await house.api.get("/me/sessions", Actor(JOKO, "customer"))).json()["items"]
    assert [session["is_impersonation"] for session in sessions] == [True]

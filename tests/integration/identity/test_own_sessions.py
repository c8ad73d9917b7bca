"""Where one is logged in: seen by oneself alone, ended one by one or all the others at once."""

from typing import Any

from shared.auth import Actor
from shared.ids import uuid7
from tests.builders import GATEWAY
from tests.integration.identity.conftest import PASSWORD, House, slug, user_id

PHONE, DESK = "Mozilla/5.0 (Linux; Android 14) Firefox/140.0", "Mozilla/5.0 (X11; Linux x86_64)"


async def session(house: House, role: str, agent: str = DESK) -> tuple[str, str]:
    """A new session: its token and its id."""
    credentials = {"email": f"{role}@example.test", "password": PASSWORD}
    answer = await house.post("/sessions", credentials, x_client_agent=agent)
    token = str(answer.json()["token"])
    return token, str((await house.resolve(token)).json()["session_id"])


async def sessions(house: House, actor: Actor, this: str = "") -> list[dict[str, Any]]:
    """The list as the person sees it from a session of theirs."""
    headers = {"X-Session": this} if this else {}
    answer = await house.api.request("GET", "/me/sessions", actor=actor, headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_one_sees_where_one_is_logged_in(house: House) -> None:
    _, desk = await session(house, "customer")
    _, phone = await session(house, "customer", PHONE)
    await session(house, "agent")

    seen = await sessions(house, house.act("customer"), this=phone)

    assert {item["id"]: item["is_this"] for item in seen} == {desk: False, phone: True}
    newest = next(item for item in seen if item["is_this"])
    assert (newest["client_agent"], newest["client_address"]) == (PHONE, "203.0.113.7")
    assert newest["last_seen_at"] >= newest["created_at"]


async def test_no_session_that_is_over_is_listed(house: House) -> None:
    _, idle = await session(house, "customer")
    _, expired = await session(house, "customer")
    _, good = await session(house, "customer")
    await house.execute(
        "UPDATE session SET last_seen_at = now() - interval '15 days' WHERE id::text = $1", idle
    )
    await house.execute("UPDATE session SET expires_at = now() WHERE id::text = $1", expired)

    assert [item["id"] for item in await sessions(house, house.act("customer"))] == [good]


async def test_no_token_stands_in_the_list(house: House) -> None:
    token, own = await session(house, "customer")
    (item,) = await sessions(house, house.act("customer"), this=own)
    assert token not in str(item)
    assert not any("token" in name for name in item)


async def test_an_ended_session_is_over_and_the_others_hold(house: House) -> None:
    lost, lost_id = await session(house, "customer", PHONE)
    kept, _ = await session(house, "customer")

    answer = await house.api.delete(f"/me/sessions/{lost_id}", actor=house.act("customer"))

    assert answer.status_code == 204
    assert (await house.resolve(lost)).status_code == 401
    assert (await house.resolve(kept)).status_code == 200
    again = await house.api.delete(f"/me/sessions/{lost_id}", actor=house.act("customer"))
    assert (again.status_code, slug(again)) == (404, "session-not-found")


async def test_somebody_elses_session_looks_like_none(house: House) -> None:
    token, foreign = await session(house, "agent")
    for actor in (house.act("customer"), house.act("admin")):
        answer = await house.api.delete(f"/me/sessions/{foreign}", actor=actor)
        unknown = await house.api.delete(f"/me/sessions/{uuid7()}", actor=actor)
        assert answer.status_code == unknown.status_code == 404
        assert answer.content == unknown.content
    assert (await house.resolve(token)).status_code == 200


async def test_all_others_end_and_this_one_holds(house: House) -> None:
    others = [(await session(house, "customer"))[0] for _ in range(2)]
    this, this_id = await session(house, "customer")
    agent, _ = await session(house, "agent")

    answer = await house.api.request(
        "DELETE", "/me/sessions", actor=house.act("customer"), headers={"X-Session": this_id}
    )

    assert answer.status_code == 204
    assert {(await house.resolve(token)).status_code for token in others} == {401}
    assert (await house.resolve(this)).status_code == 200
    assert (await house.resolve(agent)).status_code == 200


async def test_the_gateway_has_no_sessions(house: House) -> None:
    await session(house, "customer")
    assert (await house.api.get("/me/sessions", GATEWAY)).status_code == 401
    link = Actor(user_id("customer"), "link", link=uuid7())
    assert (await house.api.get("/me/sessions", link)).status_code == 403

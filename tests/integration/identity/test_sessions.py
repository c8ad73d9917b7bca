"""From a token to a person, for as long as the session lasts."""

from typing import Any, cast

from identity_service.sessions.domain import token_hash
from identity_service.sessions.queries import resolve_session
from shared.auth import Actor
from shared.db import Tx
from tests.builders import GATEWAY
from tests.fixtures.databases import Templates
from tests.integration.identity.conftest import House, slug, user_id


async def test_a_token_tells_who_it_is_and_what_they_may_do(house: House) -> None:
    token = await house.token("agent@example.test")

    answer = await house.resolve(token)

    assert answer.status_code == 200
    body = answer.json()
    assert body["user"]["id"] == str(user_id("agent"))
    assert set(body["perms"]) == house.act("agent").perms
    assert body["teams"] == [str(team) for team in house.act("agent").teams]
    assert body["orgs"] == []


async def test_only_the_gateway_may_ask(house: House) -> None:
    token = await house.token("agent@example.test")

    for actor in (house.act("anonymous"), house.act("admin"), Actor(user_id("joko"), "link")):
        answer = await house.api.post("/sessions/resolve", {"token": token}, actor)
        assert answer.status_code == 401


async def test_an_unknown_token_is_not_valid(house: House) -> None:
    answer = await house.resolve("x" * 43)

    assert answer.status_code == 401
    assert slug(answer) == "session-not-valid"


async def test_a_stored_hash_is_not_a_token(house: House) -> None:
    await house.token("agent@example.test")
    (row,) = await house.fetch("SELECT encode(token_hash, 'hex') AS hash FROM session")

    assert (await house.resolve(row["hash"])).status_code == 401


async def test_logging_out_ends_the_session_and_can_be_repeated(house: House) -> None:
    token, other = await house.token("agent@example.test"), await house.token("agent@example.test")

    for _ in range(2):
        answer = await house.api.delete("/sessions/current", {"token": token}, house.act("agent"))
        assert answer.status_code == 204
        assert answer.content == b""

    assert (await house.resolve(token)).status_code == 401
    assert (await house.resolve(other)).status_code == 200


async def test_a_session_that_lay_idle_too_long_is_over(house: House) -> None:
    staff, customer = (
        await house.token("agent@example.test"),
        await house.token("customer@example.test"),
    )
    await house.execute("UPDATE session SET last_seen_at = now() - interval '13 hours'")

    assert (await house.resolve(staff)).status_code == 401
    assert (await house.resolve(customer)).status_code == 200

    await house.execute("UPDATE session SET last_seen_at = now() - interval '15 days'")
    assert (await house.resolve(customer)).status_code == 401


async def test_being_used_does_not_prolong_a_session_beyond_its_lifetime(house: House) -> None:
    token = await house.token("customer@example.test")
    await house.execute("UPDATE session SET expires_at = now() - interval '1 second'")

    assert (await house.resolve(token)).status_code == 401


async def test_staff_sessions_live_shorter(house: House) -> None:
    await house.token("agent@example.test")
    await house.token("customer@example.test")

    rows = await house.fetch(
        "SELECT kind, expires_at - s.created_at AS life FROM session s "
        "JOIN app_user u ON u.id = s.user_id"
    )
    assert {row["kind"]: row["life"].total_seconds() / 3600 for row in rows} == {
        "staff": 24,
        "customer": 24 * 90,
    }


async def test_being_seen_is_noted_once_a_minute_at_most(house: House) -> None:
    token = await house.token("agent@example.test")
    (before,) = await house.fetch("SELECT last_seen_at FROM session")

    await house.resolve(token)
    (same,) = await house.fetch("SELECT last_seen_at FROM session")
    assert same == before

    await house.execute("UPDATE session SET last_seen_at = now() - interval '61 seconds'")
    await house.resolve(token)
    (row,) = await house.fetch(
        "SELECT now() - last_seen_at < interval '5 seconds' AS is_now FROM session"
    )
    assert row["is_now"]


async def test_a_changed_role_acts_at_the_next_question(house: House) -> None:
    token = await house.token("agent@example.test")
    await house.execute("UPDATE role SET permissions = '{report.read}' WHERE name = 'agent'")

    assert (await house.resolve(token)).json()["perms"] == ["report.read"]


async def test_resolving_is_one_statement_and_no_table_is_read_through(
    house: House, templates: Templates
) -> None:
    token = await house.token("agent@example.test")
    await house.execute(
        "INSERT INTO session (id, user_id, token_hash, expires_at, client_address, client_agent) "
        "SELECT gen_random_uuid(), $1, sha256(n::text::bytea), now() + interval '1 day', '', '' "
        "FROM generate_series(1, 5000) n",
        user_id("joko"),
    )
    async with templates.owner(house.api.db) as owner:
        await owner.execute("ANALYZE session")
    asked = Asked()
    async with house.api.db.read() as connection:
        await resolve_session(cast(Tx, asked), token_hash(token), house.api.app.state.session_times)
        ((sql, arguments),) = asked.statements
        plan = await connection.fetch(f"EXPLAIN {sql}", *arguments)

    text = "\n".join(row[0] for row in plan)
    assert "session_token_hash" in text
    assert "Seq Scan on session" not in text


class Asked:
    """A connection that notes what it is asked."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, tuple[Any, ...]]] = []

    async def fetchrow(self, sql: str, *arguments: Any) -> None:
        """Nothing is found."""
        self.statements.append((sql, arguments))


async def test_the_gateway_must_name_a_token(house: House) -> None:
    for token in ("", "x" * 201, ["x"], None, 7):
        answer = await house.api.post("/sessions/resolve", {"token": token}, GATEWAY)
        assert answer.status_code == 422

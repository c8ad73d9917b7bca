"""What every service's HTTP side does by itself: commits, repeats, refuses, reports."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import dependencies
from shared.db import Database
from shared.web import MAX_BODY_BYTES
from tests.builders import GATEWAY, admin, customer, staff
from tests.fixtures.databases import Templates
from tests.fixtures.http import Api, ApiFactory
from tests.fixtures.small_service import ThingOut, insert


@pytest.fixture
async def small(api: ApiFactory) -> Api:
    return await api("small")


async def count(db: Database, table: str = "thing") -> int:
    async with db.read() as connection:
        found: int = await connection.fetchval(f"SELECT count(*) FROM {table}")
    return found


class TestCommitting:
    async def test_the_transaction_is_committed_before_the_answer_begins(self, small: Api) -> None:
        seen = await things_when_answered(small.app, small)
        assert seen == [1]

    async def test_the_test_above_would_notice_a_commit_after_the_answer(self, small: Api) -> None:
        """With the framework's usual scope a dependency ends when the answer has left."""
        late = FastAPI()
        late.state.db = small.db

        @late.post("/things")
        async def make(tx: Annotated[Any, Depends(dependencies._transaction)]) -> ThingOut:
            return await insert(tx, "one")

        assert await things_when_answered(late, small) == [0]

    @pytest.mark.parametrize(("name", "status"), [("refused", 409), ("broken", 500)])
    async def test_an_error_takes_everything_back(self, small: Api, name: str, status: int) -> None:
        answer = await small.post("/things", {"name": name}, idempotency_key="k")
        assert answer.status_code == status
        assert [await count(small.db, t) for t in ("thing", "outbox", "idempotency_key")] == [0] * 3


class TestIdempotency:
    async def test_the_same_request_twice_has_one_effect_and_one_answer(self, small: Api) -> None:
        actor = customer()
        answers = [
            await small.post("/things", {"name": "one"}, actor, idempotency_key="k1")
            for _ in range(2)
        ]
        first, second = answers
        assert first.status_code == second.status_code == 201
        assert first.content == second.content
        for name in ("location", "etag", "content-type"):
            assert first.headers[name] == second.headers[name]
        assert [await count(small.db, t) for t in ("thing", "outbox")] == [1, 1]

    async def test_the_same_request_at_once_has_one_effect_and_one_answer(self, small: Api) -> None:
        actor = customer()
        body = {"name": "one", "seconds": 0.3}
        answers = await asyncio.gather(
            *(small.post("/things", body, actor, idempotency_key="k1") for _ in range(6))
        )
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert await count(small.db) == 1

    async def test_another_request_under_the_same_key_is_refused(self, small: Api) -> None:
        actor = customer()
        await small.post("/things", {"name": "one"}, actor, idempotency_key="k1")
        answer = await small.post("/things", {"name": "two"}, actor, idempotency_key="k1")
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:tanggap:key-reused"
        assert await count(small.db) == 1

    async def test_another_person_may_use_the_same_key(self, small: Api) -> None:
        for actor in (customer(), customer()):
            answer = await small.post("/things", {"name": "one"}, actor, idempotency_key="k1")
            assert answer.status_code == 201
        assert await count(small.db) == 2

    async def test_before_login_the_pre_session_is_the_person(self, small: Api) -> None:
        for session in ("a", "a", "b"):
            answer = await small.post(
                "/things", {"name": "one"}, idempotency_key="k1", x_principal=session
            )
            assert answer.status_code == 201
        assert await count(small.db) == 2

    async def test_after_a_failure_the_same_request_is_tried_anew(
        self, small: Api, templates: Templates
    ) -> None:
        actor = customer()
        async with templates.owner(small.db) as owner:
            await owner.execute("ALTER TABLE thing ADD CONSTRAINT closed CHECK (name <> 'one')")
        failed = await small.post("/things", {"name": "one"}, actor, idempotency_key="k1")
        assert failed.status_code == 500
        async with templates.owner(small.db) as owner:
            await owner.execute("ALTER TABLE thing DROP CONSTRAINT closed")
        answer = await small.post("/things", {"name": "one"}, actor, idempotency_key="k1")
        assert answer.status_code == 201

    async def test_a_second_request_waits_for_one_that_fails_and_then_takes_its_place(
        self, small: Api, templates: Templates
    ) -> None:
        actor = customer()
        async with templates.owner(small.db) as owner:
            await owner.execute(
                """
                CREATE FUNCTION refuse_first() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF pg_try_advisory_lock(42) THEN PERFORM pg_sleep(0.5); RAISE 'first'; END IF;
                    RETURN NEW;
                END $$;
                CREATE TRIGGER refuse_first BEFORE INSERT ON thing
                    FOR EACH ROW EXECUTE FUNCTION refuse_first();
                """
            )
        answers = await asyncio.gather(
            *(small.post("/things", {"name": "one"}, actor, idempotency_key="k") for _ in range(2))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 500]
        assert await count(small.db) == 1

    async def test_a_request_that_runs_for_long_is_said_to_be_still_running(
        self, small: Api
    ) -> None:
        actor = customer()
        body = {"name": "one", "seconds": 7}
        first = asyncio.create_task(small.post("/things", body, actor, idempotency_key="k1"))
        await asyncio.sleep(0.5)
        second = await small.post("/things", body, actor, idempotency_key="k1")
        assert second.status_code == 409
        assert second.json()["type"] == "urn:tanggap:still-running"
        assert int(second.headers["retry-after"]) > 0
        assert (await first).status_code == 201

    @pytest.mark.parametrize("key", ["", "x" * 201])
    async def test_a_key_has_a_sensible_length(self, small: Api, key: str) -> None:
        answer = await small.post("/things", {"name": "one"}, idempotency_key=key)
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:tanggap:key-too-long"

    async def test_without_a_key_every_request_counts(self, small: Api) -> None:
        for _ in range(2):
            assert (await small.post("/things", {"name": "one"})).status_code == 201
        assert await count(small.db) == 2


class TestProblems:
    async def test_bad_fields_are_named_by_pointers(self, small: Api) -> None:
        body = {"name": "", "sizes": [1, "x"], "colour": "red"}
        answer = await small.post("/things", body)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["type"] == "urn:tanggap:invalid"
        assert {e["pointer"] for e in problem["errors"]} == {"/name", "/sizes/1", "/colour"}
        assert all(set(e) == {"pointer", "detail", "code", "params"} for e in problem["errors"])

    async def test_a_bad_query_is_named_too(self, small: Api) -> None:
        answer = await small.get("/busy", seconds="soon")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "?seconds"

    async def test_an_error_repeats_nothing_of_what_was_typed(self, small: Api) -> None:
        answer = await small.post("/things", {"name": "RAHASIA-" * 9})
        assert answer.status_code == 422
        assert "RAHASIA" not in answer.text

    @pytest.mark.parametrize("body", [b"{", b"\xff", b'{"name": "x"', b"{'name': 1}"])
    async def test_what_is_no_json_is_malformed(self, small: Api, body: bytes) -> None:
        answer = await small.client.post(
            "/things", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400
        assert answer.json()["type"] == "urn:tanggap:malformed"

    @pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 3 * MAX_BODY_BYTES])
    @pytest.mark.parametrize("says_its_length", [True, False])
    async def test_a_body_over_a_megabyte_is_too_large(
        self, small: Api, size: int, says_its_length: bool
    ) -> None:
        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(0, size, 65536):
                yield b"x" * 65536
            yield b"x"

        content: Any = b"x" * size if says_its_length else chunks()
        answer = await small.client.post(
            "/things", content=content, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 413
        assert answer.json()["type"] == "urn:tanggap:too-large"

    async def test_an_unknown_place_or_method_is_a_problem_too(self, small: Api) -> None:
        unknown = await small.get("/nowhere")
        assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:tanggap:not-found")
        wrong = await small.delete("/things")
        assert (wrong.status_code, wrong.json()["status"]) == (405, 405)

    async def test_a_sad_fact_has_a_name_and_its_parameters(self, small: Api) -> None:
        answer = await small.post("/things", {"name": "refused"})
        assert answer.json() == {
            "type": "urn:tanggap:thing-refused",
            "title": "There can be no such thing.",
            "status": 409,
            "params": {"name": "refused"},
        }

    async def test_a_fault_of_ours_says_nothing_about_itself(self, small: Api) -> None:
        answer = await small.post("/things", {"name": "broken"})
        assert answer.status_code == 500
        assert answer.json()["type"] == "urn:tanggap:internal-error"
        assert "something is broken" not in answer.text
        assert len(answer.headers["x-request-id"]) == 24

    async def test_what_is_away_says_when_to_come_back(self, small: Api) -> None:
        answer = await small.get("/away")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")

    async def test_a_database_that_is_away_is_a_503(self, api: ApiFactory) -> None:
        away = Database("postgresql://nobody@127.0.0.1:1/nothing", name="away")
        await away.open()
        small = await api("small", away)
        async with asyncio.timeout(5):
            answer = await small.get("/things")
        assert (answer.status_code, answer.json()["type"]) == (
            503,
            "urn:tanggap:database-unavailable",
        )
        await away.close()

    @pytest.mark.parametrize(
        ("header", "version"),
        [(None, None), ("*", None), ('"7"', 7), ('W/"7"', 7), ("7", 7)],
    )
    async def test_the_expected_version_comes_from_if_match(
        self, small: Api, header: str | None, version: int | None
    ) -> None:
        headers = {"If-Match": header} if header else {}
        answer = await small.client.get("/expected", headers=headers)
        assert answer.json() == {"version": version}

    async def test_a_strange_if_match_is_invalid(self, small: Api) -> None:
        answer = await small.client.get("/expected", headers={"If-Match": '"seven"'})
        assert answer.status_code == 422


class TestWhoAsks:
    async def test_each_door_opens_to_those_it_is_for(self, small: Api) -> None:
        reporter = staff(*admin().perms)  # type: ignore[arg-type]
        doors: dict[str, dict[Any, int]] = {
            "anyone": {None: 200, customer(): 200, GATEWAY: 200, reporter: 200},
            "someone": {None: 401, customer(): 200, GATEWAY: 401, reporter: 200},
            "gateway": {None: 401, customer(): 401, GATEWAY: 200, reporter: 401},
            "reporter": {None: 401, customer(): 403, GATEWAY: 401, reporter: 200, staff(): 403},
        }
        for door, expected in doors.items():
            for actor, status in expected.items():
                if actor is None:
                    answer = await small.client.get(f"/who/{door}")
                else:
                    answer = await small.get(f"/who/{door}", actor)
                assert answer.status_code == status, (door, actor)

    @pytest.mark.parametrize("header", ["Basic eDp5", "Bearer", "Bearer x", "Bearer a.b.c", "x"])
    async def test_a_strange_authorization_is_refused_not_ignored(
        self, small: Api, header: str
    ) -> None:
        answer = await small.client.get("/who/anyone", headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


class TestOperations:
    async def test_healthz_asks_nobody_and_readyz_asks_the_database(
        self, small: Api, api: ApiFactory
    ) -> None:
        away = Database("postgresql://nobody@127.0.0.1:1/nothing", name="away")
        await away.open()
        without = await api("small", away)
        assert (await small.client.get("/healthz")).status_code == 200
        assert (await without.client.get("/healthz")).status_code == 200
        assert (await small.client.get("/readyz")).json() == {"ready": True, "failed": []}
        answer = await without.client.get("/readyz")
        assert (answer.status_code, answer.json()["failed"]) == (503, ["database"])
        await away.close()

    async def test_a_process_that_stops_is_not_ready(self, small: Api) -> None:
        small.app.state.stopping = True
        answer = await small.client.get("/readyz")
        assert (answer.status_code, answer.json()["failed"]) == (503, ["stopping"])
        assert (await small.client.get("/healthz")).status_code == 200

    async def test_metrics_name_routes_and_not_what_people_typed(self, small: Api) -> None:
        await small.get("/nowhere/SECRET")
        await small.get("/things")
        answer = await small.client.get("/metrics")
        assert answer.status_code == 200
        assert (
            'http_request_seconds_count{method="GET",route="/things",status="200"}' in answer.text
        )
        assert "SECRET" not in answer.text
        for name in ("outbox_oldest_seconds", "consumer_lag", "dead_letters", "events_parked"):
            assert name in answer.text

    async def test_a_request_keeps_the_id_and_the_trace_that_it_came_with(self, small: Api) -> None:
        trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        answer = await small.post(
            "/things", {"name": "one"}, x_request_id="abc-12345678", traceparent=trace
        )
        assert answer.headers["x-request-id"] == "abc-12345678"
        async with small.db.read() as connection:
            written = await connection.fetchrow("SELECT request_id, traceparent FROM outbox")
        assert written["request_id"] == "abc-12345678"
        assert written["traceparent"].split("-")[1] == trace.split("-")[1]
        assert written["traceparent"] != trace

    @pytest.mark.parametrize("given", ["", "short", "x" * 65, "a b c d e f g", "ä" * 10])
    async def test_a_harmful_request_id_is_replaced(self, small: Api, given: str) -> None:
        headers = {"x-request-id": given.encode()}
        answer = await small.client.get("/things", headers=headers)  # type: ignore[arg-type]
        assert len(answer.headers["x-request-id"]) == 24


async def things_when_answered(app: ASGIApp, small: Api) -> list[int]:
    """How many things another connection sees at the moment when the answer's status leaves."""
    seen: list[int] = []
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=watched(app, small.db, seen.append)), base_url="http://x"
    )
    async with client:
        answer = await client.post("/things", json={"name": "one"})
    assert answer.status_code < 300
    assert await count(small.db) == 1
    return seen


def watched(app: ASGIApp, db: Database, note: Callable[[int], None]) -> ASGIApp:
    async def watch(scope: Scope, receive: Receive, send: Send) -> None:
        async def watched_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                note(await count(db))
            await send(message)

        await app(scope, receive, watched_send)

    return watch

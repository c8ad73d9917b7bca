"""A person who is erased leaves; what happened to their tickets stays."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from shared.events import CONTRACTS, identity
from shared.events.base import Event
from shared.files import Files
from shared.ids import uuid7
from tests.builders import agent_facts, envelope, record
from tests.fixtures.feeding import inbox_of
from tests.integration.ticket.conftest import Desk
from tests.integration.ticket.test_attachments import uploaded
from ticket_service.erasure.domain import Known

SITI = Known("Siti Rahma", "siti@example.test", "+6281234567890")
# Nothing of these may be found anywhere in the database afterwards.
TRACES = ("Rahma", "siti@", "6281234567890", "Melati", "LOS merah", "rusak sejak", "tetangga")


@pytest.fixture
def desk(desk: Desk, tmp_path: Path) -> Desk:
    """The desk with a store of files."""
    desk.api.app.state.files = Files.at(tmp_path.as_uri())
    return desk


async def _hear(desk: Desk, event: Event, version: int, subject: Any) -> str:
    inbox = inbox_of("ticket", desk.api.db, FILES_URL="file:///nowhere")
    return await inbox.receive(record(envelope(event, version, subject)))


async def _erase(desk: Desk, person: Any) -> None:
    assert await _hear(desk, identity.UserErased(user_id=person), 1, person) == "applied"


async def _everything(desk: Desk) -> str:
    """All rows of all tables, as one text."""
    async with desk.api.db.read() as connection:
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        rows = [
            str(dict(row))
            for table in tables
            for row in await connection.fetch(f'SELECT * FROM "{table["tablename"]}"')
        ]
    return "\n".join(rows)


async def _told_everything(desk: Desk) -> dict[str, Any]:
    """A ticket on which Siti and the desk wrote in every way there is."""
    async with desk.api.db.transaction() as tx:
        await tx.execute(
            "UPDATE person SET name = $2, email = $3, phone = $4 WHERE id = $1",
            desk.siti.id,
            *(SITI.name, SITI.email, SITI.phone),
        )
    ticket = await desk.report(
        subject="Modem rusak sejak Senin",
        description="LOS merah, hubungi 0812-3456-7890",
        attachment_ids=[await uploaded(desk)],
    )
    await desk.does("replies", ticket, body="Ibu Rahma, teknisi datang ke Jl. Mawar.")
    await desk.does("replies", ticket, desk.siti, body="Titip tetangga saya")
    await desk.does("notes", ticket, body="Telepon siti@example.test atau +62 812 3456 7890")
    await desk.does("solve", ticket, note="Sudah beres, Bu Siti Rahma")
    await desk.does("feedback", ticket, desk.siti, score=5, comment="Terima kasih, tetangga juga")
    return ticket


async def test_nothing_of_an_erased_person_is_left_in_any_table(desk: Desk) -> None:
    ticket = await _told_everything(desk)
    async with desk.api.db.transaction() as tx:
        await tx.execute("UPDATE outbox SET published_at = now() WHERE aggregate_version = 1")
    before = await _everything(desk)
    assert all(trace in before for trace in TRACES)

    await _erase(desk, desk.siti.id)

    after = await _everything(desk)
    assert [trace for trace in TRACES if trace in after] == []
    assert "Jl. Mawar" in after
    seen = (await desk.api.get(f"/tickets/{ticket['number']}", desk.agent)).json()
    assert seen["requester"]["name"] == ""


async def test_the_facts_of_the_tickets_stay(desk: Desk) -> None:
    ticket = await _told_everything(desk)
    path = f"/tickets/{ticket['number']}"
    before = (await desk.api.get(path, desk.agent)).json()

    await _erase(desk, desk.siti.id)

    after = (await desk.api.get(path, desk.agent, expand="messages")).json()
    for fact in (
        "number",
        "status",
        "category",
        "priority",
        "created_at",
        "solved_at",
        "service_line",
    ):
        assert after[fact] == before[fact], fact
    assert after["feedback"]["score"] == 5 and after["feedback"]["comment"] is None
    assert after["subject"] == before["category"]["name"]["id"]
    assert [message["body"] for message in after["messages"]] == [
        "Ibu …, teknisi datang ke Jl. Mawar.",
        "…",
        "Telepon … atau …",
    ]


async def test_each_ticket_says_so_and_events_stay_readable_in_order(desk: Desk) -> None:
    ticket = await _told_everything(desk)
    versions = await desk.events_of(ticket)

    await _erase(desk, desk.siti.id)

    assert await desk.events_of(ticket) == [*versions, (len(versions) + 1, "ticket.updated")]
    async with desk.api.db.read() as connection:
        rows = await connection.fetch("SELECT type, payload FROM outbox ORDER BY id")
    for row in rows:
        CONTRACTS[row["type"]].model_validate_json(row["payload"])


async def test_photos_of_an_erased_person_are_gone_at_once(desk: Desk) -> None:
    await _told_everything(desk)
    async with desk.api.db.read() as connection:
        (row,) = await connection.fetch("SELECT id FROM attachment")
    assert (await desk.api.get(f"/attachments/{row['id']}", desk.agent)).status_code == 200

    await _erase(desk, desk.siti.id)

    assert (await desk.api.get(f"/attachments/{row['id']}", desk.agent)).status_code == 404
    async with desk.api.db.read() as connection:
        (row,) = await connection.fetch("SELECT * FROM attachment")
    assert row["given_up_at"] <= datetime.now(UTC) and row["name"] == ""


async def test_words_on_tickets_of_ones_company_go_too(desk: Desk) -> None:
    ticket = await desk.report(desk.joko)
    async with desk.api.db.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO message (id, ticket_id, author_id, author_kind, visibility, body, created_at)
            VALUES (gen_random_uuid(), $1, $2, 'customer', 'public', 'Saya Siti', now())
            """,
            ticket["id"],
            desk.siti.id,
        )
    path = f"/tickets/{ticket['number']}"
    before = (await desk.api.get(path, desk.joko)).headers["etag"]

    await _erase(desk, desk.siti.id)

    seen = await desk.api.get(path, desk.joko, expand="messages")
    assert [message["body"] for message in seen.json()["messages"]] == ["…"]
    assert seen.json()["subject"] == ticket["subject"]
    assert seen.headers["etag"] != before


async def test_a_colleague_who_is_erased_leaves_their_work_without_their_name(desk: Desk) -> None:
    colleague = agent_facts(name="Wayan Sudarsana", team_ids=(desk.team.id,))
    await _hear(desk, identity.UserRegistered(user=colleague), 1, colleague.id)
    ticket = await desk.report()
    await desk.does("assign", ticket, assignee_id=str(colleague.id))
    await desk.does("assign", ticket, assignee_id=str(desk.agent.id))

    await _hear(desk, identity.UserErased(user_id=colleague.id), 2, colleague.id)

    assert "Wayan" not in await _everything(desk)
    path = f"/tickets/{ticket['number']}"
    seen = (await desk.api.get(path, desk.agent, expand="timeline")).json()
    assigned = [
        e["data"]["changes"]["assignee"] for e in seen["timeline"] if "changes" in e["data"]
    ]
    assert assigned[-1] == ["", desk.agent_facts.name]
    assert seen["description"] == "Lampu LOS merah"


async def test_what_waits_or_died_here_forgets_the_person_too(desk: Desk) -> None:
    facts = agent_facts(name="Wayan Sudarsana", email="wayan@example.test")
    event = identity.UserUpdated(user=facts, changes={"name": ("Wayan", "Wayan Sudarsana")})
    line = identity.LineFacts(
        id=uuid7(), number="9", user_id=facts.id, plan="x", address="Jl. Wayan 9"
    )
    assert await _hear(desk, identity.LineUpdated(line=line), 7, line.id) == "parked"
    other = uuid7()
    async with desk.api.db.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO dead_letter (id, consumer, aggregate_id, version, type, partition,
                record_offset, headers, value, error)
            VALUES ($1, 'ticket', $1, 1, 'user.updated', 0, 0, '[]', $2, $3)
            """,
            other,
            event.model_dump_json().encode(),
            "DataError('invalid input: Wayan Sudarsana')",
        )
        await tx.execute(
            "INSERT INTO idempotency_key (principal, key, request_hash, body) "
            "VALUES ($1, 'k', '', 'Wayan'), ('boss', 'k', '', $2)",
            str(facts.id),
            orjson.dumps({"id": str(facts.id), "name": "Wayan"}).decode(),
        )

    await _hear(desk, identity.UserErased(user_id=facts.id), 1, facts.id)

    assert "Wayan" not in await _everything(desk)
    async with desk.api.db.read() as connection:
        parked = await connection.fetchval("SELECT value FROM parked")
        dead = await connection.fetchrow("SELECT value, error FROM dead_letter")
        answers = await connection.fetch("SELECT principal, body FROM idempotency_key")
    assert identity.LineUpdated.model_validate_json(parked).line.number == "9"
    assert identity.UserUpdated.model_validate_json(dead["value"]).changes == {}
    assert dead["error"] == "DataError"
    assert [(a["principal"], orjson.loads(a["body"])["name"]) for a in answers] == [("boss", "")]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Ibu Siti Rahma di rumah", "Ibu … di rumah"),
        ("SITI, tolong", "…, tolong"),
        ("situs dan Rahmat", "situs dan Rahmat"),
        ("0812 3456 7890 atau +62-812-3456-7890", "… atau …"),
        ("siti@example.test", "…"),
        ("tiket 1234-5674", "tiket 1234-5674"),
    ],
)
def test_a_text_loses_the_person_and_nothing_else(text: str, masked: str) -> None:
    assert SITI.masked(text) == masked


def test_nobody_known_masks_nothing() -> None:
    assert Known("", "", None).masked("apa saja") == "apa saja"

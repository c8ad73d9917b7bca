"""Whoever is erased leaves the figures; what was counted stays counted."""

from shared.events import identity
from shared.ids import uuid7
from tests.builders import TicketStory, agent_facts, envelope, record, ticket_facts
from tests.fixtures.databases import DatabaseFactory
from tests.fixtures.feeding import feed, inbox_of


async def test_nothing_of_an_erased_person_is_left_in_any_table(database: DatabaseFactory) -> None:
    db = await database("analytics")
    inbox = inbox_of("analytics", db)
    agent = agent_facts(name="Wayan Sudarsana", email="wayan@example.test", team_ids=(uuid7(),))
    story = TicketStory(
        ticket=ticket_facts(
            requester_name="Wayan Sudarsana", requester_id=agent.id, assignee_id=agent.id
        )
    )
    await feed(inbox, [envelope(identity.UserRegistered(user=agent), 1, agent.id)])
    await feed(inbox, [story.created()])
    gap = story.replied(), story.solved()
    assert await inbox.receive(record(gap[1])) == "parked"

    await feed(inbox, [envelope(identity.UserErased(user_id=agent.id), 2, agent.id)])

    async with db.read() as connection:
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        rows = [
            str(dict(row))
            for table in tables
            for row in await connection.fetch(f'SELECT * FROM "{table["tablename"]}"')
        ]
        text = "".join(rows)
        facts = await connection.fetchrow("SELECT * FROM ticket_fact")
        person = await connection.fetchrow("SELECT * FROM person")
    assert "Wayan" not in text and "wayan" not in text
    assert facts is not None and facts["requester_id"] == facts["assignee_id"] == agent.id
    assert person is not None
    assert (person["name"], person["team_ids"], person["is_active"]) == ("", [], False)
    # What was parked can still be applied.
    assert await inbox.receive(record(gap[0])) == "applied"
    async with db.read() as connection:
        assert await connection.fetchval("SELECT status FROM ticket_fact") == "solved"

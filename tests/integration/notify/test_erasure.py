"""Whoever is erased is forgotten by messages, kept ones and those on their way."""

from datetime import timedelta

from shared.events import identity
from shared.events.base import Envelope
from tests.builders import TicketStory, envelope, now, person, record, ticket_facts
from tests.integration.notify.conftest import Office

TRACES = ("Siti", "Rahma", "siti@", "Melati")


async def _everything(office: Office) -> str:
    """All rows of all tables, as one text."""
    async with office.db.read() as connection:
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        rows = [
            str(dict(row))
            for table in tables
            for row in await connection.fetch(f'SELECT * FROM "{table["tablename"]}"')
        ]
    return "\n".join(rows)


def _story(siti: identity.UserFacts, agent: identity.UserFacts) -> TicketStory:
    facts = ticket_facts(
        subject="Jl. Melati mati total",
        requester_id=siti.id,
        requester_name=siti.name,
        assignee_id=agent.id,
        assignee_name=agent.name,
        link_expires_at=now() + timedelta(days=30),
    )
    return TicketStory(ticket=facts)


async def _people(office: Office) -> tuple[identity.UserFacts, identity.UserFacts]:
    siti = await office.person(name="Siti Rahma", email="siti@example.test")
    agent = await office.person(kind="staff", role="agent", name="Budi Darma")
    return siti, agent


def _erased(who: identity.UserFacts) -> Envelope:
    return envelope(identity.UserErased(user_id=who.id), 2, who.id)


async def test_nothing_of_an_erased_customer_is_left_in_any_table(office: Office) -> None:
    siti, agent = await _people(office)
    story = _story(siti, agent)
    await office.receive(
        story.created(), story.replied(actor=person("staff"), body="Ibu Siti, kami ke Jl. Melati.")
    )
    late = story.replied(actor=person("staff"), body="Siti")
    parked = story.replied(actor=person("staff"), body="Ibu Rahma")
    await office.inbox.receive(record(parked))
    before = await _everything(office)
    assert all(trace in before for trace in TRACES)

    await office.inbox.receive(record(_erased(siti)))

    after = await _everything(office)
    assert [trace for trace in TRACES if trace in after] == []
    # What was published before and arrives after does not bring them back.
    await office.receive(late)
    after = await _everything(office)
    assert [trace for trace in TRACES if trace in after] == []
    assert agent.name in after


async def test_messages_to_others_still_leave_without_the_person(office: Office) -> None:
    siti, agent = await _people(office)
    await office.receive(_story(siti, agent).created())
    await office.inbox.receive(record(_erased(siti)))
    office.start()
    await office.all_settled()

    assert office.sink.mails(siti.email) == []
    for mail in office.sink.mails(agent.email):
        assert "Siti" not in f"{mail.subject} {mail.text} {mail.html}"
    assert {
        i["error_code"] for i in await office.intents(recipient_id=siti.id, channel="email")
    } == {"erased"}


async def test_an_erased_colleague_leaves_the_notices_of_tickets(office: Office) -> None:
    siti, agent = await _people(office)
    story = _story(siti, agent)
    by_agent = person("staff", agent.id).model_copy(update={"name": agent.name})
    await office.receive(story.created(), story.replied(actor=by_agent, body="Kami periksa."))
    assert agent.name in await _everything(office)

    await office.inbox.receive(record(_erased(agent)))

    after = await _everything(office)
    assert agent.name not in after and agent.email not in after
    assert "Siti Rahma" in after and "Kami periksa." in after

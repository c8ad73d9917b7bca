"""Events that are told side by side, and an event that comes again."""

from uuid import UUID

from notify_service.rules.handlers import tell
from shared.db import Tx
from shared.events.base import Envelope
from shared.events.ticket import TicketCreated
from shared.ids import uuid7
from tests.builders import TicketStory, agent_facts, ticket_facts
from tests.integration.notify.conftest import Office, both, by_rule


async def created(office: Office, team_id: UUID) -> Envelope:
    requester = await office.person()
    return TicketStory(ticket=ticket_facts(team_id=team_id, requester_id=requester.id)).created()


async def told(office: Office, tx: Tx, envelope: Envelope) -> None:
    event = TicketCreated.model_validate_json(envelope.data)
    await tell(tx, envelope, event, office.policy)


async def test_news_are_never_joined_to_a_mail_that_leaves_at_once(office: Office) -> None:
    """A transaction that began earlier and wrote later sees a mail that is due in its own future."""
    team_id = uuid7()
    agent = agent_facts(team_ids=(team_id,))
    await office.knows(agent)
    first, second = await created(office, team_id), await created(office, team_id)
    async with office.db.transaction() as earlier:
        await earlier.execute("SELECT")
        async with office.db.transaction() as later:
            await told(office, later, first)
        await told(office, earlier, second)
    assert {i["state"] for i in by_rule(await office.intents(channel="email"), "new_ticket")} == {
        "pending"
    }
    office.start()
    await office.all_settled()
    assert len(office.sink.mails(agent.email)) == 2


async def test_an_event_that_comes_again_is_not_told_to_who_joined_since(office: Office) -> None:
    team_id = uuid7()
    agent, newcomer = agent_facts(team_ids=(team_id,)), agent_facts(team_ids=(team_id,))
    envelope = await created(office, team_id)
    await office.knows(agent)
    for known in ((), (newcomer,)):
        await office.knows(*known)
        async with office.db.transaction() as tx:
            await told(office, tx, envelope)
    assert await office.told(agent.id) == both("new_ticket")
    assert await office.told(newcomer.id) == []

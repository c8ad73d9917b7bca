"""Each rule, from event to intents: who is told, and who is not."""

from datetime import timedelta
from typing import Any

import pytest

from notify_service.rules import domain
from shared.events import identity
from shared.events import ticket as tickets
from shared.ids import uuid7
from tests.builders import TicketStory, envelope, now, person, ticket_facts, user_facts
from tests.integration.notify.conftest import Office, both

TEAM = uuid7()


def story(requester: identity.UserFacts, **facts: Any) -> TicketStory:
    """A ticket of a customer."""
    return TicketStory(
        ticket=ticket_facts(
            requester_id=requester.id,
            requester_name=requester.name,
            link_expires_at=now() + timedelta(days=180),
            **facts,
        )
    )


def by(someone: identity.UserFacts) -> tickets.PersonRef:
    """Somebody as the actor of an event."""
    kind: tickets.ActorKind = "staff" if someone.kind == "staff" else "customer"
    return tickets.PersonRef(id=someone.id, name=someone.name, kind=kind)


@pytest.fixture
async def siti(office: Office) -> identity.UserFacts:
    """A customer."""
    return await office.person()


@pytest.fixture
async def budi(office: Office) -> identity.UserFacts:
    """An agent of the team."""
    return await office.person(kind="staff", role="agent", name="Budi", team_ids=(TEAM,))


def created(ticket: TicketStory, actor: tickets.PersonRef) -> Any:
    return ticket.say(tickets.TicketCreated, actor=actor, description="Mati total.")


async def test_who_opens_a_ticket_gets_a_receipt(office: Office, siti: Any) -> None:
    await office.receive(created(story(siti), by(siti)))
    assert await office.told(siti.id) == both("received")


async def test_a_customer_for_whom_staff_opened_a_ticket_gets_the_receipt_too(
    office: Office, siti: Any, budi: Any
) -> None:
    await office.receive(created(story(siti), by(budi)))
    assert await office.told(siti.id) == both("received")


async def test_a_new_ticket_is_told_to_the_active_members_of_its_team(
    office: Office, siti: Any, budi: Any
) -> None:
    outsider = await office.person(kind="staff", role="agent", team_ids=(uuid7(),))
    former = await office.person(kind="staff", role="agent", team_ids=(TEAM,), is_active=False)
    stranger = await office.person(team_ids=(TEAM,))
    await office.receive(created(story(siti, team_id=TEAM), by(siti)))
    assert await office.told(budi.id) == both("new_ticket")
    for other in (outsider, former, stranger):
        assert await office.told(other.id) == []


async def test_an_inactive_team_is_told_nothing(office: Office, siti: Any, budi: Any) -> None:
    team = identity.TeamFacts(id=TEAM, key="noc", name="NOC", is_active=False)
    await office.receive(envelope(identity.TeamCreated(team=team), 1, TEAM))
    await office.receive(created(story(siti, team_id=TEAM), by(siti)))
    assert await office.told(budi.id) == []


async def test_a_member_who_opened_the_ticket_is_not_told_of_it(
    office: Office, siti: Any, budi: Any
) -> None:
    other = await office.person(kind="staff", role="agent", team_ids=(TEAM,))
    await office.receive(created(story(siti, team_id=TEAM), by(budi)))
    assert await office.told(budi.id) == []
    assert await office.told(other.id) == both("new_ticket")


async def test_an_assignee_in_the_team_hears_of_a_new_ticket_once(
    office: Office, siti: Any, budi: Any
) -> None:
    await office.receive(created(story(siti, team_id=TEAM, assignee_id=budi.id), by(siti)))
    assert await office.told(budi.id) == both("assigned")


async def test_a_new_assignee_is_told(office: Office, siti: Any, budi: Any) -> None:
    ticket = story(siti)
    await office.receive(created(ticket, by(siti)))
    await office.receive(
        ticket.say(
            tickets.TicketUpdated,
            ticket={"assignee_id": budi.id},
            actor=person("staff"),
            changes={"assignee": (None, "Budi")},
        )
    )
    assert await office.told(budi.id) == both("assigned")
    assert await office.told(siti.id) == both("received")


async def test_who_takes_a_ticket_is_not_told_so(office: Office, siti: Any, budi: Any) -> None:
    ticket = story(siti)
    await office.receive(created(ticket, by(siti)))
    await office.receive(
        ticket.say(
            tickets.TicketUpdated,
            ticket={"assignee_id": budi.id, "status": "open"},
            actor=by(budi),
            changes={"assignee": (None, "Budi"), "status": ("new", "open")},
        )
    )
    assert await office.told(budi.id) == []
    assert await office.told(siti.id) == both("received")


async def test_other_changes_are_told_to_nobody(office: Office, siti: Any, budi: Any) -> None:
    ticket = story(siti, assignee_id=budi.id)
    await office.receive(created(ticket, by(budi)))
    before = len(await office.intents())
    await office.receive(
        ticket.say(
            tickets.TicketUpdated,
            ticket={"priority": "high"},
            actor=person("staff"),
            changes={"priority": ("normal", "high")},
        )
    )
    assert len(await office.intents()) == before


async def test_an_answer_of_staff_is_told_to_the_customer(
    office: Office, siti: Any, budi: Any
) -> None:
    ticket = story(siti, assignee_id=budi.id)
    await office.receive(created(ticket, by(budi)))
    await office.receive(ticket.replied(actor=person("staff"), body="Kami cek."))
    assert await office.told(siti.id) == both("received", "replied")
    assert await office.told(budi.id) == []


@pytest.mark.parametrize("kind", ["customer", "link"])
async def test_an_answer_of_the_customer_is_told_to_the_assignee(
    office: Office, siti: Any, budi: Any, kind: tickets.ActorKind
) -> None:
    ticket = story(siti, assignee_id=budi.id)
    await office.receive(created(ticket, by(budi)))
    actor = tickets.PersonRef(id=siti.id, name=siti.name, kind=kind)
    await office.receive(ticket.replied(actor=actor, body="Masih mati."))
    assert await office.told(budi.id) == both("customer_replied")
    assert await office.told(siti.id) == both("received")


async def test_an_internal_note_is_told_to_nobody_and_kept_nowhere(
    office: Office, siti: Any, budi: Any
) -> None:
    ticket = story(siti, assignee_id=budi.id)
    await office.receive(created(ticket, by(budi)))
    before = len(await office.intents())
    for actor in (person("staff"), by(budi)):
        await office.receive(
            ticket.replied(
                actor=actor, visibility="internal", body="RAHASIA", mentioned_ids=(budi.id,)
            )
        )
    assert len(await office.intents()) == before
    async with office.db.read() as connection:
        kept = await connection.fetchval(
            "SELECT count(*) FROM notice WHERE data::text LIKE '%RAHASIA%'"
        )
    assert kept == 0


@pytest.mark.parametrize(
    ("turn", "change"),
    [
        ("pended", "pended"),
        ("held", "held"),
        ("reopened", "reopened"),
        ("cancelled", "cancelled"),
        ("merged", "merged"),
    ],
)
async def test_a_new_state_by_staff_is_told_to_the_customer(
    office: Office, siti: Any, turn: str, change: str
) -> None:
    ticket = story(siti)
    await office.receive(created(ticket, by(siti)), getattr(ticket, turn)())
    assert await office.told(siti.id) == both("received", "state_changed")
    async with office.db.read() as connection:
        kept = await connection.fetchval(
            "SELECT data ->> 'change' FROM notice WHERE event_type = $1", f"ticket.{turn}"
        )
    assert kept == change


@pytest.mark.parametrize("old", ["pending", "on_hold"])
async def test_work_that_goes_on_is_told_to_the_customer(
    office: Office, siti: Any, old: str
) -> None:
    ticket = story(siti)
    await office.receive(created(ticket, by(siti)))
    await office.receive(
        ticket.say(
            tickets.TicketUpdated,
            ticket={"status": "open"},
            actor=person("staff"),
            changes={"status": (old, "open")},
        )
    )
    assert await office.told(siti.id) == both("received", "state_changed")


@pytest.mark.parametrize("contract", [tickets.TicketCancelled, tickets.TicketReopened])
async def test_what_customers_do_themselves_is_not_told_to_them(
    office: Office, siti: Any, contract: type[tickets.TicketStateChanged]
) -> None:
    ticket = story(siti)
    await office.receive(created(ticket, by(siti)))
    await office.receive(ticket.say(contract, actor=by(siti), previous_status="solved"))
    assert await office.told(siti.id) == both("received")


async def test_solved_and_closed_are_told_to_the_customer(office: Office, siti: Any) -> None:
    ticket = story(siti)
    await office.receive(created(ticket, by(siti)), ticket.solved(), ticket.closed())
    assert await office.told(siti.id) == both("closed", "received", "solved")


async def test_a_ticket_closed_by_its_customer_needs_no_message(office: Office, siti: Any) -> None:
    ticket = story(siti)
    await office.receive(created(ticket, by(siti)))
    await office.receive(ticket.say(tickets.TicketClosed, actor=by(siti), previous_status="solved"))
    assert await office.told(siti.id) == both("received")


async def test_deleting_restoring_and_snapshots_are_told_to_nobody(
    office: Office, siti: Any
) -> None:
    ticket = story(siti)
    await office.receive(
        created(ticket, by(siti)), ticket.deleted(), ticket.restored(), ticket.snapshot()
    )
    assert await office.told(siti.id) == both("received")


@pytest.mark.parametrize("channel", ["email", "in_app"])
async def test_who_muted_a_kind_through_a_channel_is_told_the_other_way_only(
    office: Office, channel: str
) -> None:
    siti = await office.person(muted=(f"{channel}:progress", f"{channel}:solved"))
    ticket = story(siti)
    await office.receive(
        created(ticket, by(siti)),
        ticket.replied(actor=person("staff")),
        ticket.held(),
        ticket.solved(),
        ticket.closed(),
    )
    other = "in_app" if channel == "email" else "email"
    rest = [(rule, other) for rule in ("closed", "solved", "state_changed")]
    assert await office.told(siti.id) == sorted([*both("received", "replied"), *rest])


async def test_a_kind_is_told_again_once_it_is_no_longer_muted(office: Office) -> None:
    siti = await office.person(muted=("email:replied", "in_app:replied"))
    ticket = story(siti)
    await office.receive(created(ticket, by(siti)), ticket.replied(actor=person("staff")))
    assert await office.told(siti.id) == both("received")
    news = identity.UserUpdated(user=siti.model_copy(update={"muted": ()}), changes={})
    await office.receive(envelope(news, 2, siti.id), ticket.replied(actor=person("staff")))
    assert await office.told(siti.id) == both("received", "replied")


async def test_a_member_who_muted_new_tickets_does_not_keep_them_from_the_team(
    office: Office, siti: Any, budi: Any
) -> None:
    quiet = await office.person(
        kind="staff", role="agent", team_ids=(TEAM,), muted=("email:new_ticket",)
    )
    await office.receive(created(story(siti, team_id=TEAM), by(siti)))
    assert await office.told(quiet.id) == [("new_ticket", "in_app")]
    assert await office.told(budi.id) == both("new_ticket")


async def test_messages_about_the_account_cannot_be_muted(office: Office) -> None:
    names = (*domain.ACCOUNT_RULES, *(rule.switch for rule in domain.RULES))
    siti = await office.person(muted=tuple(f"{c}:{n}" for c in ("email", "in_app") for n in names))
    issued = identity.LinkIssued(
        link_id=uuid7(),
        purpose="reset",
        user_id=siti.id,
        email=siti.email,
        language="id",
        expires_at=now() + timedelta(hours=1),
    )
    await office.receive(
        envelope(issued, 1, issued.link_id),
        envelope(identity.UserPasswordChanged(user=siti), 2, siti.id),
    )
    assert await office.told(siti.id) == [("password_changed", "email"), ("reset", "email")]


@pytest.mark.parametrize("purpose", ["verify", "invite", "reset", "account_exists"])
async def test_an_issued_link_becomes_one_mail_and_nothing_in_the_app(
    office: Office, purpose: identity.LinkPurpose
) -> None:
    user_id, link_id = uuid7(), uuid7()
    event = identity.LinkIssued(
        link_id=link_id,
        purpose=purpose,
        user_id=user_id,
        email="baru@example.test",
        language="en",
        expires_at=now() + timedelta(hours=1),
    )
    await office.receive(envelope(event, 1, link_id))
    assert await office.told(user_id) == [(purpose, "email")]


async def test_a_changed_password_is_told_by_mail_and_the_person_is_learnt(office: Office) -> None:
    facts = user_facts()
    await office.knows(facts)
    event = identity.UserPasswordChanged(user=facts.model_copy(update={"name": "Siti Aminah"}))
    await office.receive(envelope(event, 2, facts.id))
    assert await office.told(facts.id) == [("password_changed", "email")]
    async with office.db.read() as connection:
        assert await connection.fetchval("SELECT name FROM contact") == "Siti Aminah"


async def test_another_way_of_getting_in_is_told_to_the_address_of_then(office: Office) -> None:
    facts = user_facts()
    await office.knows(facts)
    event = identity.UserSecurityChanged(
        user_id=facts.id, email=facts.email, language="id", change="second_factor_on"
    )
    await office.receive(envelope(event, 2, facts.id))
    assert await office.told(facts.id) == [("security_changed", "email")]


async def test_an_event_that_comes_again_makes_no_second_intent(office: Office, siti: Any) -> None:
    ticket = story(siti)
    events = [created(ticket, by(siti)), ticket.replied(), ticket.solved()]
    await office.receive(*events)
    before = await office.intents()
    await office.receive(*events)
    await office.execute("DELETE FROM consumed")
    await office.receive(*events)
    assert await office.intents() == before

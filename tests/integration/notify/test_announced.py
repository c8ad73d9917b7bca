"""Messages about accounts that identity-service announces: to mailboxes and to phones."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from notify_service.intents.messages import Mailer
from notify_service.intents.sender import Sender
from shared.events import identity
from shared.events import ticket as tickets
from shared.events.base import Envelope
from shared.ids import uuid7
from tests.builders import TicketStory, envelope, now, ticket_facts
from tests.fixtures.waiting import eventually
from tests.integration.notify.conftest import Office

NUMBER = "+6281234567890"


def announced(message: str = "phone_code", **given: Any) -> Envelope:
    """A message about somebody's account."""
    link_id: UUID = given.pop("link_id", uuid7())
    fields: dict[str, Any] = {
        "purpose": "phone",
        "channel": "phone",
        "address": NUMBER,
        "user_id": uuid7(),
        "language": "id",
        "expires_at": now() + timedelta(minutes=10),
        **given,
    }
    event = identity.LinkAnnounced(link_id=link_id, message=message, **fields)
    return envelope(event, 1, link_id)


def with_phones(office: Office) -> Sender:
    """A sender that has a carrier to phones."""
    sender = office.start()
    sender._mailer = Mailer("PadiNET", "tiket@example.test", "sms.example.test")
    return sender


async def test_a_code_goes_to_the_phone_through_its_carrier(office: Office) -> None:
    with_phones(office)
    await office.receive(announced())

    async def sent() -> bool:
        return [(i["state"], i["rule"]) for i in await office.intents(channel="phone")] == [
            ("sent", "phone_code")
        ]

    await eventually(sent)
    (mail,) = office.sink.mails("6281234567890@sms.example.test")
    assert "Kode PadiNET Anda" in mail.text


async def test_without_a_carrier_the_message_fails_and_says_why(office: Office) -> None:
    office.start()
    await office.receive(announced())

    async def failed() -> bool:
        return [i["state"] for i in await office.intents()] == ["failed"]

    await eventually(failed)
    (intent,) = await office.intents()
    assert intent["error_code"] == "no_carrier"


async def test_numbers_have_no_budget_of_mails(office: Office) -> None:
    for _ in range(5):
        await office.receive(announced())
    assert {i["state"] for i in await office.intents()} == {"pending"}


async def test_an_unproven_new_address_has_its_budget(office: Office) -> None:
    proof = {"purpose": "email", "channel": "email", "address": "baru@example.test"}
    for _ in range(5):
        await office.receive(announced("email_proof", **proof))
    states = sorted(i["state"] for i in await office.intents())
    assert states == ["failed", "failed", "pending", "pending", "pending"]


async def test_a_message_that_we_have_no_text_for_is_left_alone(office: Office) -> None:
    await office.receive(announced("tomorrow", purpose="tomorrow", channel="email"))
    assert await office.intents() == []


async def test_quiet_hours_are_learnt_and_hold_mails_back_until_they_are_ended(
    office: Office,
) -> None:
    around = {
        "quiet_from": f"{now() - timedelta(hours=2):%H:%M}",
        "quiet_to": f"{now() + timedelta(hours=2):%H:%M}",
        "time_zone": "UTC",
    }
    siti = await office.person(**around)
    office.start()
    await office.receive(_created(siti))

    async def waits() -> bool:
        return [i["error_code"] for i in await office.intents(channel="email")] == ["quiet"]

    await eventually(waits)
    assert office.sink.mails() == []
    awake = siti.model_copy(update={"quiet_from": None, "quiet_to": None})
    event = identity.UserUpdated(user=awake, changes={})
    await office.receive(envelope(event, 2, siti.id))
    await office.all_settled()
    assert len(office.sink.mails(siti.email)) == 1


def _created(siti: identity.UserFacts) -> Envelope:
    story = TicketStory(
        ticket=ticket_facts(
            requester_id=siti.id, link_expires_at=now() + timedelta(days=180), priority="normal"
        )
    )
    actor = tickets.PersonRef(id=siti.id, name=siti.name, kind="customer")
    created: Envelope = story.say(tickets.TicketCreated, actor=actor, description="Mati total.")
    return created

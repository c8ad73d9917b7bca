"""From intent to mail, on a real database and a real mail server, through what can go wrong between."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from prometheus_client import REGISTRY

from notify_service.clients import NotSent
from notify_service.intents.domain import Failure
from shared.db import Database
from shared.events import identity
from shared.events import ticket as tickets
from shared.events.notify import NotificationFailed, NotificationSent
from shared.ids import uuid7
from shared.links import verify_link
from shared.tracing import Cause
from tests.builders import TicketStory, agent_facts, envelope, now, person, ticket_facts
from tests.fixtures.databases import UrlFactory
from tests.fixtures.feeding import outbox_of
from tests.fixtures.proxy import Proxy
from tests.fixtures.waiting import eventually
from tests.integration.notify.conftest import KEYS, Office, Sink, by_rule

CAUSE = Cause("abc-12345678", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")


def ticket_of(requester: identity.UserFacts, **facts: Any) -> TicketStory:
    return TicketStory(
        ticket=ticket_facts(
            number="12345678",
            requester_id=requester.id,
            requester_name=requester.name,
            link_expires_at=now() + timedelta(days=180),
            **facts,
        )
    )


def link_for(email: str, purpose: identity.LinkPurpose = "verify", hours: float = 1) -> Any:
    link_id = uuid7()
    event = identity.LinkIssued(
        link_id=link_id,
        purpose=purpose,
        user_id=uuid7(),
        email=email,
        language="id",
        expires_at=now() + timedelta(hours=hours),
    )
    return envelope(event, 1, link_id)


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_a_receipt_arrives_with_number_link_and_headers(office: Office) -> None:
    siti = await office.person(language="id", time_zone="Asia/Makassar")
    ticket = ticket_of(siti)
    created = ticket.created()
    traced = type(created)(**{f: getattr(created, f) for f in created.__slots__} | {"cause": CAUSE})
    office.start()
    await office.receive(traced)
    [mail] = await eventually(lambda: office.sink.mails(siti.email))
    [intent] = await office.intents(recipient_id=siti.id, channel="email")
    assert "1234-5678" in mail.subject and "1234-5678" in mail.text and "1234-5678" in mail.html
    assert mail.headers["Message-ID"] == f"<{intent['id']}@example.test>"
    assert mail.headers["Auto-Submitted"] == "auto-generated"
    assert mail.headers["X-Trace-ID"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert mail.headers["From"] == "PadiNET <tiket@example.test>"
    assert "References" not in mail.headers
    assert "WITA" in mail.text
    token = mail.text.partition("http://localhost:8000/t/")[2].split()[0]
    assert verify_link(KEYS, "ticket", token, now()) == ticket.ticket.link_id


async def test_staff_get_a_link_straight_to_the_ticket_in_the_console(office: Office) -> None:
    team = uuid7()
    agent = await office.person(kind="staff", role="agent", team_ids=(team,), language="en")
    siti = await office.person()
    office.start()
    await office.receive(ticket_of(siti, team_id=team).created())
    [mail] = await eventually(lambda: office.sink.mails(agent.email))
    assert mail.subject.startswith("New ticket 1234-5678")
    assert "http://localhost:8000/admin/tickets/1234-5678" in mail.text
    assert "/t/" not in mail.text


async def test_mails_about_a_ticket_refer_to_the_earlier_ones_and_keep_their_order(
    office: Office,
) -> None:
    siti = await office.person()
    ticket = ticket_of(siti)
    await office.receive(ticket.created(), ticket.solved(), ticket.closed())
    office.start()
    first, second, third = await eventually(
        lambda: mails if len(mails := office.sink.mails(siti.email)) == 3 else None
    )
    ids = [mail.headers["Message-ID"] for mail in (first, second, third)]
    assert second.headers["In-Reply-To"] == second.headers["References"] == ids[0]
    assert third.headers["In-Reply-To"] == ids[1]
    assert third.headers["References"].split() == ids[:2]
    assert [m.subject.split(": ")[0] for m in (first, second, third)] == [
        "Tiket 1234-5678 kami terima",
        "Tiket 1234-5678 selesai",
        "Tiket 1234-5678 ditutup",
    ]


async def test_a_sent_message_is_said_once_with_its_cause_and_its_trace(office: Office) -> None:
    siti = await office.person()
    created = ticket_of(siti).created()
    office.start()
    await office.receive(created)
    await office.all_settled()
    [said] = await outbox_of(office.db)
    event = NotificationSent.model_validate_json(said.data)
    assert (said.type, said.sequence) == ("notification.sent", 1)
    assert (event.event_id, event.event_type, event.rule) == (
        created.id,
        "ticket.created",
        "received",
    )
    assert said.cause == created.cause


async def test_a_refusal_that_can_pass_is_tried_again(office: Office) -> None:
    siti = await office.person()
    office.sink.misbehave(refuse=451, times=2)
    office.start()
    await office.receive(ticket_of(siti).created())
    await office.all_settled()
    [intent] = await office.intents(channel="email")
    assert (intent["state"], intent["attempts"], intent["is_repeat"]) == ("sent", 3, False)
    assert len(office.sink.mails()) == 1


@pytest.mark.parametrize("stage", ["rcpt", "data"])
async def test_a_refusal_for_good_is_not_tried_again_and_is_said(
    office: Office, stage: str
) -> None:
    siti = await office.person()
    office.sink.misbehave(refuse=550, at=stage, times=1)
    office.start()
    await office.receive(ticket_of(siti).created())
    await office.all_settled()
    [intent] = await office.intents(channel="email")
    assert (intent["state"], intent["attempts"], intent["error_code"]) == ("failed", 1, "550")
    [said] = await outbox_of(office.db)
    event = NotificationFailed.model_validate_json(said.data)
    assert (event.state, event.intent_id) == ("failed", intent["id"])
    assert "550" in event.reason
    assert office.sink.mails() == []


async def test_a_lost_answer_after_data_repeats_the_same_message_and_is_counted(
    office: Office,
) -> None:
    siti = await office.person()
    unknown = counted("notification_unknown_total", channel="email")
    office.sink.misbehave(cut="after", times=1)
    office.start()
    await office.receive(ticket_of(siti).created())
    await office.all_settled()
    [intent] = await office.intents(channel="email")
    assert (intent["state"], intent["is_repeat"]) == ("sent", True)
    first, second = office.sink.mails()
    assert first.headers["Message-ID"] == second.headers["Message-ID"]
    assert counted("notification_unknown_total", channel="email") == unknown + 1


async def test_what_a_dead_sender_had_in_hand_is_sent_again_and_counted(office: Office) -> None:
    siti = await office.person()
    unknown = counted("notification_unknown_total", channel="email")
    await office.receive(ticket_of(siti).created())
    dead = office.sender()
    await dead._tend()
    await dead._claim()
    office.start()
    await asyncio.sleep(0.5)
    assert office.sink.mails() == [], "the lease of the dead sender still holds"
    await office.all_settled()
    [intent] = await office.intents(channel="email")
    assert (intent["state"], intent["is_repeat"], intent["epoch"]) == ("sent", True, 2)
    assert counted("notification_unknown_total", channel="email") == unknown + 1
    assert len(office.sink.mails()) == 1


async def test_a_sender_that_was_thought_dead_cannot_record_any_more(office: Office) -> None:
    siti = await office.person()
    await office.receive(ticket_of(siti).created())
    slow = office.sender()
    await slow._tend()
    await slow._claim()
    await office.execute("DELETE FROM sender")
    office.start()
    await office.all_settled()
    letter = slow._ready.popleft()
    slow._finish(slow._after(letter, Failure("451", "late")))
    await slow._record(slow._done)
    [intent] = await office.intents(channel="email")
    assert intent["state"] == "sent"


async def test_a_sender_that_stops_gives_back_what_it_has_not_begun(office: Office) -> None:
    siti = await office.person()
    office.sink.misbehave(delay=0.3)
    for _ in range(12):
        await office.receive(ticket_of(siti).created())
    office.start(connections=2)
    await asyncio.sleep(0.15)
    await office.stop()
    states = {i["state"] for i in await office.intents(channel="email")}
    assert "sending" not in states
    sent = [i for i in await office.intents(channel="email") if i["state"] == "sent"]
    assert len(office.sink.mails()) == len(sent)
    async with office.db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM sender") == 0


async def test_several_senders_share_the_work_and_send_nothing_twice(office: Office) -> None:
    people = [await office.person() for _ in range(5)]
    for number in range(100):
        await office.receive(ticket_of(people[number % 5]).created())
    for _ in range(3):
        office.start()
    await office.all_settled()
    ids = [mail.headers["Message-ID"] for mail in office.sink.mails()]
    assert len(ids) == len(set(ids)) == 100


async def test_mail_server_down_then_up_delivers_everything_without_a_loss(office: Office) -> None:
    siti = await office.person()
    await office.sink.stop()
    office.start()
    for _ in range(20):
        await office.receive(ticket_of(siti).created())
    await asyncio.sleep(0.7)
    assert {i["state"] for i in await office.intents(channel="email")} <= {"pending", "sending"}
    assert counted("notification_channel_is_down", channel="email") == 1
    await office.sink.start()
    await office.all_settled()
    assert len(office.sink.mails()) == 20
    assert {i["is_repeat"] for i in await office.intents(channel="email")} == {False}


async def test_a_channel_that_stays_away_ends_in_failed_when_time_is_up(office: Office) -> None:
    siti = await office.person()
    office.policy = office.policy.__class__(give_up_seconds=1.0)
    await office.sink.stop()
    office.start(retry_scale=0.001)
    await office.receive(ticket_of(siti).created())
    await office.all_settled()
    [intent] = await office.intents(channel="email")
    assert intent["state"] in ("failed", "expired")
    [said] = await outbox_of(office.db)
    assert said.type == "notification.failed"


async def test_a_message_waits_for_its_address(office: Office) -> None:
    siti = ticket_facts()
    office.start()
    story = TicketStory(ticket=siti)
    await office.receive(story.created())
    await asyncio.sleep(0.3)
    [waiting] = await office.intents(channel="email")
    assert (waiting["state"], waiting["due_at"], waiting["attempts"]) == ("pending", None, 0)
    known = await office.person(id=siti.requester_id)
    await office.all_settled()
    assert len(office.sink.mails(known.email)) == 1


async def test_an_address_that_arrives_while_the_intent_is_made_is_found_later(
    office: Office,
) -> None:
    facts = ticket_facts()
    await office.receive(TicketStory(ticket=facts).created())
    known = await office.person(id=facts.requester_id)
    await office.execute("UPDATE intent SET due_at = NULL")
    office.start()
    await eventually(lambda: office.sink.mails(known.email))


async def test_an_unproven_address_gets_no_news_until_it_is_proven(office: Office) -> None:
    siti = await office.person(is_email_verified=False)
    office.start()
    await office.receive(ticket_of(siti).created())
    await asyncio.sleep(0.3)
    assert office.sink.mails() == []
    proven = identity.UserUpdated(
        user=siti.model_copy(update={"is_email_verified": True}), changes={}
    )
    await office.receive(envelope(proven, 2, siti.id))
    await eventually(lambda: office.sink.mails(siti.email))


async def test_an_unproven_address_gets_a_few_fixed_messages_a_day_and_no_more(
    office: Office,
) -> None:
    office.start()
    for _ in range(6):
        await office.receive(link_for("korban@example.test"))
    await office.all_settled()
    mails = office.sink.mails("korban@example.test")
    assert len(mails) == office.policy.unverified_mails_per_day
    refused = [i for i in await office.intents() if i["state"] == "failed"]
    assert {i["error_code"] for i in refused} == {"budget"}


async def test_nothing_that_a_stranger_typed_is_in_a_message_to_an_unproven_address(
    office: Office,
) -> None:
    office.start()
    event = link_for("korban@example.test")
    user_id = identity.LinkIssued.model_validate_json(event.data).user_id
    await office.person(
        id=user_id,
        name="Menang http://evil.test",
        email="korban@example.test",
        is_email_verified=False,
    )
    await office.receive(event)
    [mail] = await eventually(lambda: office.sink.mails("korban@example.test"))
    assert "evil" not in mail.text + mail.html + mail.subject + str(mail.headers)


async def test_a_link_mail_carries_a_link_that_its_owner_can_verify(office: Office) -> None:
    office.start()
    event = link_for("baru@example.test", "invite")
    await office.receive(event)
    [mail] = await eventually(lambda: office.sink.mails("baru@example.test"))
    token = mail.text.partition("http://localhost:8000/invitation/")[2].split()[0]
    assert verify_link(KEYS, "invite", token, now()) == event.subject


async def test_a_link_that_has_expired_is_not_sent(office: Office) -> None:
    office.start()
    await office.receive(link_for("telat@example.test", hours=-0.01))
    [intent] = await office.intents()
    assert intent["state"] == "expired"
    event = link_for("telat@example.test", hours=0.0002)
    await office.sink.stop()
    await office.receive(event)
    await asyncio.sleep(0.8)
    await office.sink.start()
    await office.all_settled()
    assert {i["state"] for i in await office.intents()} == {"expired"}
    assert office.sink.mails() == []


async def test_news_older_than_the_last_try_are_not_sent_by_mail(office: Office) -> None:
    siti = await office.person()
    office.start()
    await office.receive(ticket_of(siti).created(at=now() - timedelta(days=4)))
    states = {i["channel"]: i["state"] for i in await office.intents()}
    assert states == {"email": "expired", "in_app": "delivered"}


async def test_a_deactivated_person_gets_no_mail(office: Office) -> None:
    agent = agent_facts()
    await office.knows(agent)
    gone = identity.UserDeactivated(user=agent.model_copy(update={"is_active": False}))
    await office.receive(envelope(gone, 2, agent.id))
    siti = await office.person()
    office.start()
    await office.receive(ticket_of(siti, assignee_id=agent.id).created())
    await office.all_settled()
    [intent] = by_rule(await office.intents(channel="email"), "assigned")
    assert (intent["state"], intent["error_code"]) == ("failed", "inactive")


async def test_an_erased_person_is_forgotten_here_too(office: Office) -> None:
    siti = await office.person(name="Siti Rahma")
    ticket = ticket_of(siti)
    await office.receive(
        ticket.created(), ticket.replied(actor=person("staff"), body="Ibu Siti, ...")
    )
    await office.receive(envelope(identity.UserErased(user_id=siti.id), 2, siti.id))
    office.start()
    await office.all_settled()
    assert office.sink.mails() == []
    async with office.db.read() as connection:
        text = await connection.fetchval(
            "SELECT string_agg(data::text, '') || (SELECT string_agg(c::text, '') FROM contact c)"
            " FROM notice"
        )
    assert "Siti" not in text and siti.email not in text


async def test_one_dead_domain_does_not_hold_up_the_others(office: Office) -> None:
    async def slow_to_dead(message: Any, *, sender: str, recipient: str) -> None:
        if recipient.endswith("@dead.test"):
            await asyncio.sleep(30)
            raise NotSent(Failure("no_answer", "timeout"))
        await asyncio.sleep(0)

    dead = [await office.person(email=f"p{n}@dead.test") for n in range(30)]
    for someone in dead:
        await office.receive(ticket_of(someone).created())
    sender = office.start(connections=4)
    sender._carrier.send = slow_to_dead  # type: ignore[method-assign]
    await asyncio.sleep(0.2)
    living = [await office.person(email=f"p{n}@alive.test") for n in range(10)]
    for someone in living:
        await office.receive(ticket_of(someone).created())

    async def all_sent() -> bool:
        sent = [i["recipient_id"] for i in await office.intents(state="sent", channel="email")]
        return {p.id for p in living} <= set(sent)

    await eventually(all_sent, seconds=6)
    for task in list(sender._sending):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    sender._in_hand.clear()


async def test_a_database_that_goes_away_while_mails_are_sent_makes_none_double(
    database_url: UrlFactory, sink: Sink
) -> None:
    dsn = urlsplit(await database_url("notify"))
    with Proxy(str(dsn.hostname), int(dsn.port or 0)) as proxy:
        login = dsn.netloc.rpartition("@")[0]
        db = Database(dsn._replace(netloc=f"{login}@{proxy.address}").geturl(), name="test", size=5)
        await db.open()
        office = Office(db, sink)
        siti = await office.person()
        for _ in range(12):
            await office.receive(ticket_of(siti).created())
        sink.misbehave(delay=0.4)
        office.start(connections=3)
        await eventually(lambda: sink.mails())
        await asyncio.to_thread(proxy.cut)
        await asyncio.sleep(1.5)
        await asyncio.to_thread(proxy.heal)
        sink.misbehave()
        await office.all_settled()
        await office.stop()
        intents = await office.intents()
        await db.close()
    ids = [mail.headers["Message-ID"] for mail in sink.mails()]
    assert len(ids) == len(set(ids)) == 12
    assert {i["is_repeat"] for i in intents} == {False}


async def test_the_address_is_the_one_known_when_sending(office: Office) -> None:
    siti = await office.person(email="lama@example.test")
    await office.receive(ticket_of(siti).created())
    moved = identity.UserUpdated(
        user=siti.model_copy(update={"email": "baru@example.test"}), changes={}
    )
    await office.receive(envelope(moved, 2, siti.id))
    office.start()
    await office.all_settled()
    assert len(office.sink.mails("baru@example.test")) == 1
    assert office.sink.mails("lama@example.test") == []


async def test_a_name_and_a_subject_with_line_breaks_stay_in_their_headers(office: Office) -> None:
    siti = await office.person(name="Siti\r\nBcc: korban@example.test")
    office.start()
    await office.receive(
        ticket_of(siti, subject="Mati\r\nBcc: korban@example.test\r\n\r\nx").created()
    )
    [mail] = await eventually(lambda: office.sink.mails(siti.email))
    assert "Bcc" not in mail.headers
    assert office.sink.mails("korban@example.test") == []


async def test_markup_is_shown_as_text(office: Office) -> None:
    siti = await office.person()
    ticket = ticket_of(siti, subject="<script>alert(1)</script>")
    office.start()
    await office.receive(ticket.replied(actor=person("staff"), body='<b>halo</b> & "kutip"'))
    [mail] = await eventually(lambda: office.sink.mails(siti.email))
    assert "<script>" not in mail.html and "<b>halo" not in mail.html
    assert "&lt;b&gt;halo&lt;/b&gt; &amp;" in mail.html
    assert '<b>halo</b> & "kutip"' in mail.text


async def test_long_and_foreign_texts_arrive_whole(office: Office) -> None:
    siti = await office.person(name="Łukasz Žižek 山田")
    body = "é" * 1500 + "\n.\n..titik di awal baris\n" + "kata " * 800
    office.start()
    await office.receive(ticket_of(siti).replied(actor=person("staff"), body=body))
    [mail] = await eventually(lambda: office.sink.mails(siti.email))
    assert body.strip() in mail.text.replace("\r\n", "\n")
    assert "山田" in mail.headers["To"]


async def test_events_that_no_rule_reads_make_nothing(office: Office) -> None:
    siti = await office.person()
    await office.receive(ticket_of(siti).say(tickets.TicketDeleted, reason="salah kirim"))
    assert await office.intents() == []

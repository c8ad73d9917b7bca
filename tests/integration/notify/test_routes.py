"""The in-app inbox and the deliveries over HTTP: what they show, and to whom."""

from datetime import timedelta
from typing import Any

import pytest

from shared.auth import Actor
from shared.ids import uuid7
from shared.permissions import Permission
from tests.builders import GATEWAY, TicketStory, customer, now, person, staff, ticket_facts
from tests.fixtures.http import Api, ApiFactory
from tests.integration.notify.conftest import Office


@pytest.fixture
async def desk(office: Office, api: ApiFactory) -> Api:
    """The routes on the office's database."""
    return await api("notify", office.db)


async def siti_with(office: Office, answers: int = 1) -> tuple[Any, TicketStory]:
    """A customer with a receipt and some answers."""
    siti = await office.person()
    ticket = TicketStory(
        ticket=ticket_facts(
            number="12345678",
            requester_id=siti.id,
            link_expires_at=now() + timedelta(days=1),
        )
    )
    await office.receive(ticket.created())
    for number in range(answers):
        await office.receive(ticket.replied(actor=person("staff"), body=f"Jawaban {number}"))
    return siti, ticket


async def test_people_see_their_own_notifications_newest_first(office: Office, desk: Api) -> None:
    siti, _ = await siti_with(office)
    await siti_with(office)
    answer = await desk.get("/notifications", customer(siti.id))
    page = answer.json()
    assert answer.status_code == 200
    assert [item["kind"] for item in page["items"]] == ["replied", "received"]
    assert page["unread"] == 2 and page["next"] is None
    newest = page["items"][0]
    assert newest["title"] == "Balasan untuk tiket 1234-5678: Internet mati sejak pagi"
    assert newest["excerpt"] == "Jawaban 0"
    assert newest["path"] == "/tickets/1234-5678"
    assert newest["ticket"] == {"number": "1234-5678", "subject": "Internet mati sejak pagi"}


async def test_titles_come_in_the_language_that_is_asked_for(office: Office, desk: Api) -> None:
    siti, _ = await siti_with(office)
    page = (await desk.get("/notifications", customer(siti.id), language="en")).json()
    assert page["items"][0]["title"].startswith("New reply on ticket 1234-5678")
    refused = await desk.get("/notifications", customer(siti.id), language="fr")
    assert refused.status_code == 422


async def test_staff_are_led_to_the_console(office: Office, desk: Api) -> None:
    agent = await office.person(kind="staff", role="agent")
    siti = await office.person()
    facts = ticket_facts(number="12345678", requester_id=siti.id, assignee_id=agent.id)
    await office.receive(TicketStory(ticket=facts).created())
    page = (await desk.get("/notifications", staff(user_id=agent.id))).json()
    assert [item["path"] for item in page["items"]] == ["/admin/tickets/1234-5678"]


async def test_the_inbox_comes_in_pages(office: Office, desk: Api) -> None:
    siti, _ = await siti_with(office, answers=4)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await desk.get("/notifications", customer(siti.id), limit="2", **cursor)).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(seen) == len(set(seen)) == 5
    assert (await desk.get("/notifications", customer(siti.id), cursor="x")).status_code == 422


async def test_reading_some_and_then_all(office: Office, desk: Api) -> None:
    siti, _ = await siti_with(office, answers=2)
    me = customer(siti.id)
    items = (await desk.get("/notifications", me)).json()["items"]
    answer = await desk.post("/notifications/read", {"ids": [items[0]["id"]]}, me)
    assert answer.json() == {"unread": 2}
    unread = (await desk.get("/notifications", me, unread="true")).json()
    assert [item["id"] for item in unread["items"]] == [item["id"] for item in items[1:]]
    assert (await desk.post("/notifications/read", {"all": True}, me)).json() == {"unread": 0}
    read = (await desk.get("/notifications", me)).json()["items"]
    assert all(item["read_at"] for item in read)


async def test_nobody_can_read_away_what_is_somebody_elses(office: Office, desk: Api) -> None:
    siti, _ = await siti_with(office)
    ids = [i["id"] for i in await office.intents(recipient_id=siti.id, channel="in_app")]
    answer = await desk.post("/notifications/read", {"ids": list(map(str, ids))}, customer())
    assert answer.json() == {"unread": 0}
    assert (await desk.get("/notifications", customer(siti.id))).json()["unread"] == 2


@pytest.mark.parametrize(
    "body", [{}, {"ids": []}, {"ids": [str(uuid7())], "all": True}, {"all": False}, {"more": 1}]
)
async def test_what_was_read_must_be_said_clearly(office: Office, desk: Api, body: Any) -> None:
    answer = await desk.post("/notifications/read", body, customer())
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("actor", "status"),
    [
        (Actor(id=None, kind="anonymous"), 401),
        (GATEWAY, 401),
        (Actor(id=uuid7(), kind="link", link=uuid7()), 403),
    ],
)
async def test_the_inbox_is_for_people_who_are_logged_in(
    desk: Api, actor: Actor, status: int
) -> None:
    assert (await desk.get("/notifications", actor)).status_code == status
    assert (await desk.post("/notifications/read", {"all": True}, actor)).status_code == status


async def test_deliveries_show_every_intent_with_its_state(office: Office, desk: Api) -> None:
    siti, _ = await siti_with(office, answers=0)
    office.start()
    await office.all_settled()
    keeper = staff(Permission.DELIVERY_READ)
    page = (await desk.get("/deliveries", keeper)).json()
    by_channel = {item["channel"]: item for item in page["items"]}
    mail = by_channel["email"]
    assert by_channel["in_app"]["state"] == "delivered"
    assert (mail["state"], mail["attempts"], mail["rule"]) == ("sent", 1, "received")
    assert mail["recipient"] == {"id": str(siti.id), "name": siti.name, "email": siti.email}
    assert mail["message_id"] == f"<{mail['id']}@example.test>"
    assert mail["ticket"]["number"] == "1234-5678"
    assert mail["event_type"] == "ticket.created" and mail["sent_at"]


async def test_deliveries_can_be_looked_for(office: Office, desk: Api) -> None:
    siti, _ = await siti_with(office, answers=1)
    await siti_with(office, answers=0)
    keeper = staff(Permission.DELIVERY_READ)

    async def found(**query: str) -> int:
        return len((await desk.get("/deliveries", keeper, **query)).json()["items"])

    [first, *_] = await office.intents()
    assert await found() == 6
    assert await found(recipient=str(siti.id)) == 4
    assert await found(recipient=siti.email.upper()) == 4
    assert await found(event_id=str(first["event_id"])) == 2
    assert await found(state="pending") == 3
    assert await found(channel="in_app", recipient=str(siti.id)) == 2
    assert await found(recipient="nobody@example.test") == 0


async def test_a_message_without_an_address_says_so(office: Office, desk: Api) -> None:
    await office.receive(TicketStory().created())
    keeper = staff(Permission.DELIVERY_READ)
    [item] = (await desk.get("/deliveries", keeper, channel="email")).json()["items"]
    assert item["waits_for_address"] and item["due_at"] is None
    assert item["recipient"]["email"] == ""


@pytest.mark.parametrize(
    ("actor", "status"),
    [
        (Actor(id=None, kind="anonymous"), 401),
        (GATEWAY, 401),
        (customer(), 403),
        (staff(*(p for p in Permission if p is not Permission.DELIVERY_READ)), 403),
    ],
)
async def test_deliveries_are_for_staff_with_the_right(
    desk: Api, actor: Actor, status: int
) -> None:
    assert (await desk.get("/deliveries", actor)).status_code == status


async def test_strange_queries_are_refused(desk: Api) -> None:
    keeper = staff(Permission.DELIVERY_READ)
    for query in ({"state": "lost"}, {"event_id": "x"}, {"limit": "0"}, {"cursor": "?"}):
        assert (await desk.get("/deliveries", keeper, **query)).status_code == 422


async def test_a_copy_of_ones_messages_comes_in_pages_and_is_nobody_elses(
    office: Office, desk: Api
) -> None:
    siti, _ = await siti_with(office)
    await siti_with(office)
    first = (await desk.get("/own-data", customer(siti.id), limit="3")).json()
    rest = await desk.get("/own-data", customer(siti.id), limit="3", cursor=first["next"])
    told = first["items"] + rest.json()["items"]
    assert len(told) == 4
    assert {(each["about"], each["channel"]) for each in told} == {
        (rule, channel) for rule in ("received", "replied") for channel in ("email", "in_app")
    }
    assert {each["ticket"] for each in told} == {"1234-5678"}
    assert (await desk.get("/own-data", Actor(siti.id, "link"))).status_code == 403
    assert (await desk.get("/own-data")).status_code == 401

"""One ticket's whole way: person, gateway, ticket-service, Kafka, mailbox, figures."""

import re
from typing import Any

from shared.tracing import trace_id_of
from tests.fixtures.system import System, Visitor
from tests.fixtures.waiting import wait_for

REPORT = {"subject": "Lampu LOS merah", "description": "Sejak jam tujuh pagi", "category": "down"}


def figures(staff: Visitor) -> dict[str, Any]:
    answer = staff.api("GET", "/reports/overview")
    assert answer.status_code == 200, answer.text
    overview: dict[str, Any] = answer.json()
    return overview


def test_a_ticket_travels_from_the_customer_to_the_figures_and_back(system: System) -> None:
    customer, agent, admin = (system.logged_in(role) for role in ("customer", "agent", "admin"))
    address, _ = system.account("customer")
    wait_for(lambda: _agrees(admin), seconds=30)
    before = figures(admin)["tickets"]

    opened = customer.api("POST", "/tickets", REPORT, idempotency_key="a-tickets-way")
    number = opened.json()["number"]
    assert (opened.status_code, opened.headers["location"]) == (201, f"/api/v1/tickets/{number}")
    received = system.mail_to(address, number)

    me = agent.api("GET", "/me").json()["id"]
    assert agent.api("POST", f"/tickets/{number}/assign", {"assignee_id": me}).status_code == 200
    reply = {"body": "Teknisi kami berangkat pukul sepuluh."}
    assert agent.api("POST", f"/tickets/{number}/replies", reply).status_code == 201
    wait_for(lambda: [m for m in system.mails_to(address, number) if reply["body"] in m.text])
    assert agent.api("POST", f"/tickets/{number}/solve", {}).status_code == 200
    assert customer.api("POST", f"/tickets/{number}/close", {}).status_code == 200

    after = wait_for(lambda: _moved_on(admin, before["finished"]), seconds=30)
    assert after["new_today"] == before["new_today"] + 1
    assert after["active"] == before["active"]

    last = wait_for(
        lambda: system.mails_to(address, number)[-1:] and _all_told(system, address, number)
    )
    assert "Message-ID" in received.headers
    assert all(received.headers["Message-ID"] in m.headers["References"] for m in last[:-1])


def test_one_request_id_and_one_trace_go_from_the_request_to_the_mail(system: System) -> None:
    customer = system.logged_in("customer")
    address, _ = system.account("customer")
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    opened = customer.api("POST", "/tickets", REPORT, traceparent=parent, x_request_id="trace-me-1")
    assert opened.headers["x-request-id"] == "trace-me-1"
    mail = system.mail_to(address, opened.json()["number"])
    assert mail.headers["X-Request-ID"] == "trace-me-1"
    assert mail.headers["X-Trace-ID"] == trace_id_of(parent)


def test_staff_of_the_categorys_team_are_told_with_a_link_to_the_ticket(system: System) -> None:
    customer, agent = system.logged_in("customer"), system.logged_in("agent")
    address, _ = system.account("agent")
    billing = REPORT | {"category": "billing"}
    number = customer.api("POST", "/tickets", billing).json()["number"]
    mail = system.mail_to(address, number)
    page = agent.get(mail.link(f"/admin/tickets/{number}"))
    assert page.status_code == 200
    assert number in page.text


def test_the_link_in_the_customers_mail_opens_the_ticket_without_login(system: System) -> None:
    customer = system.logged_in("customer")
    address, _ = system.account("customer")
    number = customer.api("POST", "/tickets", REPORT).json()["number"]
    path = system.mail_to(address, number).link("/t/")
    stranger = system.client()
    page = stranger.get(path)
    assert page.status_code == 200
    assert REPORT["description"] in page.text
    assert stranger.get(f"{path}x").status_code == 404
    answered = stranger.submit(f"{path}/replies", {"body": "Sudah menyala kembali"}, page=path)
    assert "Sudah menyala kembali" in answered.text
    assert stranger.get(f"/tickets/{number}").status_code != 200


def test_figures_agree_with_the_lists_behind_them(system: System) -> None:
    admin = system.logged_in("admin")
    wait_for(lambda: _agrees(admin), seconds=30)


def _agrees(admin: Visitor) -> bool:
    tickets = figures(admin)["tickets"]
    active = _count(admin, "active")
    finished = _count(admin, "finished")
    categories = len(admin.api("GET", "/categories").json()["items"])
    overview = figures(admin)
    return (
        tickets["active"] == active
        and tickets["finished"] == finished
        and overview["categories"] == categories
    )


def _count(admin: Visitor, status: str) -> int:
    total, cursor = 0, ""
    while True:
        page = admin.api("GET", f"/tickets?status={status}&limit=100{cursor}").json()
        total += len(page["items"])
        if page["next"] is None:
            return total
        cursor = f"&cursor={page['next']}"


def _moved_on(admin: Visitor, finished: int) -> dict[str, Any] | None:
    tickets: dict[str, Any] = figures(admin)["tickets"]
    return tickets if tickets["finished"] == finished + 1 else None


def _all_told(system: System, address: str, number: str) -> list[Any]:
    """The customer's mails about a ticket once it was received, replied to, solved and closed."""
    mails = system.mails_to(address, number)
    return mails if len(mails) >= 3 and re.search(number, mails[-1].subject) else []

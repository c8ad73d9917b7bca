"""The audit log through the whole portal: a deed in one service, its trace in another, a forgery found."""

import csv
import io
from typing import Any
from unittest.mock import ANY

import pytest

from local.errors import CannotStart
from tests.fixtures.system import System, Visitor
from tests.fixtures.waiting import wait_for

pytestmark = pytest.mark.e2e

REPORT = {
    "subject": "Salah kirim",
    "description": "Ini seharusnya bukan tiket.",
    "category": "slow",
}


def test_a_deleted_ticket_is_in_the_log_which_nobody_changes_unseen(system: System) -> None:
    customer, admin = system.logged_in("customer"), system.logged_in("admin")
    number = customer.api("POST", "/tickets", REPORT).json()["number"]

    gone = admin.api("DELETE", f"/tickets/{number}", {"reason": "Bukan keluhan."})
    assert gone.status_code == 204, gone.text

    digits = number.replace("-", "")
    (deleted,) = wait_for(lambda: sealed(admin, target=digits), seconds=30)
    assert deleted["action"] == "ticket.deleted"
    assert deleted["target"] == {"kind": "ticket", "id": ANY, "label": number, "name": None}
    assert deleted["actor"]["id"] == admin.api("GET", "/me").json()["id"]
    assert exported(admin, target=digits) == [str(deleted["id"])]

    whole = system.stack.run("identity-service", "audit-verify")
    assert "audit log: whole" in whole
    head = whole.split()[-1]
    assert "audit log: whole" in system.stack.run("identity-service", "audit-verify", head)

    entry = deleted["id"]
    forge(system, f"UPDATE audit_entry SET actor_id = target_id WHERE id = {entry}")
    with pytest.raises(CannotStart, match=rf"broken. seal \d+ \(entry {entry}\)"):
        system.stack.run("identity-service", "audit-verify")
    forge(
        system, f"UPDATE audit_entry SET actor_id = '{deleted['actor']['id']}' WHERE id = {entry}"
    )
    assert "audit log: whole" in system.stack.run("identity-service", "audit-verify", head)


def test_only_who_may_read_the_log_sees_it(system: System) -> None:
    supervisor, customer = system.logged_in("supervisor"), system.logged_in("customer")

    for visitor in (supervisor, customer):
        assert visitor.api("GET", "/audit").status_code == 403
        assert visitor.api("GET", "/audit/export").status_code == 403
    assert supervisor.get("/admin/audit").status_code == 404
    assert system.client().api("GET", "/audit").status_code == 401


def sealed(admin: Visitor, **wanted: str) -> list[dict[str, Any]]:
    """What is found and has its place in the chain."""
    query = "&".join(f"{name}={value}" for name, value in wanted.items())
    answer = admin.api("GET", f"/audit?{query}")
    assert answer.status_code == 200, answer.text
    return [entry for entry in answer.json()["items"] if entry["position"]]


def exported(admin: Visitor, target: str) -> list[str]:
    """The ids in the table that the page offers."""
    answer = admin.get(f"/admin/audit/export?target={target}")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    text = answer.text.removeprefix("\N{BYTE ORDER MARK}")
    return [row["id"] for row in csv.DictReader(io.StringIO(text))]


def forge(system: System, statement: str) -> None:
    """As a superuser, which no service is."""
    system.stack.postgres.sql(statement, "identity_db")

"""A person through the whole portal: invited, heard, given a copy of everything, then forgotten."""

import io
import json
import zipfile

import httpx
import pytest

from tests.fixtures.system import System, Visitor, hidden_fields
from tests.fixtures.waiting import wait_for

pytestmark = pytest.mark.e2e

EMAIL, NAME, PASSWORD = "rini@pelanggan.example", "Rini Handayani", "kuda laut 7 warna"
DATA = "/account/data"
_TABLES_WITH_RINI = r"""
    SELECT format('SELECT %L FROM %I t WHERE t::text ~* ''rini'' LIMIT 1', tablename, tablename)
    FROM pg_tables WHERE schemaname = 'public' \gexec
"""


def test_who_is_erased_is_forgotten_by_every_service(system: System) -> None:
    admin, agent = system.logged_in("admin"), system.logged_in("agent")
    rini = _customer(system, admin)
    report = {"subject": "Modem Rini mati", "description": "Lampu merah", "category": "down"}
    number = rini.api("POST", "/tickets", report).json()["number"]
    reply = {"body": f"Ibu {NAME}, kami periksa."}
    wait_for(lambda: agent.api("POST", f"/tickets/{number}/replies", reply).status_code == 201)
    system.mail_to(EMAIL, number)

    archive = zipfile.ZipFile(io.BytesIO(_sent(rini, "copy").content))
    account = json.loads(archive.read("account.json"))
    ticket = json.loads(archive.read(f"tickets/{number}.json"))
    assert account["account"]["email"] == EMAIL
    assert [message["body"] for message in ticket["messages"]] == [reply["body"]]
    assert NAME in archive.read("account.json").decode()
    assert json.loads(archive.read("messages.json"))

    erased = _sent(rini, "erase", is_final="yes")
    assert (erased.status_code, erased.headers["location"]) == (303, "/?done=erased")
    assert rini.get("/account").headers["location"].startswith("/login")

    def is_forgotten() -> bool:
        seen = agent.api("GET", f"/tickets/{number}?expand=messages").json()
        return seen["requester"]["name"] == "" and "Rini" not in json.dumps(seen)

    wait_for(is_forgotten, seconds=30)
    for service in ("identity", "ticket", "notify", "analytics"):
        wait_for(lambda name=service: not _traces(system, name), seconds=30)
    assert (
        system.client()
        .browser.post("/api/v1/session", json={"email": EMAIL, "password": PASSWORD})
        .status_code
        == 401
    )


def _customer(system: System, admin: Visitor) -> Visitor:
    invited = admin.api("POST", "/users", {"name": NAME, "email": EMAIL, "role": "customer"})
    assert invited.status_code == 201, invited.text
    token = system.mail_to(EMAIL).link("/invitation/").rpartition("/")[2]
    visitor = system.client()
    accepted = {"token": token, "password": PASSWORD}
    assert visitor.api("POST", "/invitations/accept", accepted).status_code == 200
    visitor.log_in(EMAIL, PASSWORD)
    return visitor


def _sent(visitor: Visitor, section: str, **fields: str) -> httpx.Response:
    path = f"{DATA}/{section}"
    hidden = hidden_fields(visitor.get(DATA).text, f"{path}#{section}")
    typed = hidden | {"current_password": PASSWORD} | fields
    return visitor.browser.post(path, data=typed, headers={"Accept": "text/html"})


def _traces(system: System, service: str) -> str:
    """The tables of a service in which something of Rini still stands."""
    return system.stack.postgres.sql(_TABLES_WITH_RINI, f"{service}_db").strip()

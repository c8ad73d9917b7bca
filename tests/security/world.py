"""People and things of the authorisation matrix: whose each is is known, so who sees it is, too."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import httpx

from shared.ids import derived_id
from tests.fixtures.system import System, Visitor
from tests.fixtures.waiting import wait_for
from tests.photos import photo
from ticket_service.tickets.numbers import draw_number, show_number

PASSWORD = "lumba-lumba-menyeberang-selat-9"
REPORT = {"subject": "Lampu LOS merah", "description": "Sejak jam tujuh pagi", "category": "down"}

# In the order of the table's columns.
ACTORS = (
    "anonymous",  # nobody is logged in
    "owner",  # a customer; the things of the table are theirs where nothing else is said
    "stranger",  # another customer
    "reader",  # a customer who may read what belongs to the owner's company
    "elsewhere",  # an employee who sees the tickets of their own team, which is another one
    "technician",  # sees the tickets of the team that these tickets lie with
    "supervisor",
    "admin",
    "revoked",  # an employee who was logged in and has been deactivated meanwhile
    "key",  # a program with a key that may read
)
_ROLES = {
    "owner": "customer",
    "stranger": "customer",
    "reader": "customer",
    "elsewhere": "agent",
    "technician": "technician",
    "supervisor": "supervisor",
    "admin": "admin",
    "revoked": "agent",
}
# What agents may, with sight of their own team's tickets alone.
_TEAM_AGENT = "agen-tim"
_TEAMS = {"elsewhere": ["tagihan"], "technician": ["lapangan"], "supervisor": ["lapangan"]}
# `ticket` is what nobody changes, `talk` what everybody who may answers; one for each verb in earnest.
_TICKETS = (
    *("ticket", "talk", "target", "gone", "solved"),
    *("to_pend", "to_hold", "to_solve", "to_close", "to_cancel", "to_reopen", "to_delete"),
)
_SOLVED = ("solved", "to_close", "to_reopen")


@dataclass(slots=True)
class Things:
    """Names in the table → what stands in a request; `unknown` has one of the same kind for each."""

    known: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, value: str, unknown: str = "") -> None:
        """A thing by its id, number or key."""
        self.known[name], self.unknown[name] = value, unknown or str(uuid4())

    def add_ticket(self, name: str, ticket: Mapping[str, Any]) -> None:
        """A ticket by its number; `<name>_id` is its id."""
        self.add(name, ticket["number"], show_number(draw_number()))


@dataclass(slots=True)
class World:
    """The portal with everybody logged in."""

    system: System
    visitors: dict[str, Visitor]
    things: Things
    # Version and state of the ticket that nobody changes.
    untouched: tuple[int, str]

    def account(self, actor: str) -> tuple[str, str]:
        """Somebody's address and password."""
        return _address(actor), PASSWORD

    def for_once(self, actor: str) -> Visitor:
        """Somebody in a session of its own, for what ends sessions."""
        if actor in _ROLES and actor != "revoked":
            return _logged_in(self.system, _address(actor))
        usual, another = self.visitors[actor], self.system.client()
        another.browser.cookies.update(usual.browser.cookies)
        another.browser.headers.update(usual.browser.headers)
        another.csrf_token = usual.csrf_token
        return another


def made(system: System) -> World:
    """Plant people and lines, let everybody log in, and make what the table speaks of."""
    _plant(system)
    admin = _logged_in(system, _address("admin"))
    _narrow(admin, "elsewhere")
    visitors = {actor: _visitor(system, actor) for actor in ACTORS}
    _hand_key(visitors["admin"], visitors["key"])
    things = Things()
    for make in (_of_identity, _of_tickets, _of_both):
        make(visitors, things)
    _deactivate(visitors["admin"], "revoked")
    wait_for(lambda: visitors["revoked"].api("GET", "/me").status_code == 401)
    ticket = visitors["admin"].api("GET", f"/tickets/{things.known['ticket']}").json()
    return World(system, visitors, things, (ticket["version"], ticket["status"]))


def _plant(system: System) -> None:
    people = [
        {
            "email": _address(actor),
            "name": f"Pemain {actor}",
            "role": role,
            "password": PASSWORD,
            "teams": _TEAMS.get(actor, []),
        }
        for actor, role in [*_ROLES.items(), ("colleague", "agent"), ("extra", "customer")]
    ]
    lines = [
        {
            "number": f"9001-{nth:04}",
            "email": _address(actor),
            "plan": "Rumah 50 Mbps",
            "address": "Jl. Mawar 1",
        }
        for nth, actor in enumerate(("owner", "stranger"), 1)
    ]
    file = system.stack.data.root / "security-seed.json"
    file.write_text(json.dumps({"users": people, "lines": lines}))
    system.stack.seed(file)


def _narrow(admin: Visitor, actor: str) -> None:
    """Give an agent a role of their own, with sight of their team's tickets instead of all."""
    roles = {role["name"]: role for role in admin.api("GET", "/roles").json()["items"]}
    rights = {*roles["agent"]["permissions"], "ticket.read_team"} - {"ticket.read_all"}
    role = {"name": _TEAM_AGENT, "label": "Agen tim", "permissions": sorted(rights)}
    assert admin.api("POST", "/roles", role).status_code == 201
    path = f"/users/{derived_id('user', _address(actor))}"
    etag = admin.api("GET", path).headers["etag"]
    changed = admin.api("PATCH", path, {"role": _TEAM_AGENT}, if_match=etag)
    assert changed.status_code == 200, changed.text


def _address(actor: str) -> str:
    return f"{actor}@matriks.example"


def _visitor(system: System, actor: str) -> Visitor:
    if actor in _ROLES:
        return _logged_in(system, _address(actor))
    visitor = system.client()
    if actor == "anonymous":
        # A browser before its login: the form on the page carries the token of its first cookie.
        page = visitor.get("/login").text
        visitor.csrf_token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    return visitor


def _hand_key(admin: Visitor, program: Visitor) -> None:
    """Let a program in that may read whatever supervisors may."""
    roles = {role["name"]: role for role in admin.api("GET", "/roles").json()["items"]}
    wanted = {
        "name": "Pembaca",
        "scopes": roles["supervisor"]["permissions"],
        "current_password": PASSWORD,
    }
    made = admin.api("POST", "/api-keys", wanted)
    assert made.status_code == 201, made.text
    program.browser.headers["Authorization"] = f"Bearer {made.json()['key']}"


def _logged_in(system: System, address: str) -> Visitor:
    visitor = system.client()
    visitor.browser.timeout = httpx.Timeout(30)
    visitor.log_in(address, PASSWORD)
    return visitor


def _of_identity(visitors: Mapping[str, Visitor], things: Things) -> None:
    owner = visitors["owner"]
    things.add("owner", str(derived_id("user", _address("owner"))))
    things.add("stranger", str(derived_id("user", _address("stranger"))))
    things.add("extra", str(derived_id("user", _address("extra"))))
    things.add("colleague", str(derived_id("user", _address("colleague"))))
    things.add("team", str(derived_id("team", "lapangan")))
    things.add("area", str(derived_id("area", "jatim.sby.olt1.odp14")))
    things.add("parent", str(derived_id("area", "jatim.sby")))
    things.add("line", str(derived_id("line", "9001-0001")))
    things.add("strangers_line", str(derived_id("line", "9001-0002")))
    things.add("admin", str(derived_id("user", _address("admin"))))
    things.add("role", "technician", "tidak-ada")
    things.add("token", "tidak-ada." + "0" * 40)
    _join(visitors["admin"], things)
    _logged_in(owner.system, _address("owner"))
    sessions = owner.api("GET", "/me/sessions").json()["items"]
    things.add("session", next(s["id"] for s in sessions if not s["is_this"]))
    picture = {"file": ("saya.jpg", photo(), "image/jpeg")}
    for pictured in ("extra", "colleague"):
        somebody = _logged_in(owner.system, _address(pictured))
        _sent(somebody, "PUT", "/me/avatar", files=picture)


def _join(admin: Visitor, things: Things) -> None:
    """Make a company of the owner, who sees their own tickets, and the reader, who sees all."""
    made = admin.api("POST", "/organisations", {"name": "PT Matriks"})
    assert made.status_code == 201, made.text
    things.add("organisation", made.json()["id"])
    for actor, membership in (("owner", "own"), ("reader", "company_read")):
        path = f"/organisations/{made.json()['id']}/members/{derived_id('user', _address(actor))}"
        joined = admin.api("PUT", path, {"membership": membership})
        assert joined.status_code == 200, joined.text


def _of_tickets(visitors: Mapping[str, Visitor], things: Things) -> None:
    owner, stranger, admin = (visitors[name] for name in ("owner", "stranger", "admin"))
    open_ticket = partial(_open_ticket, owner)
    attached = _uploaded(owner)
    things.add("photo", attached)
    for name in _TICKETS:
        ticket = open_ticket(name, attachment_ids=[attached] * (name == "ticket"))
        things.add_ticket(name, ticket)
        _done(admin, ticket, "POST", "/assign", team_id=things.known["team"])
        if name in _SOLVED:
            _done(admin, ticket, "POST", "/solve")
        if name == "gone":
            _done(admin, ticket, "DELETE", reason="Sudah tidak ada")
    seen = f"/tickets/{things.known['ticket']}"
    wait_for(lambda: visitors["reader"].api("GET", seen).status_code == 200, seconds=30)
    things.add_ticket("strangers_ticket", _open_ticket(stranger, "strangers_ticket"))
    things.add_ticket("elsewheres_ticket", there := _open_ticket(stranger, "elsewheres_ticket"))
    _done(admin, there, "POST", "/assign", team_id=str(derived_id("team", "tagihan")))
    things.add("category", "wifi", "tidak-ada")


def _of_both(visitors: Mapping[str, Visitor], things: Things) -> None:
    for name in ("loose", "loose_for_caller", "loose_in_reply", "loose_in_note", "unsent"):
        # Photos that the owner has uploaded and sent nowhere; whoever sends one has used it up.
        things.add(name, _uploaded(visitors["owner"]))
    things.add("notification", str(uuid4()))
    for name in ("passkey", "company_account"):
        # Nobody has one: what is refused before that is looked at is what the rows tell.
        things.add(name, str(uuid4()))
    for name in ("import_checked", "import_started", "import_cancelled", "import_ended"):
        # A table that says of an area what is so already.
        table = {"file": ("area.csv", b"key,kind,name\njatim,region,Jawa Timur\n", "text/csv")}
        sent = _sent(visitors["admin"], "POST", "/imports", files=table, data={"kind": "areas"})
        things.add(name, str(sent.json()["id"]))
    ended = f"/imports/{things.known['import_ended']}/cancel"
    assert visitors["admin"].api("POST", ended, {}).status_code == 200
    key = {"name": "Kunci lain", "scopes": [], "current_password": PASSWORD}
    things.add("api_key", visitors["admin"].api("POST", "/api-keys", key).json()["id"])


def _open_ticket(visitor: Visitor, subject: str, **more: object) -> dict[str, Any]:
    """ticket-service hears of people through Kafka: until then it does not know the requester."""

    def tried() -> httpx.Response | None:
        answer = visitor.api("POST", "/tickets", {**REPORT, "subject": subject, **more})
        return answer if answer.status_code == 201 else None

    ticket: dict[str, Any] = wait_for(tried, seconds=30).json()
    return ticket


def _done(
    visitor: Visitor, ticket: Mapping[str, Any], method: str, verb: str = "", **body: str
) -> None:
    answer = visitor.api(method, f"/tickets/{ticket['number']}{verb}", body)
    assert answer.status_code < 300, answer.text


def _uploaded(visitor: Visitor) -> str:
    files = {"file": (f"{secrets.token_hex(4)}.jpg", photo(), "image/jpeg")}
    answer = _sent(visitor, "POST", "/attachments", files=files)
    return str(answer.json()["id"])


def _sent(visitor: Visitor, method: str, path: str, **content: Any) -> httpx.Response:
    headers = {"X-CSRF-Token": visitor.csrf_token}
    answer = visitor.browser.request(method, f"/api/v1{path}", headers=headers, **content)
    assert answer.status_code < 300, answer.text
    return answer


def _deactivate(admin: Visitor, actor: str) -> None:
    path = f"/users/{derived_id('user', _address(actor))}"
    etag = admin.api("GET", path).headers["etag"]
    answer = admin.api("POST", path + "/deactivate", {}, if_match=etag)
    assert answer.status_code == 200, answer.text

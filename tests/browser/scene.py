"""What the pages show in tests, pictures and measurements: one of each kind, made through the API."""

from dataclasses import dataclass
from typing import Any

from tests.fixtures.system import System, Visitor

NEWCOMER = "nadia.pratiwi@pelanggan.example"
COLLEAGUE = "bayu.saputra@padinet.example"
NEXT_ADDRESS = "sri.baru@padinet.example"
PASSWORD = "layang-layang-di-atas-sawah-5"
REPORT = {
    "subject": "Internet mati sejak pagi",
    "description": "Lampu LOS merah sejak jam tujuh, modem sudah dinyalakan ulang dua kali.",
    "category": "down",
    "impact": "down",
}


@dataclass(frozen=True, slots=True)
class Scene:
    """Numbers, ids and paths to put into addresses of pages."""

    ticket: str
    waiting: str
    solved: str
    closed: str
    link: str
    verification: str
    invitation: str
    reset: str
    customer: str
    colleague: str
    email: str
    organisation: str
    area: str
    line: str
    brought: str

    @classmethod
    def prepared(cls, system: System) -> "Scene":
        """Make it all; a repetition makes more of the same."""
        customer, agent, admin = (system.logged_in(role) for role in ("customer", "agent", "admin"))
        talked = opened(customer)
        take(agent, talked)
        reply(agent, talked, "Selamat pagi, teknisi kami berangkat pukul sepuluh.")
        agent.api("POST", f"/tickets/{talked}/notes", {"body": "Redaman naik sejak 05.50."})
        waiting, solved, closed = (opened(customer, subject=each) for each in _SUBJECTS)
        for number, *verbs in ((waiting, "pend"), (solved, "solve"), (closed, "solve", "close")):
            take(agent, number)
            for verb in verbs:
                _done(agent.api("POST", f"/tickets/{number}/{verb}", {}))
        address, _ = system.account("customer")
        return cls(
            ticket=talked,
            waiting=waiting,
            solved=solved,
            closed=closed,
            link=system.mail_to(address, talked).link("/t/"),
            verification=_registered(system),
            invitation=_invited(system, admin),
            reset=_reset(system),
            customer=customer.api("GET", "/me").json()["id"],
            colleague=agent.api("GET", "/me").json()["id"],
            email=_moving(system),
            organisation=_organisation(admin),
            area=admin.api("GET", "/areas?limit=1").json()["items"][0]["id"],
            line=admin.api("GET", "/service-lines?limit=1").json()["items"][0]["id"],
            brought=_uploaded(admin),
        )


_SUBJECTS = ("Wi-Fi lemah di lantai dua", "Tagihan tercatat dua kali", "Minta pindah alamat")


def opened(customer: Visitor, **fields: str) -> str:
    """A new ticket of this customer; gives its number."""
    number: str = _done(customer.api("POST", "/tickets", REPORT | fields))["number"]
    return number


def take(agent: Visitor, number: str) -> None:
    """The agent works on it from now on."""
    me = agent.api("GET", "/me").json()["id"]
    _done(agent.api("POST", f"/tickets/{number}/assign", {"assignee_id": me}))


def reply(who: Visitor, number: str, words: str) -> None:
    """Say something in a ticket."""
    _done(who.api("POST", f"/tickets/{number}/replies", {"body": words}))


def _registered(system: System) -> str:
    fields = {"name": "Nadia Pratiwi", "email": NEWCOMER, "password": PASSWORD}
    system.client().submit("/register", fields)
    return system.mail_to(NEWCOMER).link("/verify/")


def _invited(system: System, admin: Visitor) -> str:
    body = {"name": "Bayu Saputra", "email": COLLEAGUE, "role": "agent"}
    admin.api("POST", "/users", body)
    return system.mail_to(COLLEAGUE).link("/invitation/")


def _reset(system: System) -> str:
    address, _ = system.account("technician")
    system.client().submit("/reset", {"email": address})
    return system.mail_to(address).link("/reset/")


def _moving(system: System) -> str:
    _, password = system.account("supervisor")
    asked = {"email": NEXT_ADDRESS, "current_password": password}
    _done(system.logged_in("supervisor").api("PUT", "/me/email", asked))
    return system.mail_to(NEXT_ADDRESS).link("/email/")


def _organisation(admin: Visitor) -> str:
    found = admin.api("GET", "/organisations").json()["items"]
    if not found:
        found = [_done(admin.api("POST", "/organisations", {"name": "PT Sawah Digital"}))]
    first: str = found[0]["id"]
    return first


def _uploaded(admin: Visitor) -> str:
    """An import that waits for somebody to look at it, with a row that is wrong."""
    rows = "key;kind;name;parent\njateng;region;Jawa Tengah;\nx y;pop;Solo;jateng\n"
    answer = admin.browser.post(
        "/api/v1/imports",
        data={"kind": "areas"},
        files={"file": ("wilayah.csv", rows.encode(), "text/csv")},
        headers={"X-CSRF-Token": admin.csrf_token},
    )
    brought: str = _done(answer)["id"]
    return brought


def _done(answer: Any) -> dict[str, Any]:
    assert answer.status_code < 300, answer.text
    result: dict[str, Any] = answer.json() if answer.content else {}
    return result

"""A few tickets in several states, told by the demo's people through the public API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.demo.api import Person
from local.demo.photo import modem

CATEGORY_TEAMS = {
    "down": "Teknisi Lapangan",
    "slow": "NOC",
    "intermittent": "NOC",
    "wifi": "Layanan Pelanggan",
    "billing": "Penagihan",
    "relocation": "Layanan Pelanggan",
    "new-service": "Layanan Pelanggan",
    "other": "Layanan Pelanggan",
}


@dataclass(frozen=True, slots=True)
class Step:
    """What an employee or the customer does next: a verb of the API and its body."""

    who: str
    verb: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Story:
    """A ticket and what became of it; `who` opens it, with `photo` where they took one."""

    who: str
    subject: str
    description: str
    category: str
    impact: str | None = None
    steps: tuple[Step, ...] = ()
    photo: Callable[[], bytes] | None = None


STORIES = (
    Story(
        "budi@pelanggan.example",
        "Internet mati sejak pagi",
        "Sejak jam 6 pagi lampu LOS di modem berkedip merah dan tidak ada internet sama sekali. "
        "Modem sudah saya matikan dan nyalakan lagi, hasilnya sama.",
        "down",
        "down",
        (
            Step(
                "agen@padinet.example",
                "replies",
                {
                    "body": "Selamat pagi Pak Budi, terima kasih laporannya. Lampu LOS merah berarti "
                    "sinyal serat tidak sampai ke modem. Teknisi kami sedang memeriksa jalurnya."
                },
            ),
            Step(
                "agen@padinet.example",
                "notes",
                {"body": "Redaman ODP GBG-01/14 naik sejak 05.50, kemungkinan kabel tertarik."},
            ),
        ),
        photo=modem,
    ),
    Story(
        "budi@pelanggan.example",
        "Kecepatan turun setiap malam",
        "Di ruko, dari jam 19 sampai 22 kecepatan tinggal 8 Mbps, padahal paketnya 100 Mbps.",
        "slow",
        "degraded",
        (
            Step(
                "agen@padinet.example",
                "replies",
                {
                    "body": "Boleh dibantu hasil tes kecepatan lewat kabel LAN malam ini? Dengan itu "
                    "kami bisa membedakan masalah Wi-Fi dan jaringan."
                },
            ),
            Step("agen@padinet.example", "pend"),
        ),
    ),
    Story(
        "sari@pelanggan.example",
        "Tagihan bulan ini tercatat dua kali",
        "Di aplikasi bank saya ada dua tagihan untuk nomor layanan 1002-3001 bulan ini.",
        "billing",
        None,
        (
            Step(
                "agen@padinet.example",
                "replies",
                {
                    "body": "Ibu Sari, satu tagihan memang ganda dan sudah kami batalkan. Yang perlu "
                    "dibayar hanya satu. Mohon maaf atas kekeliruan kami."
                },
            ),
            Step("agen@padinet.example", "solve"),
            Step(
                "sari@pelanggan.example",
                "feedback",
                {"score": 5, "comment": "Cepat dijawab dan jelas. Terima kasih, Mbak Rina."},
            ),
        ),
    ),
    Story(
        "sari@pelanggan.example",
        "Wi-Fi sering putus di kamar belakang",
        "Di ruang tamu lancar, tetapi di kamar belakang Wi-Fi putus setiap beberapa menit.",
        "wifi",
        "intermittent",
    ),
)


def tell(log_in: Callable[[str], Person]) -> None:
    """Give categories their teams, then tell the stories; a repetition changes nothing."""
    _route_categories(log_in("admin@padinet.example"))
    people: dict[str, Person] = {}
    for story in STORIES:
        for email in (story.who, *(step.who for step in story.steps)):
            if email not in people:
                people[email] = log_in(email)
        _tell(story, people)


def _route_categories(admin: Person) -> None:
    teams = {team["name"]: team["id"] for team in admin.call("GET", "/teams")["items"]}
    for slug, team in CATEGORY_TEAMS.items():
        admin.insist("PATCH", f"/categories/{slug}", {"team_id": teams[team]})


def _tell(story: Story, people: Mapping[str, Person]) -> None:
    opened: dict[str, Any] = {
        "subject": story.subject,
        "description": story.description,
        "category": story.category,
        **({"impact": story.impact} if story.impact else {}),
    }
    who = people[story.who]
    if story.photo:
        photo = who.upload("/attachments", "modem.jpg", story.photo(), f"{story.subject}/photo")
        opened["attachment_ids"] = [photo["id"]]
    ticket = who.call("POST", "/tickets", opened, key=story.subject)
    for position, step in enumerate(story.steps):
        key = f"{story.subject}/{position}"
        path = f"/tickets/{ticket['number']}/{step.verb}"
        people[step.who].call("POST", path, dict(step.body), key=key)

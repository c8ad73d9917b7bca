"""Who and what the demo begins with, as the file that `identity_service seed` reads.

Ids are derived from the keys and addresses there, so that seeding again changes nothing.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from local.keys import Keys, phrase


@dataclass(frozen=True, slots=True)
class Area:
    """A node of the tree region › POP › OLT › ODP."""

    key: str
    parent: str | None
    kind: Literal["region", "pop", "olt", "odp"]
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """A customer's connection at an address; `area` is the ODP it hangs on."""

    number: str
    plan: str
    address: str
    area: str


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can log in; `teams` are keys."""

    role: str
    name: str
    email: str
    phone: str
    language: str = "id"
    teams: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()


AREAS = (
    Area("jatim", None, "region", "Jawa Timur"),
    Area("jatim.sby", "jatim", "pop", "POP Surabaya Gubeng"),
    Area("jatim.sby.olt1", "jatim.sby", "olt", "OLT SBY-GBG-01"),
    Area("jatim.sby.olt1.odp14", "jatim.sby.olt1", "odp", "ODP SBY-GBG-01/14"),
    Area("jatim.sby.olt1.odp15", "jatim.sby.olt1", "odp", "ODP SBY-GBG-01/15"),
    Area("jatim.mlg", "jatim", "pop", "POP Malang Lowokwaru"),
    Area("jatim.mlg.olt1", "jatim.mlg", "olt", "OLT MLG-LWK-01"),
    Area("jatim.mlg.olt1.odp03", "jatim.mlg.olt1", "odp", "ODP MLG-LWK-01/03"),
)
TEAMS = {
    "layanan": "Layanan Pelanggan",
    "lapangan": "Teknisi Lapangan",
    "noc": "NOC",
    "tagihan": "Penagihan",
}
CUSTOMERS = (
    Account(
        "customer",
        "Budi Santoso",
        "budi@pelanggan.example",
        "+6281234567801",
        lines=(
            Line(
                "1001-2001",
                "Rumah 50 Mbps",
                "Jl. Melati 12, Gubeng, Surabaya",
                "jatim.sby.olt1.odp14",
            ),
            Line(
                "1001-2002", "Usaha 100 Mbps", "Ruko Anggrek B7, Surabaya", "jatim.sby.olt1.odp15"
            ),
        ),
    ),
    Account(
        "customer",
        "Sari Wulandari",
        "sari@pelanggan.example",
        "+6281234567802",
        lines=(
            Line(
                "1002-3001",
                "Rumah 30 Mbps",
                "Jl. Kenanga 5, Lowokwaru, Malang",
                "jatim.mlg.olt1.odp03",
            ),
        ),
    ),
)
STAFF = (
    Account(
        "agent",
        "Rina Lestari",
        "agen@padinet.example",
        "+6281234567811",
        teams=("layanan", "tagihan"),
    ),
    Account(
        "technician",
        "Dewa Pratama",
        "teknisi@padinet.example",
        "+6281234567812",
        teams=("lapangan",),
    ),
    Account(
        "supervisor",
        "Maya Kusuma",
        "supervisor@padinet.example",
        "+6281234567813",
        teams=("layanan", "lapangan", "noc"),
    ),
    Account("admin", "Agus Wijaya", "admin@padinet.example", "+6281234567814"),
)
ACCOUNTS = (*CUSTOMERS, *STAFF)


def password(keys: Keys, account: Account) -> str:
    """Drawn once per machine; the same on every later start."""
    return keys.secret(f"account:{account.email}", phrase)


def seed_file(keys: Keys) -> dict[str, Any]:
    return {
        "teams": [{"key": key, "name": name} for key, name in TEAMS.items()],
        "areas": [asdict(area) for area in AREAS],
        "users": [_user(keys, account) for account in ACCOUNTS],
        "lines": [
            {**asdict(line), "email": account.email}
            for account in ACCOUNTS
            for line in account.lines
        ],
    }


def _user(keys: Keys, account: Account) -> dict[str, Any]:
    facts = {name: value for name, value in asdict(account).items() if name != "lines"}
    return {**facts, "password": password(keys, account)}

"""What each process of the portal is told through its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.keys import Keys
from local.ports import LOOPBACK, free_port

SERVICES = ("identity-service", "ticket-service", "notify-service", "analytics-service")
USUAL = {
    "portal": 8000,
    "gateway-ops": 8001,
    "identity-service": 8101,
    "ticket-service": 8102,
    "notify-service": 8103,
    "analytics-service": 8104,
    "mailbox": 8025,
    "smtp": 1025,
    "postgres": 5433,
    "redis": 6380,
    "kafka": 9093,
}
KEEPS_FILES = ("identity-service", "ticket-service")
MAIL_FROM = "no-reply@padinet.example"
# Messages to phones come as mails to <number>@ this domain, so the mailbox shows them too.
PHONE_MAIL_DOMAIN = "sms.padinet.example"


def choose_ports(given: Mapping[str, int] | None = None) -> dict[str, int]:
    """The usual ports where they are free, others where not; `given` ones are taken as they are."""
    chosen = dict(given or {})
    for name, usual in USUAL.items():
        if name not in chosen:
            chosen[name] = _another(usual, taken=set(chosen.values()))
    return chosen


def random_ports() -> dict[str, int]:
    """Ports for a portal beside others, as tests need it."""
    chosen: dict[str, int] = {}
    for name in USUAL:
        chosen[name] = free_port()
    return chosen if len(set(chosen.values())) == len(chosen) else random_ports()


def module(service: str) -> str:
    """The Python package of a service: `ticket-service` is `ticket_service`."""
    return service.replace("-", "_")


def database(service: str) -> str:
    """The name of a service's database: `ticket_db`."""
    return f"{service.removesuffix('-service')}_db"


def owner_role(service: str) -> str:
    """The role that owns a service's tables, as which only migrations run: `ticket_owner`."""
    return f"{service.removesuffix('-service')}_owner"


def prefix(service: str) -> str:
    """What the names of a service's own variables start with: `TICKET_`."""
    return f"{service.removesuffix('-service').upper()}_"


@dataclass(frozen=True)
class Environment:
    """The addresses and keys from which every process's variables are made."""

    keys: Keys
    ports: Mapping[str, int]
    redis_url: str
    bootstrap_servers: str
    public_url: str
    files: Path
    host: str = LOOPBACK
    overrides: Mapping[str, str] | None = None

    def service(self, name: str, database_url: str, port: int | None = None) -> dict[str, str]:
        """For one service: its own database, and what all share; never another's secrets."""
        own = {
            "DATABASE_URL": database_url,
            "HOST": LOOPBACK,
            "PORT": str(port or self.ports[name]),
        }
        return {
            **self._common(),
            **{prefix(name) + key: value for key, value in own.items()},
            "LINK_KEYS": self.keys.link_keys,
            **(self._sealing() if name == "identity-service" else {}),
            **(self._mail() if name == "notify-service" else {}),
            **(self._files(name) if name in KEEPS_FILES else {}),
            **(self.overrides or {}),
        }

    def gateway(self) -> dict[str, str]:
        urls = {
            f"GATEWAY_{prefix(name)}URL": f"http://{LOOPBACK}:{self.ports[name]}"
            for name in SERVICES
        }
        return {
            **self._common(),
            **urls,
            "GATEWAY_HOST": self.host,
            "GATEWAY_PORT": str(self.ports["portal"]),
            "GATEWAY_OPS_PORT": str(self.ports["gateway-ops"]),
            "GATEWAY_TOKEN_KEY_FILE": str(self.keys.token_key_file),
            "GATEWAY_SECRET": self.keys.secret("gateway"),
            **(self.overrides or {}),
        }

    def _common(self) -> dict[str, str]:
        """Defaults first, so that a variable of the caller's (LOG_LEVEL, say) wins."""
        return {
            "ENVIRONMENT": "demo",
            "LOG_FORMAT": "console",
            "BRAND_NAME": "PadiNET",
            "SUPPORT_PHONE": "150 123",
            "SUPPORT_WHATSAPP": "+62 812-0000-0123",
            "SUPPORT_HOURS": "00:00-24:00",
            "TIME_ZONE": "Asia/Jakarta",
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "REDIS_URL": self.redis_url,
            "PUBLIC_URL": self.public_url,
            "TOKEN_JWKS_FILE": str(self.keys.token_jwks_file),
        }

    def _files(self, name: str) -> dict[str, str]:
        """A folder for each service, unless the caller names a store."""
        return {"FILES_URL": os.environ.get("FILES_URL") or (self.files / name).as_uri()}

    def _sealing(self) -> dict[str, str]:
        return {"IDENTITY_VAULT_KEYS": self.keys.vault_keys}

    def _mail(self) -> dict[str, str]:
        return {
            "NOTIFY_SMTP_URL": f"smtp://{LOOPBACK}:{self.ports['smtp']}",
            "NOTIFY_MAIL_FROM": MAIL_FROM,
            "NOTIFY_PHONE_MAIL_DOMAIN": PHONE_MAIL_DOMAIN,
        }


def _another(usual: int, taken: set[int]) -> int:
    port = free_port(p for p in range(usual, usual + 50) if p not in taken)
    return port if port not in taken else _another(usual + 50, taken)

"""The whole portal as processes on this machine: servers below, services above, gateway on top."""

import hashlib
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from local import folders
from local.environment import SERVICES, Environment, database, module, owner_role, prefix
from local.errors import CannotStart
from local.folders import Data
from local.kafka import Kafka, choose
from local.keys import Keys
from local.mailbox import Mailbox
from local.ports import LOOPBACK
from local.postgres import Postgres
from local.processes import Child, Files
from local.program import Program
from local.redis import Redis
from local.server import Part

MIGRATE_SECONDS = 120.0


class Stack:
    """Servers, services and gateway over one .data folder.

    `start_servers`, `migrate` unless `is_migrated`, `seed`, `start_programs` in this order; `stop`
    at any time.
    `overrides` are variables for every service and the gateway, as tests set them.
    """

    def __init__(
        self,
        data: Data,
        ports: Mapping[str, int],
        public_url: str = "",
        host: str = LOOPBACK,
        kafka: Kafka | None = None,
        overrides: Mapping[str, str] | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.data, self.ports, self.say = data, ports, say
        self.host = host
        self.url = public_url or f"http://localhost:{ports['portal']}"
        self._overrides = overrides
        data.create()
        self.keys = Keys(data.secrets)
        self.postgres = Postgres(
            data.server("postgres"), ports["postgres"], files=self._files("postgres")
        )
        self.redis = Redis(
            data.server("redis"),
            ports["redis"],
            self.keys.secret("redis"),
            files=self._files("redis"),
        )
        self.kafka = kafka or choose(
            data.server("kafka"), ports["kafka"], say=say, files=self._files("kafka")
        )
        self.mailbox = Mailbox(
            data.server("mailbox"), ports["mailbox"], ports["smtp"], files=self._files("mailbox")
        )
        self.services: dict[str, Program] = {}
        self.gateway: Program | None = None

    @property
    def parts(self) -> list[Part]:
        """In the order of starting; stopping goes the other way."""
        gateway = [self.gateway] if self.gateway else []
        return [*self._servers, *self.services.values(), *gateway]

    @property
    def _migrated(self) -> Path:
        """Lies among the tables it speaks of, so that it goes with them."""
        return self.postgres.directory / "migrated"

    @property
    def _servers(self) -> list[Part]:
        return [self.postgres, self.redis, self.kafka, self.mailbox]

    def start_servers(self) -> None:
        """All at once."""
        in_parallel([self._start_postgres, *(server.start for server in self._servers[1:])])

    def _start_postgres(self) -> None:
        """The server, then the roles and databases, whose passwords are set anew each time."""
        self.postgres.start()
        for service in SERVICES:
            owner = owner_role(service)
            self.postgres.create_role(owner, self.keys.secret(f"database-owner:{service}"))
            self.postgres.create_database(
                database(service),
                module(service),
                self.keys.secret(f"database:{service}"),
                owner=owner,
            )

    def migrate(self) -> None:
        """Bring each service's tables and topics up to date."""
        in_parallel(partial(self._migrate_service, service) for service in SERVICES)
        self._migrated.write_text(self._migration_state())

    def _migrate_service(self, service: str) -> None:
        """Only this command ever learns how to log in as the owner of the tables."""
        owner = {f"{prefix(service)}DATABASE_OWNER_URL": self.owner_url(service)}
        self.run(service, "migrate", more=owner)

    def is_migrated(self) -> bool:
        """Whether neither code nor broker changed since these databases were migrated."""
        return self._migrated.exists() and self._migrated.read_text() == self._migration_state()

    def seed(self, file: Path) -> None:
        """Put people, teams and areas into identity-service; what is there already is kept."""
        self.run("identity-service", "seed", str(file))

    def start_programs(self) -> None:
        """The services, all at once, and the gateway with them."""
        self.services = {name: self.service(name) for name in SERVICES}
        self.gateway = self._gateway()
        in_parallel(part.start for part in [*self.services.values(), self.gateway])

    def stop(self) -> None:
        """From the top down, so that nobody loses what it still needs."""
        self.stop_programs()
        in_parallel(server.stop for server in self._servers)

    def stop_programs(self) -> None:
        """The gateway first, then the services, all at once; nobody watches them any more."""
        gateway, services = self.gateway, list(self.services.values())
        self.gateway, self.services = None, {}
        if gateway:
            gateway.stop()
        in_parallel(service.stop for service in services)

    def revive(self, part: Part) -> None:
        """Start a part that ended. The in-memory broker comes back empty and at another address,
        so the programs start anew with it.
        """
        part.stop()
        part.start()
        if part is self.kafka and self.kafka.kind == "memory":
            self.stop_programs()
            self.migrate()
            self.start_programs()

    def service(self, name: str, mode: str = "all", port: int | None = None) -> Program:
        """A service, not yet started; a second one of the same kind needs its own port."""
        label = name if port is None else f"{name}-{port}"
        return Program(
            name=label,
            arguments=[module(name), mode],
            env=self.environment().service(name, self.database_url(name), port),
            port=port or self.ports[name],
            files=self._files(label),
        )

    def run(self, service: str, *command: str, more: Mapping[str, str] | None = None) -> str:
        """Run one command of a service to its end; give what it printed on both outputs."""
        log = self.data.logs / f"{service}-{command[0]}.log"
        log.unlink(missing_ok=True)
        child = Child(
            name=f"{service} {command[0]}",
            command=[sys.executable, "-m", module(service), *command],
            env=self.environment().service(service, self.database_url(service)) | dict(more or {}),
            files=Files(log),
        )
        child.start()
        if child.finish(MIGRATE_SECONDS):
            raise CannotStart(f"{service} {command[0]} failed: {child.last_words()}")
        return log.read_text()

    def database_url(self, service: str) -> str:
        password = self.keys.secret(f"database:{service}")
        return self.postgres.dsn(database(service), module(service), password)

    def owner_url(self, service: str) -> str:
        """The same database as whoever owns its tables."""
        password = self.keys.secret(f"database-owner:{service}")
        return self.postgres.dsn(database(service), owner_role(service), password)

    def environment(self) -> Environment:
        return Environment(
            keys=self.keys,
            ports=self.ports,
            redis_url=self.redis.url,
            bootstrap_servers=self.kafka.bootstrap_servers,
            public_url=self.url,
            files=self.data.server("files").absolute(),
            host=self.host,
            overrides=self._overrides,
        )

    def _migration_state(self) -> str:
        """A digest of the code that migrations come from and of the broker that has the topics."""
        digest = hashlib.sha256(self.kafka.identity().encode())
        for member in (
            folders.PROJECT / "shared",
            *sorted((folders.PROJECT / "services").iterdir()),
        ):
            for path in sorted((*member.rglob("*.py"), *member.rglob("*.sql"))):
                digest.update(str(path).encode() + path.read_bytes())
        return digest.hexdigest()

    def _gateway(self) -> Program:
        return Program(
            name="gateway",
            arguments=["gateway"],
            env=self.environment().gateway(),
            port=self.ports["portal"],
            ops_port=self.ports["gateway-ops"],
            files=self._files("gateway"),
        )

    def _files(self, name: str) -> Files:
        return Files(self.data.logs / f"{name}.log", self.data.pids / f"{name}.json")


def in_parallel(calls: Iterable[Callable[[], object]]) -> None:
    """Make all calls at once, wait for all, raise the first error."""
    errors: list[BaseException] = []
    threads = [
        threading.Thread(target=_note_error, args=(call, errors), daemon=True) for call in calls
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def _note_error(call: Callable[[], object], errors: list[BaseException]) -> None:
    try:
        call()
    except BaseException as error:  # handed to the caller's thread
        errors.append(error)

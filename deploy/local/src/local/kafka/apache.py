"""Apache Kafka on this machine: one KRaft node, run with the Java found here."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from local import folders
from local.errors import CannotStart
from local.ports import LOOPBACK, can_connect, free_port
from local.processes import Child, Files
from local.server import Server

POM = folders.PROJECT / "deploy" / "local" / "kafka" / "pom.xml"
LEAST_JAVA = 17
# One small node that shares the machine: the quick compiler and the plain collector start it a
# second sooner and leave the cores to the services.
JAVA_OPTIONS = (
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Djava.net.preferIPv4Stack=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "6",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # A killed broker is let in again only when its old session has ended.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "log.segment.bytes": str(64 * 1024 * 1024),
    "num.io.threads": "2",
    "num.network.threads": "2",
    "background.threads": "2",
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
}
START_SECONDS = 90.0


class ApacheKafka(Server):
    """A node whose log lies in `directory`; topics and their contents survive a restart.

    Making one resolves the jars (Maven, once) and raises CannotStart where Java, Maven or the
    jars cannot be had: the sign to fall back. What fails in `start` is a real failure.
    """

    name = "kafka"
    kind = "apache"

    def __init__(
        self,
        directory: Path,
        port: int = 0,
        settings: Mapping[str, str] | None = None,
        say: Callable[[str], None] = print,
        files: Files | None = None,
    ) -> None:
        self.directory = directory.absolute()
        self.port = port or free_port()
        self._controller_port = free_port()
        self._settings = settings or {}
        self._java = [java(), *JAVA_OPTIONS, "-cp", f"{jars(say)}/*"]
        self._config = self.directory / "server.properties"
        self.child = Child(
            name=self.name,
            command=[*self._java, "kafka.Kafka", str(self._config)],
            files=files or Files.beside(self.directory),
        )

    @property
    def bootstrap_servers(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def identity(self) -> str:
        """Another one when the broker has lost all it had."""
        noted = self._storage / "meta.properties"
        return noted.read_text() if noted.exists() else ""

    def start(self) -> None:
        """Format the storage the first time, start, return when clients are answered."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write_config()
        if not (self._storage / "meta.properties").exists():
            self._format()
        self.child.start()
        self.child.wait_until_listening([self.port], self.answers, START_SECONDS)

    def wipe(self) -> None:
        """Lose everything, as a broker with a new disk: the next start has a new cluster id."""
        self.stop()
        shutil.rmtree(self._storage, ignore_errors=True)

    def answers(self) -> bool:
        """Whether the broker listens: it opens the port only when it can serve."""
        return can_connect(self.port)

    @property
    def _storage(self) -> Path:
        return self.directory / "log"

    def _write_config(self) -> None:
        controller = f"{LOOPBACK}:{self._controller_port}"
        settings = {
            **SETTINGS,
            "controller.quorum.voters": f"1@{controller}",
            "listeners": f"PLAINTEXT://{self.bootstrap_servers},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap_servers}",
            "log.dirs": str(self._storage),
            **self._settings,
        }
        self._config.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))

    def _format(self) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tool = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}"]
        done = subprocess.run(
            [*self._java, *tool, "--config", str(self._config)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CannotStart(f"Kafka could not format its storage: {done.stderr.strip()}")


def java() -> str:
    """The path of a Java that Kafka runs with; CannotStart names the remedy."""
    candidates = [
        Path(os.environ.get("JAVA_HOME", "/nowhere")) / "bin" / "java",
        Path(shutil.which("java") or "/nowhere"),
        *sorted(Path("/usr/lib/jvm").glob("*/bin/java"), reverse=True),
    ]
    for path in candidates:
        if path.exists() and java_version(path) >= LEAST_JAVA:
            return str(path)
    raise CannotStart(
        f"install Java {LEAST_JAVA} or newer and Maven "
        "(Debian: apt-get install default-jre-headless maven), or set KAFKA_BOOTSTRAP_SERVERS."
    )


def java_version(path: Path) -> int:
    """The feature release of a Java; 0 when it cannot be told."""
    done = subprocess.run([str(path), "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', done.stderr)
    return int(found.group(1)) if found else 0


def jars(say: Callable[[str], None] = print) -> Path:
    """The folder with Kafka's jars, fetched by Maven when the pom is new here."""
    target = POM.parent / "target"
    stamp = target / "complete"
    wanted = hashlib.sha256(POM.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        _fetch_jars(target, say)
        stamp.write_text(wanted)
    return target / "libs"


def _fetch_jars(target: Path, say: Callable[[str], None]) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise CannotStart(
            "install Maven (Debian: apt-get install maven), or set KAFKA_BOOTSTRAP_SERVERS."
        )
    say("Kafka: Maven fetches Apache Kafka (40 MB, once) …")
    shutil.rmtree(target, ignore_errors=True)
    command = [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        log = POM.parent / "target" / "maven.log"
        log.parent.mkdir(exist_ok=True)
        log.write_text(done.stdout + done.stderr)
        raise CannotStart(f"let Maven reach its registry (what it said: {log}), then start again.")

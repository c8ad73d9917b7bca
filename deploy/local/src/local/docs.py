"""`python -m local.docs [--check]`: the documents and files that are made from the code.

docs/events.md, the JSON Schema of every version of every event, samples of each, and the public
OpenAPI document. With `--check` nothing is written; what is stale is named and fails.

A schema is written once and then published: another one under the same version is refused. Samples
are written once and kept, so that new readers are tried with what was really said.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from local.environment import SERVICES, module
from local.folders import PROJECT

EVENTS = PROJECT / "docs" / "events.md"
CONTRACTS = PROJECT / "tests" / "contract"

Description = dict[str, Any]

HEAD = """\
# Events

Made by `make docs` from the contracts in `shared/events`; do not edit.

The Kafka topic is the event's type, the key its aggregate's id, the value JSON. What is below is
that value. Around it, in headers, is a CloudEvents 1.0 envelope in Kafka's binary mode: `ce_id`,
`ce_source`, `ce_type`, `ce_time`, `ce_subject` (the aggregate), `ce_sequence` (its version after the
event), `ce_dataschema` (ends in the version of the contract), `ce_requestid` (of the request that it
goes back to) and `traceparent`.

Versions of one aggregate follow each other across the topics of a family. A `….snapshot` carries
full state at the present version and takes none of its own. A new version of a contract only adds
fields that readers can do without; readers ignore fields that they do not know.
"""


class Published(Exception):
    """A contract changed under a version that others may have stored; the message says which."""


def main(arguments: Sequence[str]) -> int:
    """Write what is stale, or with `--check` name it."""
    checks = "--check" in arguments
    services = [describe(service) for service in SERVICES]
    try:
        files = dict(documents(services))
    except Published as error:
        print(error)
        return 1
    stale = [path for path, text in files.items() if read(path) != text]
    stale += orphans(services)
    for path in stale:
        print(f"{'stale' if checks else 'wrote'}: {path.relative_to(PROJECT)}")
        if not checks:
            write(path, files.get(path))
    openapi = subprocess.run([sys.executable, "-m", "gateway.openapi", *arguments], check=False)
    if checks and stale:
        print("Run `make docs` and commit what it writes.")
    return openapi.returncode or int(checks and bool(stale))


def describe(service: str) -> Description:
    """What a service says about its events; it is asked as a process, like everything it does."""
    done = subprocess.run(
        [sys.executable, "-m", module(service), "events"],
        capture_output=True,
        text=True,
        check=True,
    )
    described: Description = json.loads(done.stdout)
    return described


def documents(services: Sequence[Description]) -> Iterator[tuple[Path, str]]:
    """Every generated file with its text."""
    yield EVENTS, events_page(services)
    for service in services:
        for event in service["publishes"]:
            yield from contract_files(event)


def contract_files(event: Description) -> Iterator[tuple[Path, str]]:
    """The schema of the present version, and its samples where there are none yet."""
    schema, samples = (path_of(kind, event) for kind in ("schemas", "samples"))
    text = dumped(event["schema"])
    if schema.exists() and read(schema) != text:
        raise Published(
            f"{event['type']} differs from its published version {event['version']}: raise "
            f"SCHEMA_VERSION, or delete {schema.relative_to(PROJECT)} if nobody has it yet."
        )
    yield schema, text
    yield samples, read(samples) or dumped(event["samples"])


def orphans(services: Sequence[Description]) -> list[Path]:
    """Versions newer than their contract; older ones stay for ever."""
    present = {path_of("schemas", e) for service in services for e in service["publishes"]}
    newest = {path.parent: number(path) for path in present}
    found = [path for kind in ("schemas", "samples") for path in CONTRACTS.glob(f"{kind}/*/v*")]
    return [
        path
        for path in sorted(found)
        if number(path) > newest.get(CONTRACTS / "schemas" / path.parent.name, number(path))
    ]


def path_of(kind: str, event: Description) -> Path:
    """Where the schema or the samples of an event's version lies."""
    name: str = event["type"]
    return CONTRACTS / kind / name / f"v{event['version']}.json"


def number(path: Path) -> int:
    """The version in a file's name."""
    return int(path.stem.removeprefix("v"))


def events_page(services: Sequence[Description]) -> str:
    """docs/events.md: who says what to whom, then every event and every part with its fields."""
    events = [event for service in services for event in service["publishes"]]
    sections = [
        HEAD,
        "## Who says what to whom\n",
        overview(services),
        *(event_section(service, event, services) for service, event in owned(services)),
        "## Parts\n",
        *parts(events),
    ]
    return "\n".join(sections)


def owned(services: Sequence[Description]) -> Iterator[tuple[Description, Description]]:
    for service in services:
        for event in service["publishes"]:
            yield service, event


def overview(services: Sequence[Description]) -> str:
    rows = [
        (family, service["service"], ", ".join(listeners(services, family)) or "nobody yet")
        for service in services
        for family in dict.fromkeys(e["type"].partition(".")[0] for e in service["publishes"])
    ]
    return table(("family", "said by", "read by"), [(f"`{f}.*`", o, r) for f, o, r in rows])


def listeners(services: Sequence[Description], family: str) -> list[str]:
    return [s["service"] for s in services if family in s["families"]]


def event_section(service: Description, event: Description, services: Sequence[Description]) -> str:
    name = event["type"]
    handling = [s["service"] for s in services if name in s["handles"]]
    schema = event["schema"]
    lines = [
        f"## `{name}`\n",
        event["words"],
        "",
        f"Version {event['version']} · said by {service['service']} · "
        f"acted on by {', '.join(handling) or 'nobody yet'}\n",
        fields(schema),
    ]
    return "\n".join(lines)


def parts(events: Iterable[Description]) -> Iterator[str]:
    """The shapes that several events have in common."""
    seen: dict[str, str] = {}
    for event in events:
        for name, part in event["schema"].get("$defs", {}).items():
            words = event["words_of_parts"].get(name, "")
            seen[name] = f"### {name}\n\n{words}\n\n{fields(part)}"
    yield from (seen[name] for name in sorted(seen))


def fields(schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    rows = [
        (f"`{name}`", shape(part), "" if name in required else default(part))
        for name, part in schema.get("properties", {}).items()
    ]
    return table(("field", "type", "when left out"), rows)


def shape(part: Mapping[str, Any]) -> str:
    """A JSON Schema in a few words."""
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in part:
        return " or ".join(shape(option) for option in part["anyOf"])
    if "enum" in part:
        return " · ".join(f"`{value}`" for value in part["enum"])
    if "const" in part:
        return f"`{part['const']}`"
    if "prefixItems" in part:
        return "[" + ", ".join(shape(item) for item in part["prefixItems"]) + "]"
    if part.get("type") == "array":
        return f"list of {shape(part['items'])}"
    if part.get("type") == "object":
        return f"map of text to {shape(part.get('additionalProperties', {}))}"
    kind: str = part.get("format") or part.get("type", "any")
    return {"date-time": "time", "string": "text"}.get(kind, kind)


def default(part: Mapping[str, Any]) -> str:
    value = part.get("default")
    return "null" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def dumped(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def write(path: Path, text: str | None) -> None:
    """Store a file, or delete one that has no text any more."""
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m gateway.openapi [--check]`: the public OpenAPI document, merged from the services' own.

The table of routes says what is public; the services say what each route takes and gives. What a
service has and neither the table nor the list of internal routes names is an error here.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from gateway.api.description import INFO, LOGGED_IN, PROBLEM_SCHEMAS, SECURITY, session_paths
from gateway.api.reference import DOCUMENT
from gateway.api.routes import INTERNAL, PREFIX, TABLE, ApiRoute

Document = dict[str, Any]

SERVICES: Final = ("identity-service", "ticket-service", "notify-service", "analytics-service")
_SAFE: Final = ("get", "head")
_REF: Final = "#/components/schemas/"
_REPLACED: Final = frozenset({"HTTPValidationError", "ValidationError"})


class Undocumented(Exception):
    """The table and the services do not say the same."""


def merged(documents: Mapping[str, Document]) -> Document:
    """The public document from those of the services, by service name."""
    faults = list(_unnamed(documents))
    if faults:
        raise Undocumented("not in the table of routes: " + ", ".join(faults))
    renamed = _without_collisions(documents)
    paths: Document = session_paths(PREFIX)
    for row in TABLE:
        path, operations = _operations(row, renamed[row.service])
        paths[PREFIX + path] = operations
    schemas = {
        name: schema
        for service in SERVICES
        for name, schema in renamed[service]["components"]["schemas"].items()
    }
    schemas |= PROBLEM_SCHEMAS | LOGGED_IN
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": _used(paths, schemas), "securitySchemes": SECURITY},
    }


def _operations(row: ApiRoute, document: Document) -> tuple[str, Document]:
    """The public path of a row and its operations, taken from where the service describes it."""
    for path in sorted(document["paths"], key=lambda path: path.count("{")):
        bound = _bound(path, row.template)
        methods = {m for m in document["paths"][path] if m.upper() in row.methods}
        if bound is not None and methods:
            break
    else:
        raise Undocumented(f"{row.service} does not describe {row.template}")
    missing = {m.lower() for m in row.methods} - methods
    if missing:
        raise Undocumented(f"{row.service} has no {', '.join(missing)} {row.template}")
    public = row.template if bound else path
    described = document["paths"][path]
    return public, {m: _operation(row, m, described[m], bound) for m in sorted(methods)}


def _bound(path: str, template: str) -> dict[str, str] | None:
    """The parameters of a service's path that the public template writes out; None: another path."""
    theirs, ours = path.split("/"), template.split("/")
    if len(theirs) != len(ours):
        return None
    bound: dict[str, str] = {}
    for segment, wanted in zip(theirs, ours, strict=True):
        if segment == wanted or (segment.startswith("{") and wanted.startswith("{")):
            continue
        if not segment.startswith("{"):
            return None
        bound[segment[1:-1]] = wanted
    return bound


def _operation(
    row: ApiRoute, method: str, given: Document, bound: dict[str, str] | None
) -> Document:
    operation = json.loads(json.dumps(given))
    name = operation["summary"].lower().replace(" ", "_")
    if bound:
        name = "_".join([*bound.values(), row.template.split("/")[1].rstrip("s")])
        operation["summary"] = name.replace("_", " ").title()
    operation["operationId"] = name
    operation["tags"] = [row.template.split("/")[1]]
    operation["parameters"] = [
        {**parameter, "name": _header_name(parameter)}
        for parameter in operation.get("parameters", [])
        if parameter["name"] not in (bound or {})
    ]
    operation["security"] = _security(row, method)
    responses = {s: r for s, r in operation["responses"].items() if s != "422"}
    if row.logs_in(method):
        schema = {"$ref": _REF + "LoggedIn"}
        responses["200"]["content"]["application/json"]["schema"] = schema
    responses["default"] = {
        "description": "A problem (RFC 9457); `type` is stable, `title` is in the caller's language.",
        "content": {"application/problem+json": {"schema": {"$ref": _REF + "Problem"}}},
    }
    operation["responses"] = responses
    return operation  # type: ignore[no-any-return]


def _security(row: ApiRoute, method: str) -> list[dict[str, list[str]]]:
    if row.is_open:
        return []
    by_cookie: dict[str, list[str]] = (
        {"session": []} if method in _SAFE else {"session": [], "csrf": []}
    )
    return [by_cookie, {"key": []}] if row.takes_key(method.upper()) else [by_cookie]


def _header_name(parameter: Document) -> str:
    name: str = parameter["name"]
    return name.title() if parameter["in"] == "header" else name


def _unnamed(documents: Mapping[str, Document]) -> Iterator[str]:
    """Routes of the services that are neither public nor declared internal."""
    for service, document in documents.items():
        internal = {path for owner, path in INTERNAL if owner == service}
        for path, operations in document["paths"].items():
            rows = [r for r in TABLE if r.service == service]
            named = {m for r in rows if _bound(path, r.template) is not None for m in r.methods}
            for method in operations:
                if path not in internal and method.upper() not in named:
                    yield f"{service}: {method.upper()} {path}"


def _without_collisions(documents: Mapping[str, Document]) -> dict[str, Document]:
    """Two services may give different things the same name; then each gets its service's name."""
    seen: dict[str, Any] = {}
    clashing = set()
    for document in documents.values():
        for name, schema in document["components"]["schemas"].items():
            if seen.setdefault(name, schema) != schema:
                clashing.add(name)
    return {service: _renamed(service, doc, clashing) for service, doc in documents.items()}


def _renamed(service: str, document: Document, names: Iterable[str]) -> Document:
    text = json.dumps(document)
    prefix = service.partition("-")[0].title()
    for name in names:
        text = text.replace(f'"{_REF}{name}"', f'"{_REF}{prefix}{name}"')
    result: Document = json.loads(text)
    schemas = result["components"]["schemas"]
    result["components"]["schemas"] = {
        (prefix + name if name in names else name): schema for name, schema in schemas.items()
    }
    return result


def _used(paths: Document, schemas: Document) -> Document:
    """The schemas that the paths need, directly or through others."""
    found: set[str] = set()
    waiting = list(_references(paths))
    while waiting:
        name = waiting.pop()
        if name not in found and name not in _REPLACED:
            found.add(name)
            waiting.extend(_references(schemas[name]))
    return {name: schemas[name] for name in sorted(found)}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(ref := value.get("$ref"), str):
            yield ref.removeprefix(_REF)
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def described_by_services() -> dict[str, Document]:
    """Ask each service's program for its document; no server has to run."""
    return {service: _described(service) for service in SERVICES}


def _described(service: str) -> Document:
    command = [sys.executable, "-m", service.replace("-", "_"), "openapi"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    document: Document = json.loads(done.stdout)
    return document


def main() -> None:
    """Write the document, or say that it is not fresh."""
    parser = argparse.ArgumentParser(prog="python -m gateway.openapi")
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    try:
        text = json.dumps(merged(described_by_services()), indent=1, ensure_ascii=False) + "\n"
    except Undocumented as fault:
        sys.exit(f"gateway: {fault}")
    if not check:
        DOCUMENT.write_text(text)
    elif not DOCUMENT.exists() or DOCUMENT.read_text() != text:
        sys.exit(f"{DOCUMENT.name} is not fresh: run `make docs`")


if __name__ == "__main__":
    main()

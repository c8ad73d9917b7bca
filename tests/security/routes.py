"""Every address that the portal answers, read from where it is declared."""

import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from starlette.routing import Route

from gateway.account.routes import ROUTES as ACCOUNT
from gateway.admin.routes import ROUTES as ADMIN
from gateway.api.app import _OWN as OWN
from gateway.api.reference import DOCUMENT
from gateway.customer.routes import ROUTES as CUSTOMER
from gateway.entry.routes import ROUTES as ENTRY
from gateway.pages import Page
from gateway.streams import ROUTES as LIVE
from gateway.uploads import ROUTES as PHOTOS

_PARAMETER = re.compile(r"\{[^}]*\}")


class Address(NamedTuple):
    """A method and the shape of a path, whose parameters are all written `{}`."""

    method: str
    path: str

    @classmethod
    def of(cls, method: str, path: str) -> "Address":
        """The address of a route as it is declared."""
        return cls(method.upper(), _PARAMETER.sub("{}", path))

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class IdInBody(NamedTuple):
    """A field of a JSON body that names something: its rights count as those of the path do."""

    address: Address
    field: str

    def __str__(self) -> str:
        return f"{self.address} {self.field}"


def document() -> dict[str, Any]:
    """The public OpenAPI document."""
    content: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return content


def api_addresses() -> set[Address]:
    """What the public document describes, and what the gateway answers of its own."""
    described = {
        Address.of(method, path)
        for path, operations in document()["paths"].items()
        for method in operations
    }
    own = {Address.of("GET", path) for path, route in OWN.items() if "GET" in route.methods}
    return described | own


def page_addresses() -> set[Address]:
    """Every page and form."""
    routes = chain(ENTRY, ACCOUNT, CUSTOMER, ADMIN, PHOTOS, LIVE)
    return {Address.of(method, route.path) for route in routes for method in _methods(route)}


def ids_in_bodies() -> set[IdInBody]:
    """Fields of JSON bodies that hold the id of something."""
    return set(_ids_in_bodies(document()))


def _methods(route: Route) -> Iterator[str]:
    endpoint = route.endpoint
    if not isinstance(endpoint, Page):
        yield "GET"
        return
    if endpoint._get:
        yield "GET"
    if endpoint._post:
        yield "POST"


def _ids_in_bodies(described: dict[str, Any]) -> Iterator[IdInBody]:
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                schema = _resolved(content["schema"], described)
                for name, field in schema.get("properties", {}).items():
                    if _names_something(name, field):
                        yield IdInBody(Address.of(method, path), name)


def _names_something(name: str, field: dict[str, Any]) -> bool:
    return '"format": "uuid"' in json.dumps(field) or name in ("into", "ids")


def _resolved(schema: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema

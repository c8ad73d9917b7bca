"""The public description is the table of routes filled with what the services say."""

from typing import Any

import pytest

from gateway.api.routes import IDENTITY, INTERNAL, TABLE, TICKET
from gateway.openapi import Undocumented, merged

Document = dict[str, Any]


def _described(*operations: tuple[str, str], schemas: Document | None = None) -> Document:
    paths: Document = {}
    for method, path in operations:
        paths.setdefault(path, {})[method.lower()] = {
            "summary": f"{method.title()} {path}",
            "parameters": [{"name": "if-match", "in": "header"}],
            "responses": {
                "200": {"content": {"application/json": {"schema": {}}}},
                "422": {"description": "Validation Error"},
            },
        }
    return {"paths": paths, "components": {"schemas": schemas or {"UserBrief": {}}}}


def _services() -> dict[str, Document]:
    return {
        service: _described(
            *[(m, r.template) for r in TABLE if r.service == service for m in sorted(r.methods)],
            *[("POST", path) for owner, path in INTERNAL if owner == service],
        )
        for service in {row.service for row in TABLE}
    }


def test_every_row_is_described_under_its_public_path() -> None:
    document = merged(_services())
    assert {"/api/v1" + row.template for row in TABLE} < set(document["paths"])
    assert "/api/v1/session" in document["paths"]
    assert "/api/v1/sessions/resolve" not in document["paths"]


def test_an_operation_says_how_to_log_in_and_what_goes_wrong() -> None:
    paths = merged(_services())["paths"]
    operation = paths["/api/v1/tickets"]["post"]
    assert operation["security"] == [{"session": [], "csrf": []}, {"key": []}]
    assert paths["/api/v1/tickets"]["get"]["security"] == [{"session": []}, {"key": []}]
    assert paths["/api/v1/me"]["get"]["security"] == [{"session": []}, {"key": []}]
    assert paths["/api/v1/me"]["patch"]["security"] == [{"session": [], "csrf": []}]
    assert paths["/api/v1/registrations"]["post"]["security"] == []
    assert "application/problem+json" in operation["responses"]["default"]["content"]
    assert "422" not in operation["responses"]
    assert operation["parameters"][0]["name"] == "If-Match"


def test_a_parameter_that_the_table_writes_out_is_gone() -> None:
    services = _services()
    paths = services[TICKET]["paths"]
    for verb in ("pend", "hold", "solve", "close", "cancel", "reopen"):
        del paths[f"/tickets/{{number}}/{verb}"]
    paths["/tickets/{number}/{verb}"] = {
        "post": {
            "summary": "Change State",
            "parameters": [{"name": "number", "in": "path"}, {"name": "verb", "in": "path"}],
            "responses": {"200": {}},
        }
    }
    operation = merged(services)["paths"]["/api/v1/tickets/{number}/solve"]["post"]
    assert operation["operationId"] == "solve_ticket"
    assert [p["name"] for p in operation["parameters"]] == ["number"]


def test_a_route_that_is_neither_public_nor_internal_is_an_error() -> None:
    services = _services()
    services[IDENTITY]["paths"]["/backdoor"] = {"get": {"responses": {}}}
    with pytest.raises(Undocumented, match="GET /backdoor"):
        merged(services)


def test_a_row_without_a_route_is_an_error() -> None:
    services = _services()
    del services[TICKET]["paths"]["/tickets/{number}/notes"]
    with pytest.raises(Undocumented, match="notes"):
        merged(services)


def test_two_things_of_one_name_get_their_services_names() -> None:
    services = _services()
    for service, kind in ((IDENTITY, "string"), (TICKET, "integer")):
        services[service]["components"]["schemas"]["Page"] = {"type": kind}
        path = "/users" if service == IDENTITY else "/tickets"
        content = services[service]["paths"][path]["get"]["responses"]["200"]["content"]
        content["application/json"]["schema"] = {"$ref": "#/components/schemas/Page"}
    schemas = merged(services)["components"]["schemas"]
    assert schemas["IdentityPage"] == {"type": "string"}
    assert schemas["TicketPage"] == {"type": "integer"}

"""The OpenAPI document and the page that shows it, from our own files."""

from functools import lru_cache
from pathlib import Path

from starlette.responses import Response

from gateway.api.call import Call
from gateway.visit import Visit

DOCUMENT = Path(__file__).parent / "openapi.json"
VIEWER = "vendor/swagger-ui/swagger-ui-bundle.js"


async def openapi_document(_: Call) -> Response:
    """`GET /api/openapi.json`."""
    return Response(
        _document(), headers={"Cache-Control": "no-cache"}, media_type="application/json"
    )


async def reference_page(call: Call) -> Response:
    """`GET /api/docs`: Swagger UI, or a word on how to get it where it was not fetched."""
    visit = Visit(call.request, call.portal)
    return visit.page("reference.html", has_viewer=call.portal.assets.has(VIEWER))


@lru_cache(maxsize=1)
def _document() -> bytes:
    return DOCUMENT.read_bytes()

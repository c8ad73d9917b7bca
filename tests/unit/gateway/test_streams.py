"""What pages say about their stream and their fragments, and streams where Redis is away."""

import re

import pytest
from starlette.requests import Request

from gateway.portal import Portal
from gateway.visit import Visit
from shared.errors import Unavailable
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import URL, Visitor
from tests.unit.gateway.upstream import Upstream


def visit(portal: Portal, **headers: str) -> Visit:
    """A request for some page."""
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": "/tickets", "headers": given}
    return Visit(Request(scope), portal)


async def test_the_element_that_a_live_page_asks_for_is_known(portal: Portal) -> None:
    assert visit(portal).fragments == ()
    assert visit(portal, x_fragment="track").fragment == "track"
    several = visit(portal, x_fragment="track head")
    assert (several.fragment, several.fragments) == ("", ("track", "head"))


@pytest.mark.parametrize("name", ["<b>", "a.b", "9", "x" * 80, "'"])
async def test_what_cannot_be_an_element_is_no_fragment(portal: Portal, name: str) -> None:
    assert visit(portal, x_fragment=name).fragments == ()


async def test_a_ticket_page_names_its_stream(visitor: Visitor) -> None:
    page = (await visitor.as_customer().get(f"/tickets/{samples.NUMBER}")).text
    assert re.search(rf'data-url="/live\?ticket={samples.NUMBER}&amp;since=\d{{13}}"', page)
    assert f'data-live="ticket:{samples.TICKET_ID}"' in page


async def test_strangers_have_no_stream(visitor: Visitor) -> None:
    assert "/live?" not in (await visitor.get("/")).text
    assert (await visitor.get("/live")).status_code == 401


async def test_a_stream_takes_no_other_method(visitor: Visitor) -> None:
    answer = await visitor.as_customer().client.post(f"{URL}/live")
    assert answer.status_code == 405


async def test_a_stream_is_refused_when_nobody_can_tell_who_it_is(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("POST", "/sessions/resolve", Unavailable())
    assert (await visitor.as_customer().get("/live")).status_code == 503


async def test_a_stream_is_refused_while_the_gateway_stops(
    visitor: Visitor, portal: Portal
) -> None:
    portal.live.stop()
    assert (await visitor.as_customer().get("/live")).status_code == 503

"""Every page opens, in both languages, and shows nothing that a template forgot."""

import pytest

from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream

PUBLIC = ("/", "/register", "/register/sent", "/login", "/verify/abc.1.k.def", "/api/docs")
CUSTOMER = ("/", "/tickets", "/tickets?state=active&q=mati", "/tickets/new", "/tickets/1234-5674")
STAFF = (
    "/admin/tickets",
    "/admin/tickets?queue=all&q=mati&status=open",
    "/admin/tickets/1234-5674",
    "/admin/tickets/new",
    "/admin/tickets/new?q=budi",
    f"/admin/tickets/new?requester={samples.BUDI_ID}",
    "/admin/people",
    "/admin/people?kind=staff&q=dewi",
    "/admin/people/new",
    f"/admin/people/{samples.BUDI_ID}",
    "/admin/overview",
)


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("path", PUBLIC)
async def test_a_public_page_opens(visitor: Visitor, path: str, language: str) -> None:
    visitor.client.cookies.set("lang", language)
    answer = await visitor.get(path)
    assert answer.status_code == 200, answer.text
    assert f'<html lang="{language}">' in answer.text


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("path", CUSTOMER)
async def test_a_customer_page_opens(visitor: Visitor, path: str, language: str) -> None:
    visitor.client.cookies.set("lang", language)
    answer = await visitor.as_customer().get(path)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("path", STAFF)
async def test_a_staff_page_opens(
    visitor: Visitor, upstream: Upstream, path: str, language: str
) -> None:
    visitor.client.cookies.set("lang", language)
    ticket = samples.ticket(verbs=samples.STAFF_VERBS)
    upstream.answers("GET", "/tickets/[0-9-]+", ticket)
    answer = await visitor.as_agent().get(path)
    assert answer.status_code == 200, answer.text

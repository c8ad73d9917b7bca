"""The index of the administration: what one may open, and nothing else."""

from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream


def _with(upstream: Upstream, *permissions: str) -> None:
    session = samples.session("staff") | {"perms": list(permissions)}
    upstream.answers("POST", "/sessions/resolve", session)


async def test_the_index_shows_what_one_may_open(visitor: Visitor, upstream: Upstream) -> None:
    _with(upstream, "user.read")
    page = (await visitor.as_agent().get("/admin/settings")).text
    assert 'class="place" href="/admin/people"' in page
    assert "/admin/categories" not in page


async def test_the_rail_leads_to_the_index_where_there_is_something_in_it(
    visitor: Visitor, upstream: Upstream
) -> None:
    _with(upstream, "category.edit")
    page = (await visitor.as_agent().get("/admin/account")).text
    assert 'href="/admin/settings"' in page


async def test_the_rail_leads_nobody_to_an_empty_index(
    visitor: Visitor, upstream: Upstream
) -> None:
    _with(upstream, "ticket.read_team")
    page = (await visitor.as_agent().get("/admin/account")).text
    assert 'href="/admin/settings"' not in page


async def test_a_page_of_the_administration_is_marked_in_the_rail(
    visitor: Visitor, upstream: Upstream
) -> None:
    _with(upstream, "category.edit")
    page = (await visitor.as_agent().get("/admin/categories")).text
    assert 'href="/admin/settings" title="Pengaturan" aria-current="page"' in page


async def test_whoever_may_only_export_finds_the_tables(
    visitor: Visitor, upstream: Upstream
) -> None:
    _with(upstream, "export.run")
    page = (await visitor.as_agent().get("/admin/settings")).text
    assert 'class="place" href="/admin/imports"' in page

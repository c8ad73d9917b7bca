"""The page of the audit log: words for every action, what changed, what is asked of the service."""

import re
from functools import partial
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from gateway.admin.audit import Change, by_day, changes_of
from gateway.templating import TEMPLATE_DIR
from identity_service.audit.domain import Action
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream

WORDS = (TEMPLATE_DIR / "macros" / "audit.html").read_text()


def test_every_action_has_its_words_and_no_word_is_without_an_action() -> None:
    named = re.findall(r'^\("([a-z_]+\.[a-z_]+)", ', WORDS, re.MULTILINE)

    assert sorted(named) == sorted(Action)


def test_of_lists_only_what_went_and_what_came_is_told() -> None:
    entry = samples.audit_entry(
        "role.changed",
        before={"permissions": ["a", "b"], "name": "x", "phone": None},
        after={"permissions": ["b", "c"], "name": "x", "phone": "…678"},
    )

    assert changes_of(entry) == [
        Change("permissions", ["a"], ["c"]),
        Change("phone", [], ["…678"]),
    ]


def test_entries_stand_under_the_day_where_their_reader_lives() -> None:
    late, early = (
        samples.audit_entry("session.begun", occurred_at=at)
        for at in ("2026-11-23T17:30:00Z", "2026-11-23T16:30:00Z")
    )

    assert [len(entries) for _, entries in by_day([late, early], "Asia/Jakarta")] == [1, 1]
    assert [len(entries) for _, entries in by_day([late, early], "UTC")] == [2]


async def test_days_are_asked_for_as_their_reader_means_them(
    visitor: Visitor, upstream: Upstream
) -> None:
    await visitor.as_agent().get("/admin/audit?person=budi&from=2026-11-01&to=2026-11-24")

    asked = parse_qs(upstream.last("GET", "/audit").query)
    assert asked["person"] == ["budi"]
    assert asked["occurred_from"] == ["2026-11-01T00:00:00+07:00"]
    assert asked["occurred_to"] == ["2026-11-25T00:00:00+07:00"]


async def test_a_day_that_is_none_is_told_and_nothing_is_asked(
    visitor: Visitor, upstream: Upstream
) -> None:
    for path in ("/admin/audit", "/admin/audit/export"):
        answer = await visitor.as_agent().get(f"{path}?from=yesterday")
        assert answer.status_code == 422
        assert 'id="f-from-error"' in answer.text
    assert not upstream.all("GET", "/audit.*")


async def test_the_log_is_passed_on_as_a_file(visitor: Visitor, upstream: Upstream) -> None:
    named = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    table = partial(web.Response, text="id,action", content_type="text/csv", headers=named)
    upstream.calls("GET", "/audit/export", lambda _: table())

    answer = await visitor.as_agent().get("/admin/audit/export?action=role.changed")

    assert answer.text == "id,action"
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == named["Content-Disposition"]
    assert "no-store" in answer.headers["cache-control"]
    assert upstream.last("GET", "/audit/export").query == "action=role.changed"


@pytest.mark.parametrize("path", ["/admin/audit", "/admin/audit/export"])
async def test_who_may_not_read_the_log_finds_no_such_page(
    visitor: Visitor, upstream: Upstream, path: str
) -> None:
    session = samples.session("staff") | {"perms": ["user.read"]}
    upstream.answers("POST", "/sessions/resolve", session)

    answer = await visitor.as_agent().get(path)

    assert answer.status_code == 404
    assert not upstream.all("GET", "/audit.*")

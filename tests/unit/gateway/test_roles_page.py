"""The table of rights and roles, and roles of one's own."""

import re

import pytest

from gateway.admin.roles import RIGHTS
from identity_service.roles.domain import RightsExceeded, RoleChangedMeanwhile, RoleInUse
from shared.permissions import Permission
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream


@pytest.fixture
def admin(visitor: Visitor, upstream: Upstream) -> Visitor:
    """Somebody with every right."""
    session = samples.session("staff") | {"perms": list(Permission)}
    upstream.answers("POST", "/sessions/resolve", session)
    return visitor.as_agent()


def test_every_right_is_explained_once() -> None:
    explained = [right for _, sentences in RIGHTS for right, _ in sentences]
    assert sorted(explained) == sorted(Permission)


async def test_the_table_shows_who_may_what(admin: Visitor) -> None:
    page = (await admin.get("/admin/roles")).text
    boxes = re.findall(r'form="role-agent" name="permissions" value="([^"]+)" checked', page)
    assert boxes == ["ticket.read_all", "ticket.reply"]
    assert 'form="role-admin"' not in page and 'form="role-customer"' not in page
    assert "Kepala Lapangan" in page


async def test_a_column_is_saved_with_the_version_that_was_seen(
    admin: Visitor, upstream: Upstream
) -> None:
    upstream.answers("PUT", "/roles/agent", samples.role("agent"))
    fields = {"version": "1", "permissions": ["ticket.reply", "ticket.note"]}
    data = {"csrf_token": admin.csrf_token, **fields}
    answer = await admin.client.post("/admin/roles/agent", data=data)
    assert answer.headers["location"] == "/admin/roles?done=saved"
    sent = upstream.last("PUT", "/roles/agent")
    assert sent.json() == {"permissions": ["ticket.reply", "ticket.note"]}
    assert sent.headers["If-Match"] == '"1"'


async def test_a_lost_race_keeps_what_was_ticked(admin: Visitor, upstream: Upstream) -> None:
    upstream.refuses("PUT", "/roles/agent", RoleChangedMeanwhile(version=2))
    answer = await admin.post("/admin/roles/agent", version="1", permissions="ticket.merge")
    assert answer.status_code == 412
    boxes = re.findall(r'form="role-agent" name="permissions" value="([^"]+)" checked', answer.text)
    assert boxes == ["ticket.merge"]
    assert "Tetap simpan punya saya" in answer.text


async def test_rights_that_one_lacks_cannot_be_given(visitor: Visitor, upstream: Upstream) -> None:
    session = samples.session("staff") | {"perms": ["role.read", "role.edit", "ticket.reply"]}
    upstream.answers("POST", "/sessions/resolve", session)
    page = (await visitor.as_agent().get("/admin/roles")).text
    assert 'form="role-agent"' not in page
    boxes = re.findall(r'form="role-field-lead" name="permissions" value="([^"]+)"', page)
    assert boxes == ["ticket.reply", "role.read", "role.edit"]
    upstream.refuses("PUT", "/roles/agent", RightsExceeded(missing=["ticket.merge"]))
    answer = await visitor.post("/admin/roles/agent", permissions="ticket.merge")
    assert answer.status_code == 403 and 'role="alert"' in answer.text


async def test_a_new_role_begins_with_the_rights_of_another(
    admin: Visitor, upstream: Upstream
) -> None:
    upstream.answers("POST", "/roles", samples.role("koordinator"), 201)
    fields = {"label": "Koordinator Lapangan", "base": "agent"}
    answer = await admin.post("/admin/roles", **fields, submission_id="satu")
    assert answer.headers["location"] == "/admin/roles?done=role_made"
    sent = upstream.last("POST", "/roles")
    assert sent.json() == {
        "name": "koordinator-lapangan",
        "label": "Koordinator Lapangan",
        "permissions": ["ticket.read_all", "ticket.reply"],
    }


async def test_a_role_in_use_is_told_where_it_was_to_be_deleted(
    admin: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("DELETE", "/roles/field-lead", RoleInUse())
    answer = await admin.post("/admin/roles/field-lead/delete", version="1")
    assert answer.status_code == 409
    assert '<details class="cat" open' in answer.text


async def test_the_table_is_closed_to_whom_it_does_not_concern(
    visitor: Visitor, upstream: Upstream
) -> None:
    session = samples.session("staff") | {"perms": ["ticket.reply"]}
    upstream.answers("POST", "/sessions/resolve", session)
    assert (await visitor.as_agent().get("/admin/roles")).status_code == 404

"""The rules of roles, people, registrations, the tree and limits, as plain calls."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from identity_service.areas.domain import Area, AreaMisplaced, below, moved_along
from identity_service.limits.domain import LOG_IN, Limit, Visitor
from identity_service.registrations.domain import step_for
from identity_service.roles.domain import (
    DEFAULTS,
    RightsExceeded,
    RoleFixed,
    must_hold_all,
    with_permissions,
)
from identity_service.settings import IdentitySettings
from identity_service.users.domain import User, changes, edited, loses_admin
from shared.ids import uuid7
from shared.permissions import Permission
from tests.builders import admin, staff


def user(**given: Any) -> User:
    """A proven customer."""
    usual = User(
        id=uuid7(),
        version=1,
        kind="customer",
        role="customer",
        name="Ani",
        email="ani@example.test",
        phone=None,
        language="id",
        time_zone="Asia/Jakarta",
        team_ids=(),
        is_active=True,
        is_email_verified=True,
    )
    return replace(usual, **given)


def test_the_first_roles_hold_more_the_higher_they_are() -> None:
    held = {role.name: role.permissions for role in DEFAULTS}
    assert held["customer"] == frozenset()
    assert held["agent"] < held["supervisor"] < held["admin"] == frozenset(Permission)
    assert held["technician"] < held["supervisor"]
    assert held["admin"] - held["supervisor"] == {
        Permission.ROLE_EDIT,
        Permission.API_KEY_EDIT,
        Permission.IMPORT_RUN,
        Permission.EXPORT_RUN,
        Permission.USER_IMPERSONATE,
        Permission.USER_ERASE,
        Permission.AUDIT_READ,
    }


def test_nobody_gives_what_they_lack() -> None:
    must_hold_all(admin(), list(Permission))
    with pytest.raises(RightsExceeded):
        must_hold_all(staff(Permission.USER_EDIT), [Permission.ROLE_EDIT])


def test_fixed_roles_stay_as_they_are() -> None:
    for role in DEFAULTS:
        if role.name in ("admin", "customer"):
            with pytest.raises(RoleFixed):
                with_permissions(role, admin(), [])
        else:
            assert with_permissions(role, admin(), []).permissions == frozenset()


def test_changes_name_old_and_new_of_what_differs() -> None:
    before = user()
    team = uuid7()
    after = edited(before, {"name": "Ani W.", "phone": None, "team_ids": (team, team)})
    assert changes(before, after) == {"name": ("Ani", "Ani W."), "team_ids": ((), (team,))}
    assert changes(before, before) == {}


@pytest.mark.parametrize(
    ("after", "loses"),
    [
        ({"role": "agent"}, True),
        ({"is_active": False}, True),
        ({"name": "X"}, False),
    ],
)
def test_who_administers_loses_it_by_role_or_state(after: dict[str, Any], loses: bool) -> None:
    before = user(kind="staff", role="admin")
    assert loses_admin(before, replace(before, **after), "admin") == loses
    invited = replace(before, is_email_verified=False)
    assert not loses_admin(invited, replace(invited, **after), "admin")


@pytest.mark.parametrize(
    ("known", "step"),
    [
        ({}, "tell_owner"),
        ({"is_email_verified": False}, "add"),
        ({"is_email_verified": False, "kind": "staff"}, "nothing"),
        ({"is_active": False}, "nothing"),
        ({"is_active": False, "is_email_verified": False}, "nothing"),
    ],
)
def test_what_registering_does_with_an_address(known: dict[str, Any], step: str) -> None:
    assert step_for(user(**known)) == step


def node(kind: Any, path: tuple[UUID, ...] = ()) -> Area:
    """A node at the end of a path."""
    area_id = uuid7()
    return Area(area_id, 1, "k", kind, "N", None, (*path, area_id), is_active=True)


def test_a_node_hangs_below_the_next_kind_up() -> None:
    region = below(node("region"), None)
    pop = below(node("pop"), region)
    assert pop.path == (region.id, pop.id)
    assert pop.parent_id == region.id
    for child, parent in (("olt", region), ("region", region), ("pop", None), ("odp", pop)):
        with pytest.raises(AreaMisplaced):
            below(node(child), parent)


def test_a_subtree_moves_along() -> None:
    old, new = node("pop", (uuid7(),)), node("pop", (uuid7(),))
    olt = below(node("olt"), old)
    moved = below(olt, new)
    odp = below(node("odp"), olt)
    assert moved_along(odp, olt, moved).path == (*new.path, olt.id, odp.id)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("", "unknown"),
        ("203.0.113.7, 10.0.0.1", "unknown"),
    ],
)
def test_addresses_are_counted_by_network(address: str, network: str) -> None:
    assert Visitor.of(address, "").network == network


def test_a_browser_that_says_too_much_is_cut_short() -> None:
    assert len(Visitor.of("203.0.113.7", "x" * 5000).agent) == 300


def test_buckets_are_apart_by_limit_and_by_party() -> None:
    other = Limit("other", 1, timedelta(minutes=1))
    keys = {
        LOG_IN.of("a", "b").key,
        LOG_IN.of("b", "a").key,
        LOG_IN.of("a").key,
        other.of("a", "b").key,
    }
    assert len(keys) == 4


def settings(**given: Any) -> IdentitySettings:
    """Settings with what has no default."""
    needed = dict.fromkeys(
        ("database_url", "token_jwks_file", "link_keys", "vault_keys", "files_url"), ""
    )
    return IdentitySettings(**(needed | given))


def test_production_refuses_hashes_below_the_owasp_minimum() -> None:
    assert settings(environment="production").argon2_memory_kib >= 19_456
    assert settings(argon2_memory_kib=64).argon2_memory_kib == 64
    for weak in ({"argon2_memory_kib": 19_455}, {"argon2_time_cost": 1}):
        with pytest.raises(ValidationError, match="OWASP"):
            settings(environment="production", **weak)

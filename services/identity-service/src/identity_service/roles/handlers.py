"""Changing what a role may do, and the roles that exist from the start."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.roles import queries
from identity_service.roles.domain import (
    ADMIN,
    DEFAULTS,
    Role,
    RoleChangedMeanwhile,
    RoleNotFound,
    with_permissions,
)
from identity_service.roles.schemas import EditRole
from shared import outbox
from shared.auth import Actor
from shared.db import Tx
from shared.events.base import Event
from shared.events.identity import RoleSnapshot, RoleUpdated


async def create_default_roles(tx: Tx) -> None:
    """Make the roles that are missing, and give the admin the permissions that are new."""
    for role in DEFAULTS:
        if await queries.insert_role(tx, role):
            await outbox.add(tx, role.id, role.version, RoleUpdated(role=role.facts()))
        elif role.name == ADMIN:
            await _save_if_other(tx, await _locked(tx, ADMIN), role.permissions)


async def edit_role(
    tx: Tx, actor: Actor, by: By, name: str, command: EditRole, expected: int | None
) -> Role:
    """Replace a role's permissions; they act within seconds on everybody who has it."""
    role = await _locked(tx, name)
    if expected not in (None, role.version):
        raise RoleChangedMeanwhile(version=role.version)
    wanted = with_permissions(role, actor, command.permissions)
    saved = await _save_if_other(tx, role, wanted.permissions)
    if saved != role:
        await audit.record(
            tx,
            by,
            Action.ROLE_CHANGED,
            target=Target("role", role.id, role.name),
            before={"permissions": sorted(role.permissions)},
            after={"permissions": sorted(saved.permissions)},
        )
    return saved


async def role_snapshots(tx: Tx) -> AsyncIterator[tuple[UUID, int, Event]]:
    """The full state of every role."""
    async for role in queries.roles_for_snapshot(tx):
        yield role.id, role.version, RoleSnapshot(role=role.facts())


async def _locked(tx: Tx, name: str) -> Role:
    role = await queries.lock_role(tx, name)
    if role is None:
        raise RoleNotFound
    return role


async def _save_if_other(tx: Tx, role: Role, permissions: frozenset[str]) -> Role:
    if permissions == role.permissions:
        return role
    saved = await queries.save_role(tx, replace(role, permissions=permissions))
    await outbox.add(tx, saved.id, saved.version, RoleUpdated(role=saved.facts()))
    return saved

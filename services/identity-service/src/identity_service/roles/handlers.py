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
    RoleExists,
    RoleInUse,
    RoleNotFound,
    custom_role,
    must_be_at,
    must_be_custom,
    with_permissions,
)
from identity_service.roles.schemas import CreateRole, EditRole, RenameRole
from shared import outbox
from shared.auth import Actor
from shared.db import Tx
from shared.events.base import Event
from shared.events.identity import RoleDeleted, RoleSnapshot, RoleUpdated
from shared.ids import uuid7


async def create_default_roles(tx: Tx) -> None:
    """Make the roles that are missing, and give the admin the permissions that are new."""
    for role in DEFAULTS:
        if await queries.insert_role(tx, role):
            await outbox.add(tx, role.id, role.version, RoleUpdated(role=role.facts()))
        elif role.name == ADMIN:
            await _save_if_other(tx, await _locked(tx, ADMIN), role.permissions)


async def create_role(tx: Tx, actor: Actor, by: By, command: CreateRole) -> Role:
    """Make a role for staff, within the actor's own rights."""
    role = custom_role(uuid7(), command.name, command.label, actor, command.permissions)
    if not await queries.insert_role(tx, role):
        raise RoleExists(name=role.name)
    await outbox.add(tx, role.id, role.version, RoleUpdated(role=role.facts()))
    await audit.record(
        tx,
        by,
        Action.ROLE_CREATED,
        target=Target("role", role.id, role.name),
        after={"permissions": sorted(role.permissions), "label": role.label},
    )
    return role


async def rename_role(
    tx: Tx, actor: Actor, by: By, name: str, command: RenameRole, expected: int | None
) -> Role:
    """Call a role that was made here by another name; its key stays."""
    role = await _locked(tx, name)
    must_be_at(role, expected)
    must_be_custom(role, actor)
    if command.label == role.label:
        return role
    saved = await queries.save_role(tx, replace(role, label=command.label))
    await outbox.add(tx, saved.id, saved.version, RoleUpdated(role=saved.facts()))
    await audit.record(
        tx,
        by,
        Action.ROLE_CHANGED,
        target=Target("role", role.id, role.name),
        before={"label": role.label},
        after={"label": saved.label},
    )
    return saved


async def delete_role(tx: Tx, actor: Actor, by: By, name: str, expected: int | None) -> None:
    """Remove a role that was made here and that nobody has."""
    role = await queries.lock_role_away(tx, name)
    if role is None:
        raise RoleNotFound
    must_be_at(role, expected)
    must_be_custom(role, actor)
    if await queries.is_anybodys(tx, name):
        raise RoleInUse
    await queries.delete_role(tx, role.id)
    await outbox.add(tx, role.id, role.version + 1, RoleDeleted(role=role.facts()))
    await audit.record(
        tx,
        by,
        Action.ROLE_DELETED,
        target=Target("role", role.id, role.name),
        before={"permissions": sorted(role.permissions), "label": role.label},
    )


async def edit_role(
    tx: Tx, actor: Actor, by: By, name: str, command: EditRole, expected: int | None
) -> Role:
    """Replace a role's permissions; they act within seconds on everybody who has it."""
    role = await _locked(tx, name)
    must_be_at(role, expected)
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

"""Inviting, editing, deactivating: what one person does to the account of another."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target, before_and_after
from identity_service.links import handlers as links
from identity_service.links import queries as link_queries
from identity_service.links.domain import DAY, INVITATIONS_A_DAY, TooManyInvitations
from identity_service.registrations import queries as registrations
from identity_service.roles import queries as roles
from identity_service.roles.domain import ADMIN, Role, UnknownRole, must_hold_all
from identity_service.sessions import queries as sessions
from identity_service.teams import queries as teams
from identity_service.users import queries
from identity_service.users.domain import (
    EmailTaken,
    InvitationAlreadyAccepted,
    LastAdmin,
    NotYourOwnRights,
    RoleOfOtherKind,
    TeamBeyondYourOwn,
    TeamsAreForStaff,
    UnknownTeam,
    User,
    UserAlreadyActive,
    UserAlreadyDeactivated,
    UserNotFound,
    changes,
    edited,
    loses_admin,
    must_be_at,
)
from identity_service.users.schemas import EditUser, InviteUser
from shared import outbox
from shared.auth import Actor
from shared.db import Tx
from shared.events.base import Event
from shared.events.identity import (
    UserDeactivated,
    UserPasswordChanged,
    UserReactivated,
    UserRegistered,
    UserSnapshot,
    UserUpdated,
)
from shared.ids import uuid7
from shared.permissions import Permission

_MAY_INVITE = {
    "customer": Permission.USER_INVITE_CUSTOMER,
    "staff": Permission.USER_INVITE_STAFF,
}


async def invite_user(tx: Tx, actor: Actor, by: By, command: InviteUser, time_zone: str) -> User:
    """Make an account for somebody and send them the link to take it over."""
    role = await _role(tx, command.role)
    if role.kind not in _MAY_INVITE:
        raise UnknownRole
    actor.need(_MAY_INVITE[role.kind])
    must_hold_all(actor, role.permissions)
    user = User(
        id=uuid7(),
        version=1,
        kind=role.kind,
        role=role.name,
        name=command.name,
        email=command.email,
        phone=command.phone,
        language=command.language,
        time_zone=time_zone,
        team_ids=tuple(sorted(set(command.team_ids))),
        is_active=True,
        is_email_verified=False,
    )
    await _check_teams(tx, actor, user, new=set(user.team_ids))
    is_kept = await link_queries.is_kept_for_its_owner(tx, user.email)
    if is_kept or not await queries.insert_user(tx, user):
        raise EmailTaken
    await outbox.add(tx, user.id, user.version, UserRegistered(user=user.facts()))
    await links.issue_link(tx, user, "invite")
    invited = {"role": user.role, "email": user.email}
    await audit.record(tx, by, Action.USER_INVITED, target=Target.user(user.id), after=invited)
    return await _present(tx, user.id)


async def invite_again(tx: Tx, actor: Actor, by: By, user_id: UUID) -> None:
    """Send another link to somebody who has not taken over their account yet."""
    user = await locked_within_rights(tx, actor, user_id)
    actor.need(_MAY_INVITE[user.kind])
    if user.is_email_verified:
        raise InvitationAlreadyAccepted
    if not user.is_active:
        raise UserAlreadyDeactivated
    if await link_queries.links_sent_within(tx, user.id, ("invite",), DAY) >= INVITATIONS_A_DAY:
        raise TooManyInvitations(retry_after=3600)
    await links.issue_link(tx, user, "invite")
    await audit.record(tx, by, Action.INVITATION_SENT_AGAIN, target=Target.user(user.id))


async def edit_user(
    tx: Tx, actor: Actor, by: By, user_id: UUID, command: EditUser, expected: int | None
) -> User:
    """Change somebody's account; another role ends their sessions.

    Nobody changes their own role or teams: with them they would raise what they see.
    """
    user = await locked_within_rights(tx, actor, user_id, expected)
    given = command.given()
    wanted = edited(user, {k: v for k, v in given.items() if v is not None or k == "phone"})
    if wanted.role != user.role:
        role = await _role(tx, wanted.role)
        if role.kind != user.kind:
            raise RoleOfOtherKind
        must_hold_all(actor, role.permissions)
    await _check_teams(tx, actor, wanted, new=set(wanted.team_ids) - set(user.team_ids))
    await keep_an_admin(tx, user, wanted)
    if user_id == actor.id and (wanted.role, wanted.team_ids) != (user.role, user.team_ids):
        raise NotYourOwnRights
    saved = await save_changes(tx, user, wanted)
    if saved.role != user.role:
        await sessions.delete_sessions_of(tx, user.id)
    if changed := changes(user, saved):
        action = Action.USER_ROLE_CHANGED if "role" in changed else Action.USER_EDITED
        target = Target.user(user.id)
        await audit.record(tx, by, action, target=target, **before_and_after(changed))
    return saved


async def deactivate_user(
    tx: Tx, actor: Actor, by: By, user_id: UUID, expected: int | None
) -> User:
    """Lock somebody out: their sessions end and their links stop working in the same moment."""
    user = await locked_within_rights(tx, actor, user_id, expected)
    if not user.is_active:
        raise UserAlreadyDeactivated
    wanted = replace(user, is_active=False)
    await keep_an_admin(tx, user, wanted)
    saved = await queries.save_user(tx, wanted)
    await outbox.add(tx, saved.id, saved.version, UserDeactivated(user=saved.facts()))
    await sessions.delete_sessions_of(tx, user.id)
    await link_queries.revoke_links(tx, user.id)
    await registrations.delete_registrations_of(tx, user.id)
    await audit.record(tx, by, Action.USER_DEACTIVATED, target=Target.user(user.id))
    return saved


async def reactivate_user(
    tx: Tx, actor: Actor, by: By, user_id: UUID, expected: int | None
) -> User:
    """Let somebody in again, with the password they had."""
    user = await locked_within_rights(tx, actor, user_id, expected)
    if user.is_active:
        raise UserAlreadyActive
    saved = await queries.save_user(tx, replace(user, is_active=True))
    await outbox.add(tx, saved.id, saved.version, UserReactivated(user=saved.facts()))
    await audit.record(tx, by, Action.USER_REACTIVATED, target=Target.user(user.id))
    return saved


async def save_changes(tx: Tx, before: User, after: User) -> User:
    """Store a locked person's new values and tell everybody; does nothing where nothing changed."""
    changed = changes(before, after)
    if not changed:
        return before
    saved = await queries.save_user(tx, after)
    await outbox.add(tx, saved.id, saved.version, UserUpdated(user=saved.facts(), changes=changed))
    return saved


async def set_password(tx: Tx, user: User, password_hash: str) -> User:
    """Give a locked person this password and have them told."""
    await queries.save_password_hash(tx, user.id, password_hash)
    saved = await queries.save_user(tx, user)
    await outbox.add(tx, saved.id, saved.version, UserPasswordChanged(user=saved.facts()))
    return saved


async def user_snapshots(tx: Tx) -> AsyncIterator[tuple[UUID, int, Event]]:
    """The full state of every person."""
    async for user in queries.users_for_snapshot(tx):
        yield user.id, user.version, UserSnapshot(user=user.facts())


async def locked_within_rights(
    tx: Tx, actor: Actor, user_id: UUID, expected: int | None = None
) -> User:
    """Somebody whose role holds nothing that the actor lacks."""
    user = await queries.lock_user(tx, user_id)
    if user is None:
        raise UserNotFound
    role = await _role(tx, user.role)
    must_hold_all(actor, role.permissions)
    must_be_at(user, expected)
    return user


async def _role(tx: Tx, name: str) -> Role:
    role = await roles.role_by_name(tx, name)
    if role is None:
        raise UnknownRole
    return role


async def _check_teams(tx: Tx, actor: Actor, user: User, *, new: set[UUID]) -> None:
    """A team shows its tickets: nobody gives a colleague the sight of more than they have."""
    if user.team_ids and user.kind != "staff":
        raise TeamsAreForStaff
    if new and len(await teams.active_teams(tx, list(new))) < len(new):
        raise UnknownTeam
    if new - set(actor.teams) and not actor.may(Permission.TICKET_READ_ALL):
        raise TeamBeyondYourOwn


async def keep_an_admin(tx: Tx, before: User, after: User | None) -> None:
    """Two admins who remove each other at once queue for the role's row; the second one fails."""
    if not loses_admin(before, after or replace(before, is_active=False), ADMIN):
        return
    await roles.lock_role(tx, ADMIN)
    if not await queries.other_admins(tx, before.id, ADMIN):
        raise LastAdmin


async def _present(tx: Tx, user_id: UUID) -> User:
    user = await queries.user_by_id(tx, user_id)
    if user is None:
        raise UserNotFound
    return user

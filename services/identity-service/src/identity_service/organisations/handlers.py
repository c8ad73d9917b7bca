"""Making and changing organisations, and saying who belongs to them and sees what.

Who belongs to an organisation is a fact about the person, told by `user.updated`.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target, before_and_after
from identity_service.organisations import queries
from identity_service.organisations.domain import (
    MemberElsewhere,
    MemberNotFound,
    OnlyCustomersBelong,
    Organisation,
    OrganisationExists,
    OrganisationNotFound,
    changes,
    must_be_at,
)
from identity_service.organisations.schemas import (
    CreateOrganisation,
    EditOrganisation,
    MemberOut,
    OrganisationOut,
)
from identity_service.sessions.handlers import own_id
from identity_service.users import queries as users
from identity_service.users.domain import User, UserNotFound
from identity_service.users.handlers import save_changes
from shared import outbox
from shared.auth import Actor
from shared.db import Tx
from shared.events.base import Event
from shared.events.identity import (
    Membership,
    OrganisationCreated,
    OrganisationSnapshot,
    OrganisationUpdated,
)
from shared.ids import uuid7
from shared.permissions import Permission


async def create_organisation(tx: Tx, by: By, command: CreateOrganisation) -> OrganisationOut:
    """Add an organisation; nobody belongs to it yet."""
    made = Organisation(uuid7(), 1, command.name, is_active=True)
    if not await queries.insert_organisation(tx, made):
        raise OrganisationExists
    await outbox.add(tx, made.id, made.version, OrganisationCreated(organisation=made.facts()))
    target = Target("organisation", made.id)
    await audit.record(tx, by, Action.ORGANISATION_CREATED, target=target)
    return await _shown(tx, made.id)


async def edit_organisation(
    tx: Tx, by: By, organisation_id: UUID, command: EditOrganisation, expected: int | None
) -> OrganisationOut:
    """Rename an organisation, or switch it off or on; what its people see follows at once."""
    known = await queries.lock_organisation(tx, organisation_id)
    if known is None:
        raise OrganisationNotFound
    must_be_at(known, expected)
    wanted = replace(known, **{k: v for k, v in command.given().items() if v is not None})
    changed = changes(known, wanted)
    if not changed:
        return await _shown(tx, organisation_id)
    if await queries.is_name_taken(tx, wanted.name, known.id):
        raise OrganisationExists
    saved = await queries.save_organisation(tx, wanted)
    await outbox.add(tx, saved.id, saved.version, OrganisationUpdated(organisation=saved.facts()))
    target = Target("organisation", saved.id)
    told = before_and_after(changed)
    await audit.record(tx, by, Action.ORGANISATION_CHANGED, target=target, **told)
    return await _shown(tx, organisation_id)


async def show_organisation(connection: Tx, actor: Actor, organisation_id: UUID) -> OrganisationOut:
    """One organisation, for staff and for those who manage it; to others it looks like none."""
    await _must_see(connection, actor, organisation_id)
    return await _shown(connection, organisation_id)


async def members(
    connection: Tx, actor: Actor, organisation_id: UUID, limit: int, cursor: str | None
) -> tuple[list[MemberOut], str | None]:
    """Who belongs to an organisation, for staff and for those who manage it."""
    await _must_see(connection, actor, organisation_id)
    await _shown(connection, organisation_id)
    return await queries.members_page(connection, organisation_id, limit, cursor)


async def set_membership(
    tx: Tx, actor: Actor, by: By, organisation_id: UUID, user_id: UUID, membership: Membership
) -> MemberOut:
    """Make a customer a member or say anew what a member sees.

    Those who manage an organisation change what its members see; new ones are added by staff, so
    that nobody is drawn into a company by a stranger.
    """
    user = await _locked_for(tx, actor, organisation_id, user_id)
    if user is None or (
        user.organisation_id != organisation_id and not actor.may(Permission.ORGANISATION_EDIT)
    ):
        raise MemberNotFound if actor.kind == "customer" else UserNotFound
    if user.kind != "customer":
        raise OnlyCustomersBelong
    if user.organisation_id not in (None, organisation_id):
        raise MemberElsewhere
    wanted = replace(user, organisation_id=organisation_id, membership=membership)
    return _member(await _saved(tx, by, user, wanted), membership)


async def end_membership(
    tx: Tx, actor: Actor, by: By, organisation_id: UUID, user_id: UUID
) -> None:
    """Let somebody belong to the organisation no more; its tickets stay with it."""
    user = await _locked_for(tx, actor, organisation_id, user_id)
    if user is None or user.organisation_id != organisation_id:
        raise MemberNotFound
    await _saved(tx, by, user, replace(user, organisation_id=None, membership=None))


async def organisation_snapshots(tx: Tx) -> AsyncIterator[tuple[UUID, int, Event]]:
    """The full state of every organisation."""
    async for organisation in queries.organisations_for_snapshot(tx):
        snapshot = OrganisationSnapshot(organisation=organisation.facts())
        yield organisation.id, organisation.version, snapshot


async def _locked_for(tx: Tx, actor: Actor, organisation_id: UUID, user_id: UUID) -> User | None:
    """The person, locked, when the actor may say who belongs to this organisation."""
    if not actor.may(Permission.ORGANISATION_EDIT):
        await _must_manage(tx, actor, organisation_id)
    if await queries.lock_organisation(tx, organisation_id) is None:
        raise OrganisationNotFound
    return await users.lock_user(tx, user_id)


async def _saved(tx: Tx, by: By, before: User, after: User) -> User:
    saved = await save_changes(tx, before, after)
    if saved != before:
        await audit.record(
            tx,
            by,
            Action.MEMBERSHIP_CHANGED,
            target=Target.user(before.id),
            before=_told(before),
            after=_told(after),
        )
    return saved


def _told(user: User) -> dict[str, str | None]:
    organisation = str(user.organisation_id) if user.organisation_id else None
    return {"organisation_id": organisation, "membership": user.membership}


async def _must_see(connection: Tx, actor: Actor, organisation_id: UUID) -> None:
    if not actor.may(Permission.ORGANISATION_READ):
        await _must_manage(connection, actor, organisation_id)


async def _must_manage(connection: Tx, actor: Actor, organisation_id: UUID) -> None:
    if not await queries.manages(connection, own_id(actor), organisation_id):
        raise OrganisationNotFound


async def _shown(connection: Tx, organisation_id: UUID) -> OrganisationOut:
    found = await queries.organisation_shown(connection, organisation_id)
    if found is None:
        raise OrganisationNotFound
    return found


def _member(user: User, membership: Membership) -> MemberOut:
    return MemberOut(
        id=user.id,
        name=user.name,
        email=user.email,
        is_active=user.is_active,
        membership=membership,
    )

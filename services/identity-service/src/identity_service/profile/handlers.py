"""Changing one's own account. What somebody could take it over with asks for the password again.

As in logging in, the slow comparison stands between two transactions.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target, before_and_after
from identity_service.limits.domain import Visitor
from identity_service.links import queries as links
from identity_service.links.domain import Purpose
from identity_service.passwords.domain import check_password
from identity_service.profile.domain import (
    CHANNELS,
    KINDS,
    Switch,
    muted_after,
)
from identity_service.profile.schemas import (
    ChangePreferences,
    EditProfile,
    MeOut,
    PreferenceOut,
    PreferencesOut,
    QuietHours,
    QuietHoursOut,
)
from identity_service.roles import queries as roles
from identity_service.sessions import queries as sessions
from identity_service.sessions.domain import SessionTimes
from identity_service.sessions.handlers import begin_session, own_id
from identity_service.sessions.schemas import SessionOut
from identity_service.teams import queries as teams
from identity_service.teams.schemas import TeamOut
from identity_service.users import handlers as user_handlers
from identity_service.users import queries as users
from identity_service.users.domain import User, changes, must_be_at
from shared.auth import Actor
from shared.db import Tx
from shared.errors import Unauthenticated


async def show_me(connection: Tx, actor: Actor) -> MeOut:
    """Oneself."""
    user = await users.user_by_id(connection, own_id(actor))
    return await _shown(connection, _active(user))


async def edit_me(
    tx: Tx, actor: Actor, by: By, command: EditProfile, expected: int | None
) -> MeOut:
    """Change what needs no proof."""
    user = _active(await users.lock_user(tx, own_id(actor)))
    must_be_at(user, expected)
    given = {k: v for k, v in command.given().items() if v is not None}
    saved = await user_handlers.save_changes(tx, user, replace(user, **given))
    await _note_changes(tx, by, Action.PROFILE_CHANGED, user, saved)
    return await _shown(tx, saved)


async def show_preferences(connection: Tx, actor: Actor) -> tuple[PreferencesOut, int]:
    """What messages one wants, and the version that this is true of."""
    user = _active(await users.user_by_id(connection, own_id(actor)))
    return _preferences(user), user.version


async def change_preferences(
    tx: Tx, actor: Actor, command: ChangePreferences, expected: int | None
) -> tuple[PreferencesOut, int]:
    """Switch kinds of messages on and off, and say when nobody is to be disturbed."""
    user = _active(await users.lock_user(tx, own_id(actor)))
    must_be_at(user, expected)
    wanted = replace(user, muted=muted_after(user.kind, user.muted, _switches(command)))
    if "quiet" in command.model_fields_set:
        wanted = _quiet(wanted, command.quiet)
    saved = await user_handlers.save_changes(tx, user, wanted)
    return _preferences(saved), saved.version


def _switches(command: ChangePreferences) -> Iterator[Switch]:
    for item in command.items or ():
        for channel in CHANNELS:
            wanted: bool | None = getattr(item, channel)
            if wanted is not None:
                yield Switch(item.kind, channel, wanted)


def _quiet(user: User, hours: QuietHours | None) -> User:
    if hours is None:
        return replace(user, quiet_from=None, quiet_to=None)
    return replace(user, quiet_from=hours.starts, quiet_to=hours.ends)


def _preferences(user: User) -> PreferencesOut:
    wanted = [
        PreferenceOut(kind=kind, **{c: f"{c}:{kind}" not in user.muted for c in CHANNELS})
        for kind in KINDS[user.kind]
    ]
    quiet = None
    if user.quiet_from and user.quiet_to:
        quiet = QuietHoursOut(starts=user.quiet_from, ends=user.quiet_to)
    return PreferencesOut(items=wanted, quiet=quiet)


async def check_new_password(connection: Tx, actor: Actor, password: str, brand: str) -> None:
    """Refuse an easy password before the costly hash."""
    user = _active(await users.user_by_id(connection, own_id(actor)))
    check_password(password, (user.name, user.email, brand), "/new_password")


async def change_password(tx: Tx, by: By, user: User, new_hash: str) -> User:
    """Store the new password of the owner who asked, and tell them."""
    saved = await user_handlers.set_password(tx, user, new_hash)
    await audit.record(tx, by, Action.CREDENTIAL_CHANGED, target=Target.user(user.id))
    return saved


async def begin_only_session(
    tx: Tx, user: User, visitor: Visitor, times: SessionTimes
) -> SessionOut:
    """End every session of a person and begin the one they go on with.

    Their links end too, but for those with which an owner gets back what somebody has taken over.
    """
    await sessions.delete_sessions_of(tx, user.id)
    await links.revoke_ordinary_links(tx, user.id)
    return await begin_session(tx, user, visitor, times)


async def _note_changes(tx: Tx, by: By, action: Action, before: User, after: User) -> None:
    if changed := changes(before, after):
        target = Target.user(before.id)
        await audit.record(tx, by, action, target=target, **before_and_after(changed))


async def _shown(connection: Tx, user: User) -> MeOut:
    role = await roles.role_by_name(connection, user.role)
    permissions: Iterable[str] = role.permissions if role else ()
    own_teams = await teams.teams_by_id(connection, user.team_ids)
    return MeOut(
        **{name: getattr(user, name) for name in MeOut.model_fields if hasattr(user, name)},
        permissions=sorted(permissions),
        teams=[TeamOut.model_validate(team, from_attributes=True) for team in own_teams],
        pending_email=await _awaited(connection, user, "email"),
        pending_phone=await _awaited(connection, user, "phone"),
    )


async def _awaited(connection: Tx, user: User, purpose: Purpose) -> str | None:
    """The address or number that waits for its proof."""
    link = await links.newest_open_link(connection, user.id, purpose)
    return link["value"] if link else None


def _active(user: User | None) -> User:
    if user is None or not user.is_active:
        raise Unauthenticated
    return user

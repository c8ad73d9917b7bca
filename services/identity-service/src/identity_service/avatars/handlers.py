"""Taking a picture over in three steps, showing it, and removing those that nobody has any more.

A picture's row is written first, then its object, then whose it is. What a crash leaves between two
steps, and what somebody replaced, is removed by the clock: nobody can reach it meanwhile.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from identity_service.avatars import queries
from identity_service.avatars.domain import Avatar, AvatarNotFound
from identity_service.limits import handlers as limits
from identity_service.limits.domain import CHANGE_AVATAR
from identity_service.sessions.handlers import own_id
from identity_service.users.handlers import save_changes
from identity_service.users.queries import lock_user
from shared.auth import Actor
from shared.db import Tx
from shared.errors import Unauthenticated
from shared.ids import uuid7

_ON_ITS_WAY: Final = timedelta(hours=1)
_REMOVED_AT_ONCE: Final = 100


async def count_change(tx: Tx, actor: Actor) -> None:
    """Count a change before its costly part; raises `TooManyTries` when there were ten in an hour."""
    await limits.count(tx, CHANGE_AVATAR.of(str(own_id(actor))))


async def begin_avatar(tx: Tx) -> Avatar:
    """Note a picture that is about to be stored."""
    avatar = Avatar(uuid7(), f"avatars/{secrets.token_hex(20)}.webp")
    await queries.insert_avatar(tx, avatar)
    return avatar


async def wear_avatar(tx: Tx, actor: Actor, avatar: Avatar | None) -> None:
    """From now on this is one's picture; without one, the initials are."""
    user = await lock_user(tx, own_id(actor))
    if user is None or not user.is_active:
        raise Unauthenticated
    await save_changes(tx, user, replace(user, avatar_id=avatar.id if avatar else None))


async def show_avatar(connection: Tx, actor: Actor, user_id: UUID) -> Avatar:
    """The picture of somebody whom the actor may see, or `AvatarNotFound`."""
    avatar = await queries.avatar_in_sight(connection, user_id, actor)
    if avatar is None:
        raise AvatarNotFound
    return avatar


async def left_avatars(connection: Tx) -> Sequence[Avatar]:
    """Pictures whose objects can go, at most a hundred."""
    return await queries.left_avatars(connection, _ON_ITS_WAY, _REMOVED_AT_ONCE)
